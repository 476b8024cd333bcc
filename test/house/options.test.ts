import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createEventSource, type EventSourceOptions } from "../../src/index.ts";
import { retryDefaults } from "../helpers/retry-defaults.ts";
import { defaultOf, generated, unitOf } from "./options.ts";
import { readInterface } from "./tsdoc.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/options.md"), "utf8");
const options = readInterface("EventSourceOptions").members;
const retry = readInterface("RetryOptions").members;

test("docs/options.md is what the comments in src say (node test/house/options.ts --write)", () => {
  expect(generated(page)).toBe(page);
});

test("every set of options that an entry exports is on the page", () => {
  const entries = ["index", "shared", "lifecycle", "resume", "eventsource", "react", "testing"];
  const exported = entries.flatMap((entry) => {
    const code = readFileSync(join(import.meta.dirname, `../../src/${entry}.ts`), "utf8");
    const lists = [...code.matchAll(/^export (?:type )?\{([^}]*)\}|^export interface (\w+)/gm)];
    return lists.flatMap(([, list, name = ""]) => (list ?? name).match(/\w+(?:Options|Init)\b/g) ?? []);
  });
  const shown = [...page.matchAll(/<!-- options: (\w+)/g)].map(([, name]) => name);
  // Those of finite streams are a part of those of a subscription, and `FetchInit` is what fetch is given.
  const known = [...shown, "FetchEventsOptions", "ReadEventsOptions", "FetchInit"];
  expect(exported).toContain("EventSourceOptions");
  expect(exported.filter((name) => !known.includes(name))).toEqual([]);
});

describe("every option has a comment that says what it does", () => {
  test.each([...options, ...retry])("$name", ({ text }) => {
    expect(text.length).toBeGreaterThan(20);
  });
});

/** A number that counts nothing. */
const pure = ["factor"];

test("every number has a unit", () => {
  const bare = [...options, ...retry].filter(
    (member) => /\bnumber\b/.test(member.type) && !unitOf(member) && !pure.includes(member.name),
  );
  expect(bare.map(({ name }) => name)).toEqual([]);
});

test("the defaults of retry are those that hold", () => {
  const said = retry
    .filter(({ name }) => name !== "shouldRetry")
    .map((member) => [member.name, Number(defaultOf(member).replaceAll("`", ""))]);
  expect(Object.fromEntries(said)).toEqual(retryDefaults);
});

test("maxEventSize is by default what it says", () => {
  expect(defaultOf(options.find(({ name }) => name === "maxEventSize")!)).toContain(String(2 ** 24));
});

describe("an option whose mistake would hang, or look like a network failure, is refused by name", () => {
  const checked = options.filter(({ name, type }) => /\bnumber\b/.test(type) || name === "redirect");

  test.each(checked)("$name", ({ name }) => {
    const make = () =>
      createEventSource("http://localhost", {
        open: false,
        [name]: "wrong",
      } as unknown as EventSourceOptions);
    expect(make).toThrow(expect.objectContaining({ code: "invalid-option", option: name }));
  });
});
