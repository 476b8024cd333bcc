import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { installLimit, installRuntimes, runtimes } from "../runtimes/install.ts";
import { installInto, root, temporaryFolder } from "./consumer.ts";
import { asWorker, readQuickstart, rows, unattended, workerConfig } from "./quickstart.ts";
import { run, start } from "./run.ts";
import { startTickServer, tickData } from "./tick-server.ts";

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

/** Seven ticks; the connection breaks twice, each time in the middle of an event. */
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
  const printed = (id: number) =>
    example.printed((stdout) => rows(stdout).some(([first]) => first === String(id)));

  server.publish(3);
  await printed(3);
  server.drop();
  server.publish(2);
  await printed(5);
  server.drop();
  server.publish(2);

  const { code, stdout, stderr } = await example.finished;
  expect(rows(stdout).filter(([first]) => /^\d+$/.test(String(first)))).toEqual(
    ["1", "2", "3", "4", "5", "6", "7"].map((id) => [id, tickData]),
  );
  expect(server.lastEventIds).toEqual([undefined, "3", "5"]);
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

describe("types check in a project without skipLibCheck, with module resolution", () => {
  const consumer = `import { createEventSource, json, type EventSourceClient } from "everspring";

interface Tick { symbol: string; price: number }
const source: EventSourceClient<{ tick: Tick }> = createEventSource<{ tick: Tick }>("/prices", { decode: json });
const undo: () => void = source.on("tick", (event) => event.data.price.toFixed(2));
// @ts-expect-error there is no such event
source.on("tock", () => undefined);
// @ts-expect-error the price is a number
source.on("tick", (event) => event.data.price.trim());
export { undo };
`;
  const resolutions = [
    { module: "nodenext", moduleResolution: "nodenext" },
    { module: "esnext", moduleResolution: "bundler" },
  ];
  test.for(resolutions)("$moduleResolution", async (resolution) => {
    const compilerOptions = {
      target: "es2022",
      lib: ["es2022", "dom"],
      types: [],
      strict: true,
      noEmit: true,
      skipLibCheck: false,
      ...resolution,
    };
    await writeFile(join(app, "consumer.ts"), consumer);
    await writeFile(join(app, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["consumer.ts"] }));
    const { stdout } = await run(join(root, "node_modules/.bin/tsc"), ["-p", "."], app);
    expect(stdout).toBe("");
  });

  test("nodenext, where only Node's types are there and none of the DOM's", async () => {
    const compilerOptions = {
      target: "es2022",
      lib: ["es2022"],
      types: ["node"],
      typeRoots: [join(root, "node_modules/@types")],
      module: "nodenext",
      strict: true,
      noEmit: true,
      skipLibCheck: false,
    };
    const file = `${consumer}
// @ts-expect-error headers are not any
createEventSource("/prices", { headers: 42 });
`;
    await writeFile(join(app, "consumer.ts"), file);
    await writeFile(join(app, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["consumer.ts"] }));
    const { stdout } = await run(join(root, "node_modules/.bin/tsc"), ["-p", "."], app);
    expect(stdout).toBe("");
  });
});
