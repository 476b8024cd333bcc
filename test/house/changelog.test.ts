import { describe, expect, test } from "vitest";
import { parseChangelog, problemsOf, problemsOfRelease, readChangelog } from "./changelog.ts";

test("CHANGELOG.md is well-formed, and its top section is of the version of package.json", () => {
  const { text, version } = readChangelog();
  expect(problemsOf(text, version)).toEqual([]);
});

const good = `# Changelog

All notable changes.

## 0.2.0 (unreleased)

- One
  in two lines.
- **Breaking:** two.

## 0.1.1 (2026-12-01)

- Three.

## 0.1.0 (2026-11-30)

The first version.

- Four.
`;

describe("a changelog", () => {
  test("is read section by section, entry by entry", () => {
    expect(parseChangelog(good)).toEqual({
      sections: [
        { version: "0.2.0", date: undefined, entries: ["One in two lines.", "**Breaking:** two."] },
        { version: "0.1.1", date: "2026-12-01", entries: ["Three."] },
        { version: "0.1.0", date: "2026-11-30", entries: ["Four."] },
      ],
      problems: [],
    });
    expect(problemsOf(good, "0.2.0")).toEqual([]);
  });

  test.each([
    ["another version", good, "0.3.0", "the top section is of 0.2.0, package.json of 0.3.0"],
    [
      "a heading of another form",
      good.replace(" (unreleased)", ""),
      "0.2.0",
      "line 5: not a version and a date",
    ],
    ["a list of another form", good.replace("- Three", "* Three"), "0.2.0", "line 13: neither an entry"],
    ["an entry without a full stop", good.replace("Four.", "Four"), "0.2.0", "0.1.0: no full stop: Four"],
    ["a section without entries", good.replace("- Three.\n", ""), "0.2.0", "0.1.1 has no entries"],
    [
      "a version without a date below",
      good.replace("2026-12-01", "unreleased"),
      "0.2.0",
      "0.1.1 has no date",
    ],
    [
      "dates that run backwards",
      good.replace("2026-12-01", "2026-11-01"),
      "0.2.0",
      "0.1.1 is older than 0.1.0",
    ],
    ["numbers that run backwards", good.replace("0.1.1", "0.0.9"), "0.2.0", "0.0.9 stands above 0.1.0"],
    ["a patch that breaks", good.replace("## 0.2.0", "## 0.1.2"), "0.1.2", "0.1.2 breaks what 0.1.1 had"],
    [
      "a minor version that breaks",
      good.replaceAll("## 0.", "## 1."),
      "1.2.0",
      "1.2.0 breaks what 1.1.1 had",
    ],
  ])("is refused for %s", (_, text, version, problem) => {
    expect(problemsOf(text, version).join("\n")).toContain(problem);
  });

  test("can be released once it has its date, under the tag of its version", () => {
    expect(problemsOfRelease(good, "0.2.0", "v0.2.0")).toEqual(["the top section says unreleased"]);
    const dated = good.replace("unreleased", "2026-12-24");
    expect(problemsOfRelease(dated, "0.2.0", "v0.2.0")).toEqual([]);
    expect(problemsOfRelease(dated, "0.2.0", "v0.2.1")).toEqual([
      "the tag is v0.2.1, package.json says 0.2.0",
    ]);
  });
});
