// The delays between attempts, with the client's own function: the table and the plot of docs/behaviour.md.
// `node test/house/backoff.ts` prints the table, with `--write` it writes both.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { retryDelay } from "../../src/connection/retry.ts";
import { retryDefaults } from "../helpers/retry-defaults.ts";
import { picture, round, text } from "./svg.ts";

const docs = join(import.meta.dirname, "../../docs");
const marked = /(<!-- backoff -->\n)[^]*?(<!-- \/backoff -->)/;

/** What a server may ask for (ms). */
interface Wish {
  reconnectionTime?: number;
  after?: number;
}

const failures = [1, 2, 3, 4, 5, 6, 7];

/** The shortest and the longest delay after so many failures in a row (ms). */
function range(count: number, { reconnectionTime, after = 0 }: Wish): [shortest: number, longest: number] {
  const delay = (random: number) => retryDelay(retryDefaults, count, reconnectionTime, after, random);
  return [delay(0), delay(1)];
}

const seconds = (ms: number) => `${ms / 1000}`;
const cell = (count: number, wish: Wish) => `${range(count, wish).map(seconds).join("–")} s`;

const columns: [title: string, wish: Wish][] = [
  ["defaults", {}],
  ["`retry: 5000` was sent", { reconnectionTime: 5000 }],
  ["`Retry-After: 10` came with it", { after: 10_000 }],
];

export function backoffTable(): string {
  const waited = (upTo: number, end: 0 | 1) =>
    failures.filter((count) => count <= upTo).reduce((sum, count) => sum + range(count, {})[end], 0);
  return [
    `| failures in a row | ${columns.map(([title]) => title).join(" | ")} | waited in all, by default |`,
    `| --- | ${columns.map(() => "---").join(" | ")} | --- |`,
    ...failures.map(
      (count) =>
        `| ${count} | ${columns.map(([, wish]) => cell(count, wish)).join(" | ")} | ${seconds(waited(count, 0))}–${seconds(waited(count, 1))} s |`,
    ),
  ].join("\n");
}

const WIDTH = 880;
const HEIGHT = 340;
const LEFT = 56;
const TOP = 74;
const BOTTOM = HEIGHT - 50;
const MOST = 35_000;

export function backoffPicture(): string {
  const y = (ms: number) => round(BOTTOM - (ms / MOST) * (BOTTOM - TOP));
  const step = (WIDTH - LEFT - 24) / failures.length;
  const bar = (x: number, [low, high]: readonly [number, number], kind: string) =>
    `<rect x="${round(x)}" y="${y(high)}" width="34" height="${round(y(low) - y(high))}" rx="3" class="${kind}"/>`;
  const title = "Seconds before the next attempt, after so many failures in a row";
  return picture(WIDTH, HEIGHT, title, [
    text(LEFT, 28, title, "ink title"),
    `<rect x="${LEFT}" y="42" width="12" height="12" rx="2" class="first"/>`,
    text(LEFT + 19, 53, "defaults: anywhere in the bar, at random", "muted small"),
    `<rect x="${LEFT + 300}" y="42" width="12" height="12" rx="2" class="second"/>`,
    text(LEFT + 319, 53, "after the server sent retry: 5000", "muted small"),
    `<path d="M${LEFT + 560} 48h24" class="limit"/>`,
    text(LEFT + 591, 53, `retry.maxDelay, ${seconds(retryDefaults.maxDelay)} s`, "muted small"),
    ...[0, 10_000, 20_000, 30_000].flatMap((ms) => [
      `<path d="M${LEFT} ${y(ms)}H${WIDTH - 24}" class="axis"/>`,
      text(LEFT - 8, y(ms) + 5, `${seconds(ms)} s`, "muted small", "end"),
    ]),
    `<path d="M${LEFT} ${y(retryDefaults.maxDelay)}H${WIDTH - 24}" class="limit"/>`,
    ...failures.flatMap((count, index) => {
      const middle = LEFT + step * (index + 0.5);
      return [
        bar(middle - 38, range(count, {}), "first"),
        bar(middle + 4, range(count, { reconnectionTime: 5000 }), "second"),
        text(middle, BOTTOM + 22, String(count), "ink small", "middle"),
      ];
    }),
    text(LEFT + (WIDTH - LEFT - 24) / 2, HEIGHT - 8, "failures in a row", "muted small", "middle"),
  ]);
}

/** The page with its table made anew. */
export function withBackoff(page: string): string {
  if (!marked.test(page)) throw new Error("The page has no <!-- backoff --> and <!-- /backoff --> lines");
  return page.replace(
    marked,
    (_, before: string, after: string) => `${before}\n${backoffTable()}\n\n${after}`,
  );
}

if (process.argv[1] === import.meta.filename) {
  process.stdout.write(`${backoffTable()}\n`);
  if (process.argv.includes("--write")) {
    const page = join(docs, "behaviour.md");
    writeFileSync(page, withBackoff(readFileSync(page, "utf8")));
    writeFileSync(join(docs, "backoff.svg"), backoffPicture());
  }
}
