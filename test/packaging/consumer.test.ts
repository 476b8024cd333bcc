import { readFileSync } from "node:fs";
import { copyFile, mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { installLimit, installRuntimes, runtimes } from "../runtimes/install.ts";
import { installInto, root, temporaryFolder } from "./consumer.ts";
import { asWorker, readQuickstart, rows, ticks, unattended, workerConfig } from "./quickstart.ts";
import { run, start } from "./run.ts";
import { allResumed, allTicks, sendAllTicks, startTickServer } from "./tick-server.ts";

const { node22, node26, deno, bun, workerd } = runtimes;
const nodes = [
  { name: "Node 22", command: node22, args: [] },
  {
    name: `Node ${process.versions.node.split(".")[0]}, which runs the tests`,
    command: process.execPath,
    args: [],
  },
  { name: "Node 26", command: node26, args: [] },
];

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let app: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  app = join(folder.path, "app");
  await Promise.all([installInto(folder.path), installRuntimes()]);
}, installLimit);
afterAll(() => folder[Symbol.asyncDispose]());

/** Runs README's example in a process of its own, and checks what it prints. */
async function expectAllTicks(
  command: string,
  args: readonly string[],
  write: (origin: string) => Promise<void>,
) {
  await using server = await startTickServer();
  await write(server.origin);
  await using example = start(
    command,
    args.map((arg) => arg.replace("ORIGIN", new URL(server.origin).host)),
    app,
  );
  await sendAllTicks(server, (id) =>
    example.printed((stdout) => ticks(rows(stdout)).some(([first]) => first === String(id))),
  );

  const { code, stdout, stderr } = await example.finished;
  expect(ticks(rows(stdout))).toEqual(allTicks);
  expect(server.lastEventIds).toEqual(allResumed);
  // workerd keeps a log of its own there.
  const complaints = stderr.split("\n").filter((line) => line && !/^(workerd\/|stack: )/.test(line));
  expect({ code, complaints }).toEqual({ code: 0, complaints: [] });
}

describe("README's first example prints every event once, in order, over two drops, and ends, in", () => {
  const everywhere = [
    ...nodes,
    {
      name: "Deno, allowed to reach that server and nothing else",
      command: deno,
      args: ["run", "--no-prompt", "--allow-net=ORIGIN"],
    },
    { name: "Bun", command: bun, args: [] },
  ];
  test.for(everywhere)("$name", async ({ command, args }) => {
    const example = await readQuickstart();
    await expectAllTicks(command, [...args, "quickstart.js"], (origin) =>
      writeFile(join(app, "quickstart.js"), unattended(example, origin, 7)),
    );
  });

  test("workerd", async () => {
    const example = await readQuickstart();
    await writeFile(join(app, "worker.capnp"), workerConfig);
    await expectAllTicks(workerd, ["test", "worker.capnp"], (origin) =>
      writeFile(join(app, "worker.js"), asWorker(unattended(example, origin, 7))),
    );
  });
});

describe("Deno also takes", () => {
  const { version }: { version: string } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const allowed = ["run", "--no-prompt", "--cached-only", "--allow-net=ORIGIN"];
  const specified = async (specifier: string, origin: string) => {
    const code = unattended(await readQuickstart(), origin, 7);
    expect(code).toContain('from "everspring"');
    return code.replace('from "everspring"', `from "${specifier}"`);
  };

  test("the single-file build, copied anywhere", async () => {
    const file = "node_modules/everspring/dist/everspring.min.js";
    await copyFile(join(app, file), join(app, "copied.js"));
    await expectAllTicks(deno, [...allowed, "by-file.js"], async (origin) =>
      writeFile(join(app, "by-file.js"), await specified("./copied.js", origin)),
    );
  });

  test("an npm: specifier with the version", async () => {
    await expectAllTicks(deno, [...allowed, "by-npm.js"], async (origin) =>
      writeFile(join(app, "by-npm.js"), await specified(`npm:everspring@${version}`, origin)),
    );
  });

  test("an npm: specifier's types, of subpaths too", async () => {
    const code = `import { createEventSource, json } from "npm:everspring@${version}";
import { createTestServer } from "npm:everspring@${version}/testing";
const { fetch } = createTestServer<{ tick: number }>();
const source = createEventSource<{ tick: number }>("/prices", { fetch, decode: json });
source.on("tick", ({ data }) => data.toFixed());
// @ts-expect-error there is no such event
source.on("tock", () => undefined);
`;
    await writeFile(join(app, "typed.ts"), code);
    await run(deno, ["check", "typed.ts"], app);
  });
});

describe("a function that runs once, as on AWS Lambda, takes three events and lets its process end, on", () => {
  const body = `async ({ url }) => {
  const prices = [];
  for await (const { data } of createEventSource(url, { decode: json, signal: AbortSignal.timeout(60_000) })) {
    prices.push(data.price);
    if (prices.length === 3) return { statusCode: 200, body: JSON.stringify(prices) };
  }
};`;
  const handlers = {
    "handler.mjs": `import { createEventSource, json } from "everspring";\nexport const handler = ${body}\n`,
    "handler.cjs": `const { createEventSource, json } = require("everspring");\nexports.handler = ${body}\n`,
  };
  const bootstrap = `const [file, url] = process.argv.slice(2);
const { handler } = await import(file);
console.log(JSON.stringify(await handler({ url })));
`;
  const cases = nodes.flatMap(({ name, command }) =>
    Object.entries(handlers).map(([file, code]) => ({ name, command, file, code })),
  );
  test.for(cases)("$name, as $file", async ({ command, file, code }) => {
    await using server = await startTickServer();
    server.publish(4);
    await writeFile(join(app, file), code);
    await writeFile(join(app, "bootstrap.js"), bootstrap);
    const args = ["bootstrap.js", `./${file}`, `${server.origin}/prices`];
    // It ends though the server does not.
    expect(await run(command, args, app)).toEqual({
      code: 0,
      stdout: '{"statusCode":200,"body":"[101.5,101.5,101.5]"}\n',
      stderr: "",
    });
    expect(server.lastEventIds).toHaveLength(1);
  });
});

describe("a CommonJS file can require the package in", () => {
  test.for(nodes)("$name", async ({ command }) => {
    await writeFile(
      join(app, "require.cjs"),
      `const { createEventSource, json } = require("everspring"); console.log(typeof createEventSource, typeof json);`,
    );
    expect(await run(command, ["require.cjs"], app)).toEqual({
      code: 0,
      stdout: "function function\n",
      stderr: "",
    });
  });
});

describe("importing has no effect", () => {
  /** No network, no page: what a server-side render may look like. */
  const bare = `for (const name of ["fetch", "EventSource", "WebSocket", "XMLHttpRequest", "navigator", "document", "window"])
  delete globalThis[name];
const globals = Reflect.ownKeys(globalThis);
const { createEventSource } = await import("everspring");
const added = Reflect.ownKeys(globalThis).filter((name) => !globals.includes(name));
const source = createEventSource("https://example.com/", { open: false });
console.log(JSON.stringify([added, source.status]));
`;
  test.for(nodes)("on $name without network, where a source can still be made", async ({ command }) => {
    await writeFile(join(app, "bare.js"), bare);
    expect(await run(command, ["bare.js"], app)).toEqual({
      code: 0,
      stdout: '[[],{"state":"idle"}]\n',
      stderr: "",
    });
  });

  test("on Deno, which asks for no permission", async () => {
    await writeFile(join(app, "import.js"), `import "everspring"; console.log("imported");`);
    const { stdout } = await run(deno, ["run", "--no-prompt", "import.js"], app);
    expect(stdout).toBe("imported\n");
  });
});

describe("everspring/testing, with nothing else installed,", () => {
  const script = `import { createEventSource, json } from "everspring";
import { createTestServer } from "everspring/testing";
const server = createTestServer();
const source = createEventSource("https://example.com/prices", { fetch: server.fetch, decode: json, retry: { initialDelay: 0, jitter: 0 } });
source.onEvent(({ data, lastEventId }) => console.log(data, lastEventId));
server.push({ data: 1, id: 1 });
server.drop();
server.push({ data: 2, id: 2 });
await server.delivered();
source.close();
console.log(server.requests.map(({ lastEventId }) => lastEventId).join());
`;
  test.for([
    ...nodes,
    { name: "Bun", command: bun, args: [] },
    { name: "Deno", command: deno, args: ["run"] },
  ])("serves on $name", async ({ command, args }) => {
    await writeFile(join(app, "testing.js"), script);
    const { stdout } = await run(command, [...args, "testing.js"], app);
    expect(stdout).toBe("1 1\n2 2\n,1\n");
  });
});

describe("the adapters", () => {
  const frameworks = ["react", "react-dom", "scheduler", "vue", "svelte", "@vue", "@types", "csstype"];

  test("bring no framework with them, and say which one is missing", async () => {
    expect((await readdir(join(app, "node_modules"))).filter((name) => frameworks.includes(name))).toEqual(
      [],
    );
    await writeFile(join(app, "missing.js"), `await import("everspring/react");`);
    await expect(run(process.execPath, ["missing.js"], app)).rejects.toThrow(/Cannot find package 'react'/);
  });

  describe("beside the app's own frameworks", () => {
    let adapted: string;
    beforeAll(async () => {
      adapted = join(app, "adapted");
      await mkdir(adapted);
      for (const name of frameworks)
        await symlink(join(root, "node_modules", name), join(app, "node_modules", name));
    });

    test.for(nodes)("render on a server, $name", async ({ command }) => {
      const script = `import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { createSSRApp, h } from "vue";
import { renderToString as renderVue } from "vue/server-renderer";
import { useEventSource } from "everspring/react";
import { useEventSource as useInVue } from "everspring/vue";
import * as inSvelte from "everspring/svelte";
console.log(renderToString(createElement(() => useEventSource("/prices").status.state)));
const setup = () => { const { status } = useInVue("/prices"); return () => h("p", status.value.state); };
console.log(await renderVue(createSSRApp({ setup })));
console.log(Object.keys(inSvelte).join());
`;
      await writeFile(join(adapted, "render.js"), script);
      const { stdout, stderr } = await run(command, ["render.js"], adapted);
      expect([stdout, stderr]).toEqual(["idle\n<p>idle</p>\nuseEventSource\n", ""]);
    });

    test.for(["nodenext", "bundler"])("are typed, with module resolution %s", async (moduleResolution) => {
      const consumer = `import { json } from "everspring";
import { useEventSource } from "everspring/react";
import { useEventSource as useInSvelte } from "everspring/svelte";
import { useEventSource as useInVue } from "everspring/vue";
import { createTestServer } from "everspring/testing";

interface Prices { tick: { price: number } }
const { fetch } = createTestServer<Prices>();
const { event } = useEventSource<Prices>("/prices", { decode: json, fetch, onEvent: ({ data }) => data.price.toFixed() });
const price: number | undefined = event?.data.price;
const inVue: number | undefined = useInVue<Prices>(() => "/prices", { decode: json, fetch }).event.value?.data.price;
useInSvelte<Prices>("/prices", { decode: json }).subscribe((state) => state.event?.data.price.toFixed());
// @ts-expect-error the price is a number
useEventSource<Prices>("/prices", { decode: json, onEvent: ({ data }) => data.price.trim() });
export { inVue, price };
`;
      const compilerOptions = {
        target: "es2022",
        lib: ["es2022", "dom", "dom.iterable"],
        types: [],
        strict: true,
        noEmit: true,
        skipLibCheck: false,
        module: moduleResolution === "bundler" ? "esnext" : "nodenext",
        moduleResolution,
      };
      await writeFile(join(adapted, "consumer.ts"), consumer);
      const config = { compilerOptions, files: ["consumer.ts"] };
      await writeFile(join(adapted, "tsconfig.json"), JSON.stringify(config));
      const { stdout } = await run(join(root, "node_modules/.bin/tsc"), ["-p", "."], adapted);
      expect(stdout).toBe("");
    });
  });
});
