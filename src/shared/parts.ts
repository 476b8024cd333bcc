import type { Log } from "./log.ts";
import type { SharedState, Wish } from "./message.ts";
import type { Scope } from "./world.ts";

/** One client of a tab. It reads the log, at its own pace. */
export interface Member {
  /** The number of the next item that it needs; `Infinity` until it has been called to take its place. */
  readonly next: () => number;
  /** There is something to read; before this there were `end` items. */
  readonly read: (end: number) => void;
  readonly tell: (state: SharedState) => void;
}

/** What the clients of a tab that have the same key share. */
export interface Hub {
  readonly log: Log;
  readonly state: () => SharedState | undefined;
  readonly scope: () => Scope;
  /** Whether a client can go on from there: after an event ID, or `""` for wherever the others are. */
  readonly has: (lastEventId: string) => boolean;
  /** Adds a member, or has one that is there take another place. */
  readonly add: (member: Member) => void;
  /** The last one to go takes the hub along. */
  readonly remove: (member: Member) => void;
  /** Has whoever has the connection do something. */
  readonly wish: (wish: Wish) => void;
}
