import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { moduleWith, wrongOptions } from "../helpers/wrong-options.ts";

const root = join(import.meta.dirname, "../..");

describe.each([true, false])("with exactOptionalPropertyTypes %s", (exactOptionalPropertyTypes) => {
  let folder: string;
  let errors: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "everspring-types-"));
    const compilerOptions = {
      target: "es2022",
      lib: ["es2023", "esnext.disposable", "dom", "dom.iterable"],
      types: [],
      module: "nodenext",
      strict: true,
      noEmit: true,
      allowImportingTsExtensions: true,
      exactOptionalPropertyTypes,
    };
    const correct = `createEventSource<{ tick: Tick }>("/prices", { decode: json, connectTimeout: 5000 });`;
    const calls = [...wrongOptions.map(([, code], n) => [`wrong-${n}.ts`, code]), ["correct.ts", correct]];
    const files = calls.map(([file]) => file);
    await writeFile(join(folder, "package.json"), `{ "type": "module" }`);
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
    for (const [file, code] of calls)
      await writeFile(join(folder, file!), moduleWith(code!, join(root, "src/index.ts")));
    const said = await new Promise<string>((resolve) => {
      const tsc = join(root, "node_modules/typescript/bin/tsc");
      execFile(process.execPath, [tsc, "-p", ".", "--pretty", "false"], { cwd: folder }, (_, stdout) =>
        resolve(stdout),
      );
    });
    // An error begins at the margin, and its details are indented.
    errors = said.split(/\n(?=\S)/);
  });
  afterAll(() => rm(folder, { recursive: true }));

  test.each(wrongOptions.map(([name, , message], n) => [name, message, n] as const))(
    "%s is one error, with a message of its own",
    (_, message, n) => {
      const its = errors.filter((error) => error.startsWith(`wrong-${n}.ts`));
      expect(its).toEqual([expect.stringMatching(message)]);
      expect(its[0]).not.toMatch(/overload/i);
    },
  );

  test("a correct call compiles", () => {
    expect(errors.filter((error) => error.startsWith("correct.ts"))).toEqual([]);
  });
});
