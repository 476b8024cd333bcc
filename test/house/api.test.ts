import { beforeAll, describe, expect, test } from "vitest";
import { extract, folder, readReports, withoutDeclarationsOf, type Extracted } from "./api.ts";

/** What still has no TSDoc. Only to become shorter: whoever documents one takes it out. */
const awaited: readonly string[] = [
  ...["closed", "onStatus", "status"].map((name) => `src/shared-client.ts: ${name}`),
  ...["headers", "request", "url"].map((name) => `src/testing.ts: ${name}`),
];

describe("the public interface", () => {
  let found: Extracted;
  beforeAll(() => {
    found = extract();
  });

  test("is what test/house/api says (npm run build && node test/house/api.ts --write)", () => {
    const byFile = (reports: Extracted["reports"]) =>
      Object.fromEntries(reports.map(({ file, text }) => [file, text]));
    expect(byFile(found.reports)).toEqual(byFile(readReports(folder)));
  });

  test("has a report for each entry that can be imported", () => {
    expect(found.reports.map(({ file }) => file)).toEqual(
      expect.arrayContaining(["everspring.api.md", "everspring-eventsource.api.md", "everspring-vue.api.md"]),
    );
    for (const [file, name] of [
      ["everspring.api.md", "createEventSource"],
      ["everspring-shared.api.md", "createSharedEventSource"],
    ])
      expect(found.reports.find((report) => report.file === file)!.text).toContain(
        `export function ${name}<`,
      );
  });

  test("is documented: every export, every overload, every member", () => {
    expect(found.undocumented).toEqual(awaited);
  });
});

test("a report leaves out what that of the main entry has, and keeps what differs", () => {
  const head = "## API\n\n```ts\n\n";
  const end = "// (No @packageDocumentation comment for this package)\n\n```\n";
  const main = `${head}// @public\nexport type A = 1;\n\n// @public\ntype B = 1;\n\n${end}`;
  const other = `${head}// @public\ntype A = 1;\n\n// @public\ntype B = 2;\n\n// @public\nexport type C = A;\n\n${end}`;
  expect(withoutDeclarationsOf(main, other)).toBe(
    `${head}// @public\ntype B = 2;\n\n// @public\nexport type C = A;\n\n${end}`,
  );
});
