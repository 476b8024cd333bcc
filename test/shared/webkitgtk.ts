// As much of Playwright's interface as the suite uses, over WebKitGTK's own driver.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Browser, BrowserContext, Page } from "playwright";
import { freePort } from "../demo/harness.ts";

/** WebKitGTK under a display of its own. Its "contexts" are one and the same. */
export async function launchWebKitGtk(): Promise<Browser> {
  const children: ChildProcess[] = [];
  let display = process.env["DISPLAY"];
  if (display === undefined) {
    const xvfb = spawn("Xvfb", ["-displayfd", "3"], { stdio: ["ignore", "ignore", "ignore", "pipe"] });
    children.push(xvfb);
    const [data] = await once(xvfb.stdio[3]!, "data");
    display = `:${String(data).trim()}`;
  }
  const port = await freePort();
  const env = { ...process.env, DISPLAY: display };
  children.push(spawn("WebKitWebDriver", [`--port=${port}`], { stdio: "ignore", env }));
  const root = `http://127.0.0.1:${port}`;
  const isUp = () =>
    fetch(`${root}/status`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await isUp())) await new Promise((resolve) => setTimeout(resolve, 50));

  async function call(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(root + path, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const { value } = (await response.json()) as { value: { error?: string; message?: string } };
    if (!response.ok) throw new Error(`WebDriver ${method} ${path}: ${value.error}: ${value.message}`);
    return value;
  }
  const capabilities = {
    alwaysMatch: {
      browserName: "MiniBrowser",
      "webkitgtk:browserOptions": {
        args: ["--automation"],
        binary: "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
      },
    },
  };
  const created = await call("POST", "/session", { capabilities });
  const session = `/session/${(created as { sessionId: string }).sessionId}`;
  const first = await call("GET", `${session}/window`);

  // The session looks at one window at a time.
  let turn: Promise<unknown> = Promise.resolve();
  const inWindow = <T>(handle: unknown, act: () => Promise<T>): Promise<T> => {
    const mine = turn.then(async () => {
      await call("POST", `${session}/window`, { handle });
      return act();
    });
    turn = mine.catch(() => {});
    return mine;
  };

  async function newPage(): Promise<Page> {
    const { handle } = (await inWindow(first, () =>
      call("POST", `${session}/window/new`, { type: "tab" }),
    )) as {
      handle: string;
    };
    const evaluate = async (code: unknown, value?: unknown): Promise<unknown> => {
      const script = `const done = arguments[1]; (async () => (${String(code)})(arguments[0]))().then((value) => done({ value }), (error) => done({ error: String(error) }));`;
      const result = (await inWindow(handle, () =>
        call("POST", `${session}/execute/async`, { script, args: [value ?? null] }),
      )) as { value?: unknown; error?: string };
      if (result.error !== undefined) throw new Error(result.error);
      return result.value;
    };
    return {
      goto: (url: string) => inWindow(handle, () => call("POST", `${session}/url`, { url })),
      evaluate,
      async waitForFunction(code: unknown, value?: unknown) {
        while (!(await evaluate(code, value))) await new Promise((resolve) => setTimeout(resolve, 50));
      },
      close: () => inWindow(handle, () => call("DELETE", `${session}/window`)),
    } as unknown as Page;
  }

  return {
    newContext: () => {
      const pages: Page[] = [];
      const context = {
        async newPage() {
          const page = await newPage();
          pages.push(page);
          return page;
        },
        // Those that the test has closed are gone.
        close: async () => void (await Promise.all(pages.map((page) => page.close().catch(() => {})))),
      };
      return Promise.resolve(context as unknown as BrowserContext);
    },
    async close() {
      await call("DELETE", session).catch(() => {});
      for (const child of children.toReversed()) child.kill();
    },
  } as unknown as Browser;
}
