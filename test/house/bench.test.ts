import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { run } from "../packaging/run.ts";
import { installLimit, installRuntimes } from "../runtimes/install.ts";

const root = join(import.meta.dirname, "../..");

/** The first cells of a table's rows, each with the second one behind it. */
type Rows = Record<string, string>;

/** Where a class of the platform's own is. */
const cases = [
  { title: "Throughput in Node, HTTP/1.1", events: 60, native: false },
  { title: "Throughput in Deno", events: 30, native: true },
  { title: "Throughput in Bun", events: 30, native: false },
  { title: "Throughput in a page: Chromium", events: 12, native: true },
  { title: "Throughput in a page: Firefox", events: 12, native: true },
  { title: "Throughput in a page: WebKitGTK", events: 12, native: true },
];

describe("the bench, on a few tokens,", () => {
  let output = "";

  beforeAll(async () => {
    await installRuntimes();
    const args = [
      ["--clients", "native,listeners,lossy"],
      ["--workloads", "tokens"],
      ["--scale", "0.0005"],
      ["--rounds", "1"],
    ];
    const measured = await Promise.all(
      ["throughput,deno,bun,chromium,webkitgtk", "firefox"].map((only) =>
        run(process.execPath, ["bench/run.mjs", "--only", only, ...args.flat()], root),
      ),
    );
    output = measured.map(({ stdout }) => stdout).join("");
  }, installLimit);

  /** The table of the clients in the section of a measure. */
  function rowsOf(title: string): Rows {
    const [section = ""] = output.split(/^## /m).filter((text) => text.startsWith(`${title}\n`));
    const [, table = ""] = /^#### .*\n\n((?:\|.*\n)+)/m.exec(section) ?? [];
    const cells = table
      .split("\n")
      .slice(2, -1)
      .map((line) => line.split("|").map((cell) => cell.trim()));
    return Object.fromEntries(cells.map(([, client = "", figure = ""]) => [client, figure]));
  }

  test.for(cases)("counts what clients deliver: $title", ({ title, events, native }) => {
    const figure = expect.stringMatching(/^[\d.e+]+ µs$/) as string;
    expect(output).toContain(`## ${title}\n\n#### tokens, 200 B, many per chunk (${events} events, `);
    expect(rowsOf(title)).toEqual({
      "native EventSource": native ? figure : "does not run: no EventSource of its own",
      "**everspring**, listeners": figure,
      "control: loses an event": `wrong: ${events - 1} of ${events} events`,
    });
  });
});
