import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { start } from "../packaging/run.ts";

const root = join(import.meta.dirname, "../..");
const reporter = JSON.stringify(join(root, "test/setup/closing-line.ts"));
const vitest = join(root, "node_modules/vitest/vitest.mjs");

/** Runs Vitest on files of tests, with one more try where a test fails, and gives what it wrote. */
async function outputOf(
  files: Readonly<Record<string, string>>,
): Promise<{ lines: string[]; code: number | null }> {
  const folder = await mkdtemp(join(tmpdir(), "everspring-closing-line-"));
  try {
    const config = `import ClosingLine from ${reporter};
      export default { test: { globals: true, retry: 1, reporters: [new ClosingLine()] } };`;
    for (const [name, text] of Object.entries({ "vitest.config.ts": config, ...files }))
      await writeFile(join(folder, name), text);
    const { code, stdout } = await start(process.execPath, [vitest, "run"], folder).finished;
    return { lines: stdout.trim().split("\n"), code };
  } finally {
    await rm(folder, { recursive: true });
  }
}

const flaky = `let tries = 0;
  describe("a thing", () => {
    test("holds", () => {});
    test("holds the second time", () => {
      if (++tries === 1) throw new Error("not yet\\nby far");
    });
  });`;

test("the closing line counts what passed and what failed, and says nothing of tries where there was one for each", async () => {
  const { lines, code } = await outputOf({
    "a.test.ts": 'test("holds", () => {}); test("holds, too", () => {});',
  });
  expect({ lines, code }).toEqual({ lines: ["2 passed, 0 failed"], code: 0 });
});

test("it counts the tests that needed a second try, and each is named before it with why it failed", async () => {
  const { lines, code } = await outputOf({ "a.test.ts": flaky, "b.test.ts": 'test("holds", () => {});' });
  expect({ lines, code }).toEqual({
    lines: [
      "at the second try: a.test.ts > a thing > holds the second time",
      "  not yet",
      "  by far",
      "3 passed, 0 failed, 1 at the second try",
    ],
    code: 0,
  });
});

test("a test that fails at both tries has failed, and is not named as one that passed", async () => {
  const { lines, code } = await outputOf({ "a.test.ts": 'test("never holds", () => expect(1).toBe(2));' });
  expect({ lines, code }).toEqual({ lines: ["0 passed, 1 failed"], code: 1 });
});
