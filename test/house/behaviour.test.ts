import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { EventSourceError } from "../../src/core/errors.ts";
import { isRetryable } from "../../src/connection/retry.ts";
import { retryDefaults } from "../helpers/retry-defaults.ts";
import { machine } from "../helpers/machine.ts";
import { table, type Cause } from "../machine/state-table.ts";
import { backoffPicture, withBackoff } from "./backoff.ts";
import { arrows, statusPicture } from "./status-diagram.ts";
import { readCodes, readInterface } from "./tsdoc.ts";

const docs = join(import.meta.dirname, "../../docs");
const read = (name: string) => readFileSync(join(docs, name), "utf8");
const page = read("behaviour.md");

describe("the delays of docs/behaviour.md (node test/house/backoff.ts --write)", () => {
  test("are those of src/connection/retry.ts, in the table and in the picture", () => {
    expect(withBackoff(page)).toBe(page);
    expect(read("backoff.svg")).toBe(backoffPicture());
  });

  test("have the defaults that the text names", () => {
    const { initialDelay, factor, maxDelay, jitter } = retryDefaults;
    expect(page).toContain(
      `(\`initialDelay\` ${initialDelay}, \`factor\` ${factor}, \`maxDelay\` ${maxDelay}, \`jitter\` ${jitter})`,
    );
  });
});

describe("the picture of the states (node test/house/status-diagram.ts)", () => {
  test("is the one in docs", () => {
    expect(read("status.svg")).toBe(statusPicture());
  });

  // `complete` is told by an event, which only an open connection brings; the picture names the others by what happens.
  const canComplete = ["connecting", "open"];
  const taken = Object.entries(table).flatMap(([from, row]) =>
    (Object.entries(row) as [Cause, string][])
      .filter(([cause, next]) => /^\w/.test(next) && (cause !== "complete" || canComplete.includes(from)))
      .map(([cause, next]) => `${from} – ${cause} → ${next.split(" ")[0]}`),
  );
  const drawn = arrows.flatMap(({ from, to, causes }) =>
    from.flatMap((state) => causes.map((cause) => `${state} – ${cause} → ${to}`)),
  );

  test("has an arrow for each change that the connection makes", () => {
    // One that is paused again stays where it is.
    const missing = taken.filter((change) => !drawn.includes(change) && change !== "paused – pause → paused");
    expect(missing).toEqual([]);
  });

  test("has no other arrow", () => {
    const invented = drawn.filter((change) => !taken.includes(change) && !change.includes("lost offline"));
    expect(invented).toEqual([]);
  });

  test.each(["connecting", "open"])(
    "tells the truth of %s: lost while offline, it is paused",
    async (state) => {
      const it = machine();
      it.connection.open();
      if (state === "open") await it.attempt.answer();
      it.page.goOffline();
      await it.attempt.fail(new EventSourceError("network", "reset"));
      expect(it.connection.status).toEqual({ state: "paused", reason: "offline" });
    },
  );
});

describe("the table of errors", () => {
  const rows = new Map(
    [...page.matchAll(/^\| `([\w-]+)` \| (.+) \| (.+) \|$/gm)].map(([, code, , then]) => [code!, then!]),
  );
  const codes = readCodes();

  test("has all of them, in order", () => {
    expect([...rows.keys()].filter((code) => codes.includes(code))).toEqual(codes);
  });

  test("is followed by all that an error carries", () => {
    const named = page.slice(page.indexOf("## Errors"));
    const { members } = readInterface("EventSourceErrorDetails");
    expect(members.length).toBeGreaterThan(8);
    expect(
      members.filter(({ name }) => !named.includes(`| \`${name}\``) && !named.includes(`, \`${name}\``)),
    ).toEqual([]);
  });

  test("says which codes are retried", () => {
    const retried = codes.filter((code) => isRetryable(new EventSourceError(code as "network", "")));
    expect(codes.filter((code) => rows.get(code) === "retried")).toEqual(retried);
  });

  test("says which statuses are retried", () => {
    const retried = (status: number) => isRetryable(new EventSourceError("http-status", "", { status }));
    const ranges: string[] = [];
    for (let status = 300; status < 600; status++) {
      if (!retried(status)) continue;
      const first = status;
      while (status < 599 && retried(status + 1)) status++;
      ranges.push(first === status ? `${first}` : `${first}–${status}`);
    }
    expect(page).toContain(`| ${ranges.join(", ")} | retried |`);
  });
});
