import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compile } from "svelte/compiler";
import { compileScript, compileTemplate, parse } from "vue/compiler-sfc";
import { expect, it } from "vitest";
import { run } from "../packaging/run.ts";

const root = join(import.meta.dirname, "../..");

/** The first code block of a language on a docs page. */
function block(page: string, language: string): string {
  const text = readFileSync(join(root, "docs", page), "utf8");
  const [, code] = new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, "m").exec(text)!;
  return code!;
}

/** The output of tsc for modules in this repository, where "everspring" is the built package. */
async function check(files: Record<string, string>): Promise<string> {
  const folder = mkdtempSync(join(root, "test/.docs-"));
  try {
    writeFileSync(join(folder, ".gitignore"), "*\n");
    for (const [name, code] of Object.entries(files)) writeFileSync(join(folder, name), code);
    const compilerOptions = { jsx: "react-jsx", declaration: false, noUnusedLocals: false };
    const config = { extends: "../../tsconfig.json", compilerOptions, include: ["*"], exclude: [] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    return (await run(process.execPath, [tsc, "--pretty", "false", "-p", "."], folder)).stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

it("the examples of react.md and vue.md pass the type check", async () => {
  const { descriptor, errors } = parse(block("vue.md", "vue"));
  expect(errors).toEqual([]);
  const script = compileScript(descriptor, { id: "price" });
  const template = compileTemplate({
    id: "price",
    filename: "price.vue",
    source: descriptor.template!.content,
  });
  expect(template.errors).toEqual([]);
  expect(await check({ "price.tsx": block("react.md", "tsx"), "price.ts": script.content })).toBe("");
});

it("the example of svelte.md compiles without a warning", () => {
  expect(compile(block("svelte.md", "svelte"), { generate: "client" }).warnings).toEqual([]);
});
