import {
  createSharedClient,
  type SharedEventSource,
  type SharedEventSourceOptions,
} from "../../src/shared/client.ts";
import type { Guest, World } from "../../src/shared/world.ts";
import { settled } from "./fake-clock.ts";
import { scriptedTransport, type Attempt } from "./machine.ts";

/** A tab that meets others at a name. */
interface Visitor extends Pick<Guest, "receive" | "lead"> {
  readonly tab: FakeTab;
}

export interface FakeTab {
  readonly world: World;
  /** A client in this tab, whose attempts the test plays. */
  create(options?: SharedEventSourceOptions, url?: string): SharedEventSource;
  /** The same, with what it got. */
  follow(options?: SharedEventSourceOptions, url?: string): Followed;
  /** Ends without a word. What it said before is still heard. */
  crash(): void;
  /** The script of a page steals its lock. */
  rob(): void;
  hide(): void;
  show(): void;
  /** Keeps messages from it, until it hears again. */
  deafen(): void;
  hear(): Promise<void>;
  /** Loses the messages that were kept from it. */
  forget(): void;
  /** Listeners that wait for it to hide. */
  readonly watchers: () => number;
}

export interface Followed {
  readonly source: SharedEventSource;
  readonly data: string[];
  /** `waiting 2`, `open`, … */
  readonly states: string[];
  readonly codes: string[];
}

type Platform = "whole" | "none" | "refused" | "refused at first";

export interface Origin {
  /** All attempts of all tabs, in order. */
  readonly attempts: Attempt[];
  /** How many were going on whenever somebody gave the lock away. */
  readonly openAtLeave: readonly number[];
  /** `platform`: `"none"` has no locks, `"refused"` finds out when it asks, the first time or each time. */
  openTab(platform?: Platform): FakeTab;
  /** Resolves when all that was said is heard. */
  calm(): Promise<void>;
  readonly guests: () => number;
}

/** The tabs of an origin, with locks and channels that are made up. */
export function createOrigin(kept: number = 2 ** 20): Origin {
  const rooms = new Map<string, Visitor[]>();
  const { transport, attempts } = scriptedTransport();
  const openAtLeave: number[] = [];
  const deaf = new Map<FakeTab, (() => void)[]>();
  let names = 0;

  function openTab(platform: Platform = "whole"): FakeTab {
    let refusals = 0;
    const watchers = new Set<[hide: () => void, show: () => void]>();
    let isDead = false;
    const world: World = {
      hubs: new Map(),
      scope: () => (platform === "none" ? "tab" : "shared"),
      kept,
      makeId: () => `tab ${++names}`,
      meet(name, { receive, lead, robbed, alone }) {
        if (platform === "none") return undefined;
        const me: Visitor = { tab, receive, lead };
        const room = rooms.get(name) ?? [];
        rooms.set(name, room);
        const grant = () => {
          const first = room[0];
          if (!first) return;
          setImmediate(() => {
            if (room[0] === first) first.lead();
          });
        };
        if (platform === "refused" || (platform === "refused at first" && !refusals++)) setImmediate(alone);
        else if (room.push(me) === 1) grant();
        const leave = () => {
          const index = room.indexOf(me);
          if (index >= 0) room.splice(index, 1);
          if (index !== 0) return;
          if (!isDead) openAtLeave.push(attempts.filter(({ context }) => !context.signal.aborted).length);
          grant();
        };
        leavers.add(leave);
        robbers.add(() => {
          if (room[0] === me) setImmediate(() => room.includes(me) && robbed());
        });
        return {
          post(message) {
            if (isDead) return;
            for (const other of room)
              if (other !== me) {
                // As the platform does, which refuses functions and the like.
                const copy = structuredClone(message);
                const deliver = () => {
                  if (room.includes(other)) other.receive(copy);
                };
                const kept = deaf.get(other.tab);
                if (kept) kept.push(deliver);
                else setImmediate(deliver);
              }
          },
          leave,
        };
      },
      watch(onHide, onShow) {
        const watcher: [() => void, () => void] = [onHide, onShow];
        watchers.add(watcher);
        return () => watchers.delete(watcher);
      },
    };
    const leavers = new Set<() => void>();
    const robbers = new Set<() => void>();
    const tab: FakeTab = {
      world,
      watchers: () => watchers.size,
      create: (options, url = "http://example.test/events?token=s3cret") =>
        createSharedClient(url, { transport, identity: "somebody", ...options }, world),
      follow(options, url) {
        const source = tab.create({ ...options, open: false }, url);
        const it: Followed = { source, data: [], states: [], codes: [] };
        source.onEvent(({ data }) => void it.data.push(data));
        source.onStatus((status) =>
          it.states.push("attempt" in status ? `${status.state} ${status.attempt}` : status.state),
        );
        source.onError(({ code }) => it.codes.push(code));
        source.open();
        return it;
      },
      crash() {
        isDead = true;
        for (const leave of leavers) leave();
      },
      rob: () => robbers.forEach((rob) => rob()),
      hide: () => [...watchers].forEach(([onHide]) => onHide()),
      show: () => [...watchers].forEach(([, onShow]) => onShow()),
      deafen() {
        if (!deaf.has(tab)) deaf.set(tab, []);
      },
      forget: () => deaf.get(tab)?.splice(0),
      async hear() {
        const kept = deaf.get(tab);
        deaf.delete(tab);
        kept?.forEach((deliver) => deliver());
        await calm();
      },
    };
    return tab;
  }

  async function calm(): Promise<void> {
    for (let i = 0; i < 20; i++) await settled();
  }

  return {
    attempts,
    openAtLeave,
    openTab,
    calm,
    guests: () => [...rooms.values()].reduce((sum, room) => sum + room.length, 0),
  };
}
