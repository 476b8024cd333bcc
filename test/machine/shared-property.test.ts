import fc from "fast-check";
import { expect, test } from "vitest";
import type { Sink, StreamItem, Transport } from "../../src/core/types.ts";
import { deferred, type Deferred } from "../helpers/deferred.ts";
import { settled } from "../helpers/fake-clock.ts";
import { createOrigin, type FakeTab } from "../helpers/fake-tabs.ts";
import { isSoak } from "../helpers/soak.ts";

/** A server with the events 1, 2, 3 …, which replays those after the last event ID. */
function createServer() {
  const open = new Map<Sink, { owner: object; reject: (reason?: unknown) => void }>();
  /** Their code goes on here, unlike in a browser. */
  const dead = new Set<object>();
  let last = 0;
  let connections = 0;
  const item = (id: number): StreamItem => ({ type: "message", data: String(id), lastEventId: String(id) });
  /** Servers greet with one, and send them for a heartbeat: what has no ID of its own comes anew each time. */
  const comment = (id: number, text: string): StreamItem => ({
    type: "",
    data: undefined,
    lastEventId: id ? String(id) : "",
    comment: text,
  });
  const transportOf =
    (owner: object): Transport =>
    ({ lastEventId, signal }, sink) =>
      new Promise((resolve, reject) => {
        if (dead.has(owner)) return;
        connections++;
        sink.open({ url: "http://example.test/events", headers: new Headers() });
        const missed: StreamItem[] = [comment(Number(lastEventId), "welcome")];
        for (let id = Number(lastEventId) + 1; id <= last; id++) missed.push(item(id));
        for (const item of missed) void sink.deliver(item);
        open.set(sink, { owner, reject });
        signal.addEventListener("abort", () => {
          open.delete(sink);
          resolve();
        });
      });
  return {
    transportOf,
    open,
    crash(gone: object) {
      dead.add(gone);
      for (const [sink, { owner }] of open) if (owner === gone) open.delete(sink);
    },
    last: () => last,
    connections: () => connections,
    send(count: number) {
      const items = [comment(last, "beat"), ...Array.from({ length: count }, () => item(++last))];
      for (const sink of open.keys()) for (const item of items) void sink.deliver(item);
    },
    drop() {
      for (const [sink, { reject }] of open) {
        open.delete(sink);
        reject(new TypeError("dropped"));
      }
    },
  };
}

const numbers = { tab: fc.nat(5), turns: fc.nat(4) };
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("send" as const), ...numbers }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom(
        "join",
        "crash",
        "close",
        "hide",
        "show",
        "rob",
        "deafen",
        "hear",
        "hold",
        "let go",
        "drop",
        "reconnect",
      ),
      ...numbers,
    }),
  },
);

/** A tab, and what its clients got. */
interface Life {
  readonly tab: FakeTab;
  readonly clients: {
    readonly got: number[];
    readonly close: () => void;
    readonly reconnect: () => void;
    isClosed: boolean;
  }[];
  gate: Deferred<void> | undefined;
  isAway: boolean;
}

test(
  "whatever tabs do, each client gets every event once, in order, from where it came in",
  { timeout: 600_000 },
  async () => {
    let events = 0;
    let connections = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 20, maxLength: 80 }),
        fc.constantFrom(600, 2 ** 20),
        async (steps, kept) => {
          const server = createServer();
          // Few of the events, or all.
          const origin = createOrigin(kept);
          const lives: Life[] = [];
          const join = (life: Life) => {
            const source = life.tab.create({
              open: false,
              replay: 1e6,
              retry: { initialDelay: 1, maxDelay: 2 },
              transport: server.transportOf(life),
            });
            const client = {
              got: [] as number[],
              close: () => source.close(),
              reconnect: () => source.reconnect(),
              isClosed: false,
            };
            source.onEvent(({ data }) => {
              client.got.push(Number(data));
              return life.gate?.promise;
            });
            source.open();
            life.clients.push(client);
          };
          const enter = () => {
            const life: Life = { tab: origin.openTab(), clients: [], gate: undefined, isAway: false };
            lives.push(life);
            join(life);
          };
          enter();
          enter();
          for (const { do: what, tab, turns } of steps) {
            const life = lives[tab % lives.length];
            if (what === "send") server.send(turns + 1);
            else if (what === "drop") server.drop();
            else if (what === "join" || !life) {
              if (life && turns > 2) join(life);
              else enter();
            } else if (what === "crash") {
              life.tab.crash();
              server.crash(life);
              lives.splice(lives.indexOf(life), 1);
            } else if (what === "close") {
              const client = life.clients.find(({ isClosed }) => !isClosed);
              if (client) {
                client.close();
                client.isClosed = true;
              }
            } else if (what === "hide" || what === "show" || what === "rob") life.tab[what]();
            else if (what === "deafen") life.tab.deafen();
            else if (what === "hear") void life.tab.hear();
            else if (what === "hold") life.gate ??= deferred();
            else if (what === "let go") {
              life.gate?.resolve();
              life.gate = undefined;
            } else life.clients.find(({ isClosed }) => !isClosed)?.reconnect();
            for (let i = 0; i < turns; i++) await settled();
          }
          for (const life of lives) {
            life.gate?.resolve();
            life.gate = undefined;
            life.tab.show();
            void life.tab.hear();
          }
          server.send(1);
          const alive = lives.flatMap(({ clients }) => clients).filter(({ isClosed }) => !isClosed);
          const wanted = alive.length ? 1 : 0;
          const isBehind = () => alive.some(({ got }) => got.at(-1) !== server.last());
          // Reconnecting takes real milliseconds.
          for (let i = 0; i < 400 && (isBehind() || server.open.size !== wanted); i++) {
            await origin.calm();
            if (i % 100 === 99 && isBehind()) server.send(1);
          }
          const last = server.last();
          for (const { got } of lives.flatMap(({ clients }) => clients))
            expect(got).toEqual(got.map((_, index) => got[0]! + index));
          for (const { got } of alive) expect(got.at(-1)).toBe(last);
          expect(server.open.size).toBe(wanted);
          events += last;
          connections += server.connections();
          for (const { clients } of lives) for (const { close } of clients) close();
          await origin.calm();
          expect([server.open.size, origin.guests()]).toEqual([0, 0]);
        },
      ),
      { numRuns: isSoak ? 5000 : 60 },
    );
    expect(events).toBeGreaterThan(1000);
    expect(connections).toBeGreaterThan(100);
  },
);
