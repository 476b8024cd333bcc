import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../helpers/free-port.ts";
import { miniBrowserPath, webKitWebDriverPath, xvfbPath } from "./system.ts";

/** A tab of WebKitGTK's own small browser, driven by WebDriver. */
export interface WebKitTab {
  readonly open: (url: string) => Promise<void>;
  /** Runs an async function's body in the page, where `given` is what is given, and resolves with what it returns. */
  readonly run: (body: string, given?: unknown) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

/** The browser, and its first tab. `close` ends it. */
export interface WebKitGtk extends WebKitTab {
  readonly newTab: () => Promise<WebKitTab>;
  /** PNG. */
  readonly screenshot: () => Promise<Buffer>;
}

/** Starts it, on a display of its own where there is none. */
export async function startWebKitGtk(): Promise<WebKitGtk> {
  const children: ChildProcess[] = [];
  const start = (command: string, args: string[], env?: NodeJS.ProcessEnv) => {
    const child = spawn(command, args, { stdio: ["ignore", "ignore", "ignore", "pipe"], env });
    children.push(child);
    return child;
  };
  const kill = () => {
    for (const child of children.splice(0).toReversed()) child.kill();
  };
  process.once("exit", kill);
  const stop = () => {
    process.off("exit", kill);
    kill();
  };
  try {
    const display = process.env["DISPLAY"] ?? (await startDisplay(start));
    // As a desktop has it: for `C` the page's language is "C", which is none, and `Intl` throws.
    const env = { ...process.env, LC_ALL: undefined, LANG: "en_US.UTF-8", DISPLAY: display };
    const call = await startDriver(start, env);
    const tabs = createTabs(call);
    const first = tabs.tab(await call("GET", "/window"));
    return {
      ...first,
      async newTab() {
        const { handle } = (await first.act("POST", "/window/new", { type: "tab" })) as { handle: string };
        return tabs.tab(handle);
      },
      screenshot: async () => Buffer.from((await first.act("GET", "/screenshot")) as string, "base64"),
      async close() {
        await call("DELETE", "").catch(() => {});
        stop();
      },
    };
  } catch (error) {
    stop();
    throw error;
  }
}

type Start = (command: string, args: string[], env?: NodeJS.ProcessEnv) => ChildProcess;
type Call = (method: string, path: string, body?: object) => Promise<unknown>;

/** The driver looks at one tab at a time. */
function createTabs(call: Call) {
  let shown: unknown;
  let turn: Promise<unknown> = Promise.resolve();

  function tab(handle: unknown) {
    const act: Call = (method, path, body) => {
      const mine = turn.then(async () => {
        if (shown !== handle) await call("POST", "/window", { handle });
        shown = handle;
        return call(method, path, body);
      });
      turn = mine.catch(() => {});
      return mine;
    };
    return {
      act,
      open: async (url: string) => void (await act("POST", "/url", { url })),
      async run(body: string, given?: unknown) {
        const script = `const [given, done] = arguments;
          (async () => { ${body} })().then((value) => done({ value }), (error) => done({ error: String(error) }));`;
        const result = await act("POST", "/execute/async", { script, args: [given ?? null] });
        const { value, error } = result as { value?: unknown; error?: string };
        if (error !== undefined) throw new Error(error);
        return value;
      },
      async close() {
        await act("DELETE", "/window");
        shown = undefined;
      },
    };
  }
  return { tab };
}

/** Xvfb takes the first display that is free and writes its number. */
async function startDisplay(start: Start): Promise<string> {
  const child = start(xvfbPath(), ["-displayfd", "3", "-screen", "0", "1280x800x24", "-nolisten", "tcp"]);
  const [number] = (await firstOf(child, once(child.stdio[3] as Readable, "data"))) as [Buffer];
  return `:${number.toString().trim()}`;
}

/** The driver with one session. */
async function startDriver(start: Start, env: NodeJS.ProcessEnv): Promise<Call> {
  const port = await freePort();
  const child = start(webKitWebDriverPath(), [`--port=${port}`], env);
  const root = `http://127.0.0.1:${port}`;
  await firstOf(child, untilReady(`${root}/status`));
  const capabilities = {
    alwaysMatch: {
      browserName: "MiniBrowser",
      timeouts: { script: 240_000 },
      "webkitgtk:browserOptions": { args: ["--automation"], binary: miniBrowserPath() },
    },
  };
  const session = await call(root, "POST", "/session", { capabilities });
  const { sessionId } = session as { sessionId: string };
  return (method, path, body) => call(`${root}/session/${sessionId}`, method, path, body);
}

async function call(root: string, method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(root + path, { method, ...(body && { body: JSON.stringify(body) }) });
  const { value } = (await response.json()) as { value: { error?: string; message?: string } };
  if (!response.ok) throw new Error(`WebDriver ${method} ${path}: ${value.error}: ${value.message}`);
  return value;
}

/** Asks until it is answered; the first start from a cold disk takes seconds. */
async function untilReady(url: string): Promise<void> {
  const isReady = () =>
    fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
  for (let tries = 0; !(await isReady()); tries++) {
    if (tries === 600) throw new Error(`Nobody answers at ${url}`);
    await sleep(50);
  }
}

/** Fails when the program ends before. */
async function firstOf<T>(child: ChildProcess, result: Promise<T>): Promise<T> {
  const over = new AbortController();
  const ended = once(child, "exit", { signal: over.signal }).then(([code]) => {
    throw new Error(`${child.spawnfile} ended with ${code}`);
  });
  try {
    return (await Promise.race([result, ended])) as T;
  } finally {
    over.abort();
  }
}
