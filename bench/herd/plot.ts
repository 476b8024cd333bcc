// Requests per second over time as an SVG picture, one strip per strategy, for light and dark pages.
import type { Outcome } from "./simulate.ts";

export interface Strip {
  title: string;
  /** To the right of the title. */
  note: string;
  outcome: Outcome;
}

export interface Frame {
  title: string;
  /** Seconds shown. */
  span: number;
  /** Requests per second at the top of a strip. */
  top: number;
  /** Seconds without the server. */
  down: number;
  /** What the server can take on per second. */
  capacity: number;
}

const WIDTH = 880;
const LEFT = 56;
const RIGHT = 30;
const HEAD = 66;
const HEIGHT = 84;
const GAP = 44;
const FOOT = 66;

const style = `
  .paper { fill: #ffffff } .ink { fill: #1f2328 } .muted { fill: #59636e } .down { fill: #f0e2e2 } .axis { stroke: #d1d9e0 }
  .refused { fill: #cf5b52 } .taken { fill: #1a7f5a } .capacity { stroke: #59636e; stroke-dasharray: 3 3 }
  text { font: 13px system-ui, sans-serif } .title { font-weight: 600 } .small { font-size: 12px }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117 } .ink { fill: #f0f6fc } .muted { fill: #9198a1 } .down { fill: #382428 } .axis { stroke: #3d444d }
    .refused { fill: #e5786d } .taken { fill: #3fb98a } .capacity { stroke: #9198a1 }
  }`;

const short = (count: number) => (count >= 1000 ? `${count / 1000}k` : `${count}`);

export function plot(frame: Frame, strips: readonly Strip[]): string {
  const { title, span, top, down, capacity } = frame;
  const height = HEAD + strips.length * (HEIGHT + GAP) + FOOT - GAP;
  const width = WIDTH - LEFT - RIGHT;
  const x = (second: number) => round(LEFT + (second / span) * width);
  const text = (at: readonly [number, number], what: string, kind: string, anchor = "start") =>
    `<text x="${at[0]}" y="${at[1]}" class="${kind}" text-anchor="${anchor}">${what}</text>`;
  const box = (at: readonly [number, number], size: readonly [number, number], kind: string) =>
    `<rect x="${at[0]}" y="${at[1]}" width="${size[0]}" height="${size[1]}" class="${kind}"/>`;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${title}">`,
    `<style>${style}</style>`,
    box([0, 0], [WIDTH, height], "paper"),
    text([LEFT, 26], title, "ink title"),
    box([LEFT, 40], [11, 11], "refused"),
    text([LEFT + 17, 50], "failed or answered 503", "muted small"),
    box([LEFT + 170, 40], [11, 11], "taken"),
    text([LEFT + 187, 50], "taken on", "muted small"),
    box([LEFT + 270, 40], [11, 11], "down"),
    text([LEFT + 287, 50], "server down", "muted small"),
    `<path d="M${LEFT + 390} 46h22" class="capacity"/>`,
    text([LEFT + 418, 50], `what it can take on: ${short(capacity)} per second`, "muted small"),
  ];
  for (const [index, strip] of strips.entries()) {
    const bottom = HEAD + index * (HEIGHT + GAP) + HEIGHT + 26;
    const y = (perSecond: number) => round(bottom - (Math.min(perSecond, top) / top) * HEIGHT);
    parts.push(
      text([LEFT, bottom - HEIGHT - 8], strip.title, "ink title"),
      text([WIDTH - RIGHT, bottom - HEIGHT - 8], strip.note, "muted small", "end"),
      box([LEFT, bottom - HEIGHT], [round(x(down) - LEFT), HEIGHT], "down"),
    );
    for (const value of [0, top / 2, top])
      parts.push(
        `<path d="M${LEFT} ${y(value)}H${WIDTH - RIGHT}" class="axis"/>`,
        text([LEFT - 8, y(value) + 4], short(value), "muted small", "end"),
      );
    const all = perSecond(strip.outcome.attempts);
    const taken = perSecond(strip.outcome.accepted);
    for (let second = 0; second < span; second++) {
      const from = x(second);
      const wide = round(x(second + 1) - from - 0.6);
      const bar = (low: number, high: number, kind: string) => {
        if (high > low) parts.push(box([from, y(high)], [wide, round(y(low) - y(high))], kind));
      };
      bar(0, taken[second] ?? 0, "taken");
      bar(taken[second] ?? 0, all[second] ?? 0, "refused");
    }
    parts.push(`<path d="M${LEFT} ${y(capacity)}H${WIDTH - RIGHT}" class="capacity"/>`);
  }
  for (let second = 0; second <= span; second += 20)
    parts.push(text([x(second), height - 12], `${second} s`, "muted small", "middle"));
  return `${parts.join("\n")}\n</svg>\n`;
}

function perSecond(tenths: readonly number[]): number[] {
  const seconds: number[] = [];
  for (const [index, count] of tenths.entries()) {
    const second = Math.floor(index / 10);
    seconds[second] = (seconds[second] ?? 0) + count;
  }
  return seconds;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
