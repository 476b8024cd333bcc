import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { createContext, runInContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { importsOf, mayImport, packages, withoutComments } from "./layers.ts";

const root = join(import.meta.dirname, "../..");
const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).filter((file) =>
  file.endsWith(".ts"),
);
const read = (file: string) => readFileSync(join(root, "src", file), "utf8");
const folderOf = (file: string) => (file.includes("/") ? dirname(file) : "entries");

describe("the way imports are found", () => {
  test.each([
    ['import { a } from "./a.ts";', ["./a.ts"]],
    ['import type { A } from "./a.ts";', ["./a.ts"]],
    ['import a, { type B } from "./a.ts";', ["./a.ts"]],
    ['import {\n  a,\n  b,\n} from "./a.ts";', ["./a.ts"]],
    ['import * as a from "./a.ts";', ["./a.ts"]],
    ['import "./a.ts";', ["./a.ts"]],
    ['export { a } from "./a.ts";', ["./a.ts"]],
    ['export type { A } from "./a.ts";', ["./a.ts"]],
    ['export * from "./a.ts";\nexport * as b from "./b.ts";', ["./a.ts", "./b.ts"]],
    ['type A = import("./a.ts").A;', ["./a.ts"]],
    ['const a = await import("./a.ts");', ["./a.ts"]],
    ["const a = await import(`./a.ts`);", ["./a.ts"]],
    ['const a = require("./a.ts");', ["./a.ts"]],
    ['// import { a } from "./a.ts";\n/* export * from "./b.ts"; */', []],
    ['/**\n * import { a } from "./a.ts";\n */\nconst url = "http://a"; import "./b.ts";', ["./b.ts"]],
    ['export const from = "./a.ts";\nexport function a() {}', []],
  ])("%j", (source, found) => {
    expect(importsOf(source)).toEqual(found);
  });
});

describe("the layers of src", () => {
  test.each(files)("%s imports only from its folder and those below", (file) => {
    const folder = folderOf(file);
    for (const specifier of importsOf(read(file))) {
      const target = folderOf(join(dirname(file), specifier));
      const isAllowed = specifier.startsWith(".")
        ? folder === "entries" || folder === target || mayImport[folder]!.includes(target)
        : packages[file]?.includes(specifier);
      expect(isAllowed, `${file} imports ${specifier}`).toBe(true);
    }
  });

  test.each(files.filter((file) => folderOf(file) === "entries"))("%s only lists names", (file) => {
    const rest = withoutComments(read(file)).replaceAll(
      /(export|import) ?(type )?(\{[^}]*\}|\*)?( from)? ?"[^"]+";/g,
      "",
    );
    expect(rest.trim()).toBe("");
  });
});

describe("every file of src", () => {
  test.each(files)("%s has at most 300 lines", (file) => {
    expect(read(file).trimEnd().split("\n").length).toBeLessThanOrEqual(300);
  });

  test.each(files)("%s has no console, no debugger and no any", (file) => {
    const code = withoutComments(read(file)).replaceAll(/(["'`])(?:(?!\1)[^\\]|\\.)*\1/g, '""');
    expect(code).not.toMatch(/\bconsole\b|\bdebugger\b/);
    expect(code).not.toMatch(/[:<|&,=[(]\s*any\b(?!\s*[(:])|\bas\s+any\b/);
    expect(read(file)).not.toMatch(/@ts-(ignore|nocheck|expect-error)|oxlint-disable|eslint-disable/);
  });
});

/** Prints what importing a module changed in its process. */
const probe = `
const describe = () => Reflect.ownKeys(globalThis).map((key) => {
  const { get, set, value } = Reflect.getOwnPropertyDescriptor(globalThis, key);
  return [key, get, set, get ? undefined : value];
});
const events = ["exit", "beforeExit", "uncaughtException", "unhandledRejection", "warning", "SIGINT", "SIGTERM"];
const listeners = () => events.map((event) => process.listenerCount(event));
const before = describe();
const had = listeners();
const calls = [];
// Nothing of the platform may even be asked at import.
for (const name of ["fetch", "setTimeout", "setInterval", "queueMicrotask", "addEventListener", "reportError", "AbortController"]) {
  const original = globalThis[name];
  globalThis[name] = function (...args) { calls.push(name); return new.target ? new original(...args) : original(...args); };
  globalThis[name].original = original;
}
const changed = describe();
await import(process.argv[1]);
const after = describe();
const different = after
  .filter(([key, ...rest]) => !changed.some(([k, ...old]) => k === key && old.every((value, i) => Object.is(value, rest[i]))))
  .map(([key]) => String(key));
console.log(JSON.stringify({
  different,
  gone: before.filter(([key]) => !after.some(([k]) => k === key)).map(([key]) => String(key)),
  calls,
  listeners: String(had) === String(listeners()),
}));
`;

describe("importing", () => {
  test.each([
    "index.js",
    "eventsource.js",
    "lifecycle.js",
    "resume.js",
    "debug.js",
    "shared.js",
    "testing.js",
    "react.js",
    "everspring.min.js",
  ])("dist/%s changes no global, calls nothing and listens to nothing", async (file) => {
    const url = pathToFileURL(join(root, "dist", file)).href;
    const args = ["--input-type=module", "--eval", probe, url];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: root });
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual({ different: [], gone: [], calls: [], listeners: true });
  });

  test("needs nothing of the platform: the script-tag build loads where there is only the language", () => {
    const bare = createContext({});
    const script = readFileSync(join(root, "dist/everspring.global.min.js"), "utf8");
    const before = runInContext("Object.getOwnPropertyNames(globalThis)", bare) as string[];
    runInContext(script, bare);
    const after = runInContext("Object.getOwnPropertyNames(globalThis)", bare) as string[];
    expect(after.filter((name) => !before.includes(name))).toEqual(["everspring"]);
    for (const name of ["createEventSource", "EventSource"])
      expect(runInContext(`typeof everspring.${name}`, bare)).toBe("function");
  });
});
