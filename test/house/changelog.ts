// `node test/house/changelog.ts --release v1.2.3` fails unless the tag, package.json and the top of CHANGELOG.md agree.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

export interface Section {
  readonly version: string;
  /** `undefined` while it is not released. */
  readonly date: string | undefined;
  /** The entries, each on one line. */
  readonly entries: readonly string[];
}

/** The sections, newest first. What is neither a heading nor an entry nor prose of a section is reported, by line. */
export function parseChangelog(text: string): { sections: Section[]; problems: string[] } {
  const sections: (Section & { entries: string[] })[] = [];
  const problems: string[] = [];
  let isEntry = false;
  for (const [n, line] of text.trimEnd().split("\n").entries()) {
    const [, heading] = /^## (.*)$/.exec(line) ?? [];
    if (heading !== undefined) {
      const [, version, date] = /^(\d+\.\d+\.\d+) \((unreleased|\d{4}-\d\d-\d\d)\)$/.exec(heading) ?? [];
      if (version === undefined) problems.push(`line ${n + 1}: not a version and a date: ${line}`);
      else sections.push({ version, date: date === "unreleased" ? undefined : date, entries: [] });
      isEntry = false;
      continue;
    }
    const section = sections.at(-1);
    if (!section) continue;
    if (line.startsWith("- ")) {
      section.entries.push(line.slice(2));
      isEntry = true;
    } else if (/^ {2}\S/.test(line) && isEntry)
      section.entries.push(`${section.entries.pop()} ${line.trim()}`);
    else if (/^[-*+ #]/.test(line))
      problems.push(`line ${n + 1}: neither an entry ("- ") nor its next line: ${line}`);
    else isEntry = false;
  }
  return { sections, problems };
}

/** Everything that is wrong with a changelog of a package at that version. */
export function problemsOf(text: string, current: string): string[] {
  const { sections, problems } = parseChangelog(text);
  const [top] = sections;
  if (top?.version !== current)
    problems.push(`the top section is of ${top?.version}, package.json of ${current}`);
  for (const [n, { version, date, entries }] of sections.entries()) {
    const older = sections[n + 1];
    if (n > 0 && !date) problems.push(`${version} has no date and is not the newest`);
    if (older && !isNewer(version, older.version)) problems.push(`${version} stands above ${older.version}`);
    if (older?.date && date && date < older.date) problems.push(`${version} is older than ${older.version}`);
    if (!entries.length) problems.push(`${version} has no entries`);
    for (const entry of entries)
      if (!/[.:]$/.test(entry)) problems.push(`${version}: no full stop: ${entry}`);
    if (
      older &&
      entries.some((entry) => entry.startsWith("**Breaking:**")) &&
      !mayBreak(version, older.version)
    )
      problems.push(`${version} breaks what ${older.version} had, and its number does not say so`);
  }
  return problems;
}

/** Why this tag cannot be released; nothing if it can. */
export function problemsOfRelease(text: string, current: string, tag: string): string[] {
  const problems = problemsOf(text, current);
  if (tag !== `v${current}`) problems.push(`the tag is ${tag}, package.json says ${current}`);
  if (!parseChangelog(text).sections[0]?.date) problems.push("the top section says unreleased");
  return problems;
}

const partsOf = (version: string) => version.split(".").map(Number) as [number, number, number];

function isNewer(version: string, than: string): boolean {
  const [a, b] = [partsOf(version), partsOf(than)];
  const n = a.findIndex((part, i) => part !== b[i]);
  return n >= 0 && a[n]! > b[n]!;
}

/** Until 1.0.0 a new minor version may break, from then on a new major one. */
function mayBreak(version: string, before: string): boolean {
  const [[major, minor], [majorBefore, minorBefore]] = [partsOf(version), partsOf(before)];
  return major > majorBefore || (major === 0 && minor > minorBefore);
}

export function readChangelog(): { text: string; version: string } {
  const text = readFileSync(join(root, "CHANGELOG.md"), "utf8");
  const { version }: { version: string } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return { text, version };
}

if (import.meta.main) {
  const { text, version } = readChangelog();
  const tag = process.argv[process.argv.indexOf("--release") + 1]!;
  const problems = process.argv.includes("--release")
    ? problemsOfRelease(text, version, tag)
    : problemsOf(text, version);
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.exitCode = problems.length ? 1 : 0;
}
