import { readFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { workerdConfig } from "../helpers/workerd.ts";
import { root } from "./consumer.ts";

const marked = /<!-- example: quickstart -->\s*```(js|ts)\n(.*?)```/s;

/** README's first example, to the letter. */
export async function readQuickstart(): Promise<string> {
  const [, language, code] = marked.exec(await readFile(join(root, "README.md"), "utf8")) ?? [];
  if (code === undefined)
    throw new Error("README.md has no js or ts block after <!-- example: quickstart -->");
  return language === "ts" ? stripTypeScriptTypes(code) : code;
}

/** The example made to run unattended: against a server of ours, with output as JSON, closed after so many events. */
export function unattended(example: string, origin: string, events: number): string {
  const code = example.replaceAll(/https:\/\/example\.com(?=[/"'`])/g, origin);
  if (code === example) throw new Error("The example has no https://example.com URL to replace");
  return `const log = console.log;
console.log = (...values) => log(JSON.stringify(values));
${code}
let left = ${events};
source.onEvent(() => {
  // In a turn of its own: the example's listener may come after this one.
  if (--left === 0) setTimeout(() => source.close());
});
`;
}

/** The same as a test worker: in workerd nothing may connect outside of a handler. */
export function asWorker(code: string): string {
  const lines = code.split("\n");
  return `${lines.filter(isImport).join("\n")}
export default {
  async test() {
${lines.filter((line) => !isImport(line)).join("\n")}
    await source.closed;
  },
};
`;
}

/** How workerd is told to run worker.js, which uses the bundle that needs no resolving of modules. */
export const workerConfig = workerdConfig({
  worker: "worker.js",
  everspring: "node_modules/everspring/dist/everspring.min.js",
});

/** The output of the example so far, one list of values per `console.log`. */
export function rows(stdout: string): unknown[][] {
  return stdout
    .split("\n")
    .filter((line) => line.startsWith("[") && line.endsWith("]"))
    .map((line): unknown[] => JSON.parse(line));
}

/** Those of them that are ticks. */
export function ticks(values: unknown[][]): unknown[][] {
  return values.filter(([first]) => /^\d+$/.test(String(first)));
}

function isImport(line: string): boolean {
  return line.startsWith("import ");
}
