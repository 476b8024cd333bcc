import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { consumers, installConsumers, installLimit } from "../consumers/install.ts";
import { moduleWith, wrongOptions } from "../helpers/wrong-options.ts";
import { installInto, root, temporaryFolder } from "./consumer.ts";
import { start } from "./run.ts";

const compilers: Record<string, string> = {
  "5.4": join(consumers, "node_modules/typescript5.4/bin/tsc"),
  "5.9": join(consumers, "node_modules/typescript5.9/bin/tsc"),
  "6.0": join(consumers, "node_modules/typescript6.0/bin/tsc"),
  "7.0": join(root, "node_modules/typescript/bin/tsc"),
};
const versions = Object.keys(compilers);

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let app: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  app = join(folder.path, "app");
  await Promise.all([installInto(folder.path), installConsumers()]);
}, installLimit);
afterAll(() => folder[Symbol.asyncDispose]());

let projects = 0;

/** What a compiler says about files of the app. No skipLibCheck: our own declarations are checked, too. */
async function compile(
  version: string,
  files: Record<string, string>,
  options: Record<string, unknown>,
): Promise<string> {
  const project = join(app, `project-${++projects}`);
  await mkdir(project);
  const compilerOptions = { target: "es2022", strict: true, noEmit: true, skipLibCheck: false, ...options };
  const config = { compilerOptions, files: Object.keys(files) };
  await writeFile(join(project, "tsconfig.json"), JSON.stringify(config));
  for (const [file, code] of Object.entries(files)) await writeFile(join(project, file), code);
  const args = [compilers[version]!, "-p", ".", "--pretty", "false"];
  const { stdout, stderr } = await start(process.execPath, args, project).finished;
  return stdout + stderr;
}

const inPages = { lib: ["es2022", "dom", "dom.iterable"], types: [] };

const consumer = `import { createEventSource, json, type EventSourceClient } from "everspring";
import { createTestServer } from "everspring/testing";

createTestServer<{ tick: Tick }>().push({ type: "tick", data: { symbol: "EVER", price: 1 } });
createEventSource("/prices", { fetch: createTestServer().fetch });
interface Tick { symbol: string; price: number }
const source: EventSourceClient<{ tick: Tick }> = createEventSource<{ tick: Tick }>("/prices", { decode: json });
const undo: () => void = source.on("tick", (event) => event.data.price.toFixed(2));
// @ts-expect-error there is no such event
source.on("tock", () => undefined);
// @ts-expect-error the price is a number
source.on("tick", (event) => event.data.price.trim());
export { undo };
`;

const everyEntry = `${consumer}
import { trace, traceFetch, type TraceRecord } from "everspring/debug";
import { ErrorEvent, EventSource } from "everspring/eventsource";
import { followPage } from "everspring/lifecycle";
import "everspring/polyfill";
import { rememberLastEventId } from "everspring/resume";
import { createSharedEventSource } from "everspring/shared";

const native: globalThis.EventSource = new EventSource("/prices", { headers: { Authorization: "Bearer fresh" } });
native.onerror = (event) => event instanceof ErrorEvent && event.error?.willRetry satisfies boolean | undefined;
const shared = createSharedEventSource<{ tick: Tick }>("/prices", { decode: json, identity: "anonymous" });
shared.onStatus(({ scope }) => scope satisfies "shared" | "tab");
for (const follow of [followPage, (client: typeof shared) => rememberLastEventId(client, { key: "prices" })]) follow(shared);
const records: TraceRecord[] = [];
createEventSource("/prices", { fetch: traceFetch((record) => records.push(record)) });
for (const client of [source, shared]) trace(client, ({ at }) => at.toFixed(0), { marks: true });
// @ts-expect-error the entry exports no such thing
import { followPages } from "everspring/lifecycle";
`;

describe("every entry is typed in a page's project, without skipLibCheck, with module resolution", () => {
  test.concurrent.for(versions)("bundler, TypeScript %s", async (version) => {
    const options = { ...inPages, module: "esnext", moduleResolution: "bundler" };
    expect(await compile(version, { "consumer.ts": everyEntry }, options)).toBe("");
  });

  test.concurrent.for(versions)(
    "nodenext, TypeScript %s, from CommonJS files too where TypeScript knows that it may be required",
    async (version) => {
      const files = { "consumer.ts": everyEntry, "consumer.cts": consumer };
      const said = await compile(version, files, { ...inPages, module: "nodenext" });
      // Since 5.8. Before that, import() has to do.
      if (version === "5.4") expect(said).toMatch(/^(consumer\.cts\([12],\d+\): error TS1479: .*\s*)+$/);
      else expect(said).toBe("");
    },
  );
});

describe("a wrong option is one error, with a message of its own", () => {
  // Two digits, since TypeScript 7 sorts its errors by file name.
  const files = Object.fromEntries(
    wrongOptions.map(([, code], n) => [`wrong-${n + 10}.mts`, moduleWith(code, "everspring")]),
  );
  const ways = versions.flatMap((version) => [true, false].map((exact) => [version, exact] as const));

  test.concurrent.for(ways)("TypeScript %s, exactOptionalPropertyTypes %s", async ([version, exact]) => {
    const options = { ...inPages, module: "nodenext", exactOptionalPropertyTypes: exact };
    const errors = (await compile(version, files, options)).split(/\n(?=\S)/);
    expect(errors).toEqual(wrongOptions.map(([, , message]) => expect.stringMatching(message)));
    expect(errors.join("\n")).not.toMatch(/overload/i);
  });
});

test("where only Node's types are there and none of the DOM's, options are typed all the same", async () => {
  const options = {
    lib: ["es2022"],
    types: ["node"],
    typeRoots: [join(root, "node_modules/@types")],
    module: "nodenext",
  };
  const file = `${consumer}
// @ts-expect-error headers are not any
createEventSource("/prices", { headers: 42 });
`;
  expect(await compile("7.0", { "consumer.ts": file }, options)).toBe("");
});
