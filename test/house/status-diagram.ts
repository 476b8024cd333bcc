// The states of a connection as a picture: docs/status.svg. `node test/house/status-diagram.ts` writes it.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Cause } from "../machine/state-table.ts";
import { picture, text } from "./svg.ts";

type State = "idle" | "connecting" | "open" | "waiting" | "paused" | "closed";
/** Also what is no cause of the table: the connection is lost while the page is offline. */
type Why = Cause | "lost offline";

interface Arrow {
  readonly from: readonly State[];
  readonly to: State;
  readonly causes: readonly Why[];
  readonly path: string;
  /** What stands beside it, a line each. */
  readonly label: readonly string[];
  readonly at: readonly [x: number, y: number, anchor: "start" | "middle" | "end"];
}

const boxes: Record<State, readonly [x: number, y: number]> = {
  idle: [50, 84],
  connecting: [310, 84],
  open: [690, 84],
  waiting: [500, 216],
  paused: [310, 400],
  closed: [690, 400],
};
const WIDE = 140;
const HIGH = 52;

/** Several states that an arrow comes from. */
const groups: readonly (readonly [x: number, y: number, wide: number, title: string])[] = [
  [310, 14, 140, "any state"],
  [44, 409, 190, "connecting, open, waiting"],
  [690, 286, 140, "connecting, open"],
  [500, 409, 90, "any state"],
];

const all: readonly State[] = ["idle", "connecting", "open", "waiting", "paused", "closed"];

export const arrows: readonly Arrow[] = [
  {
    from: ["idle"],
    to: "connecting",
    causes: ["open"],
    path: "M190 110H304",
    label: ["open()"],
    at: [248, 102, "middle"],
  },
  {
    from: all,
    to: "connecting",
    causes: ["reconnect"],
    path: "M400 48V78",
    label: ["reconnect()"],
    at: [410, 68, "start"],
  },
  {
    from: ["connecting"],
    to: "open",
    causes: ["answered"],
    path: "M450 102H684",
    label: ["200 and an event stream"],
    at: [568, 94, "middle"],
  },
  {
    from: ["connecting"],
    to: "waiting",
    causes: ["failed", "sink failed", "ended"],
    path: "M400 136C410 200 440 240 494 244",
    label: ["failed"],
    at: [412, 212, "end"],
  },
  {
    from: ["open"],
    to: "waiting",
    causes: ["failed", "sink failed", "ended"],
    path: "M750 136C740 200 700 240 646 244",
    label: ["ended, cut, silent"],
    at: [742, 212, "start"],
  },
  {
    from: ["waiting"],
    to: "connecting",
    causes: ["timer", "open"],
    path: "M540 216C534 160 500 126 456 122",
    label: ["delay is over", "open()"],
    at: [548, 166, "start"],
  },
  {
    from: ["connecting", "open", "waiting"],
    to: "paused",
    causes: ["pause", "lost offline"],
    path: "M234 426H304",
    label: ["pause(), or lost while offline"],
    at: [270, 470, "middle"],
  },
  {
    from: ["paused"],
    to: "connecting",
    causes: ["open", "online", "timer"],
    path: "M350 400V142",
    label: ["open()", "online again", "(or after max)"],
    at: [340, 262, "end"],
  },
  {
    from: ["connecting", "open"],
    to: "closed",
    causes: ["fatal", "204", "complete"],
    path: "M760 320V394",
    label: ["fatal error", "204, endOn"],
    at: [770, 350, "start"],
  },
  {
    from: all.filter((state) => state !== "closed"),
    to: "closed",
    causes: ["close"],
    path: "M590 426H684",
    label: ["close()", "", "signal"],
    at: [637, 416, "middle"],
  },
  // The same line: a client that was never opened does not listen to its signal.
  {
    from: all.filter((state) => !/idle|closed/.test(state)),
    to: "closed",
    causes: ["abort"],
    path: "M590 426H684",
    label: [],
    at: [637, 416, "middle"],
  },
  {
    from: ["closed"],
    to: "connecting",
    causes: ["open"],
    path: "M760 452V500H14V62H336V78",
    label: ["open()"],
    at: [700, 492, "middle"],
  },
];

export function statusPicture(): string {
  const title = "The states of a connection and what leads from one to another";
  return picture(880, 520, title, [
    '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" class="head"/></marker></defs>',
    ...arrows.map(({ path }) => `<path d="${path}" class="line" marker-end="url(#head)"/>`),
    ...groups.flatMap(([x, y, wide, name]) => [
      `<rect x="${x}" y="${y}" width="${wide}" height="34" rx="17" class="group"/>`,
      text(x + wide / 2, y + 22, name, "muted small", "middle"),
    ]),
    ...Object.entries(boxes).flatMap(([state, [x, y]]) => [
      `<rect x="${x}" y="${y}" width="${WIDE}" height="${HIGH}" rx="8" class="box"/>`,
      text(x + WIDE / 2, y + 31, state, "ink title", "middle"),
    ]),
    ...arrows.flatMap(({ label, at: [x, y, anchor] }) =>
      label.map((line, index) => text(x, y + index * 18, line, "muted small", anchor)),
    ),
  ]);
}

if (process.argv[1] === import.meta.filename)
  writeFileSync(join(import.meta.dirname, "../../docs/status.svg"), statusPicture());
