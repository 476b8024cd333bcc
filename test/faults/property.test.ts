import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import {
  createEventSource,
  EventSourceError,
  fetchEvents,
  type EventSourceOptions,
  type ServerSentEvent,
  type TextEvents,
} from "../../src/index.ts";
import { EventSource } from "../../src/eventsource.ts";
import { consumers, TYPES } from "../helpers/consumers.ts";
import { anyConnection, anyPlan, anyServing, logOf, plainPlan } from "../helpers/fault-arbitraries.ts";
import { createFaultProxy, type FaultProxy } from "../helpers/fault-proxy.ts";
import { eventsOf, SENTINEL, serveLog } from "../helpers/replaying-server.ts";
import { tell, times } from "../helpers/soak.ts";

const PATIENCE = 1_500_000;

/** Quick enough for thousands of reconnects. A timeout that strikes a healthy connection is one fault more. */
const options = {
  retry: {
    initialDelay: 1,
    maxDelay: 2,
    // What is fatal by default is retried here, so that a login page or a 401 "for a while" is survived, too.
    shouldRetry: () => true,
  },
  connectTimeout: 60,
  idleTimeout: 60,
  endOn: SENTINEL,
} as const;

/** What a caller may ask for besides. */
const wishes = {
  nothing: {},
  "an asynchronous decoder": { decode: async (raw: string) => raw },
  "fresh credentials": { onUnauthorized: async () => {} },
  "the ID in the query": { lastEventIdParam: "after" },
} satisfies Record<string, EventSourceOptions>;
const anyWish = fc.constantFrom(...(Object.keys(wishes) as (keyof typeof wishes)[]));

const brief = ({ lastEventId, type, data }: Pick<ServerSentEvent, "lastEventId" | "type" | "data">) => ({
  lastEventId,
  type,
  data,
});

const totals: Record<string, Record<string, number>> = {};
function count(what: string, { faults }: FaultProxy): void {
  const total = (totals[what] ??= { all: 0, cuts: 0 });
  for (const [name, n] of Object.entries(faults)) {
    total[name] = (total[name] ?? 0) + n;
    total["all"]! += n;
    if (/^(cut|truncate)/.test(name)) total["cuts"]! += n;
  }
}

afterAll(() => {
  for (const [what, total] of Object.entries(totals)) tell(`faults, ${what}`, total);
});

describe("whatever happens on the way", () => {
  it("a client delivers exactly the events of the log, in order", { timeout: PATIENCE }, async () => {
    const what = "with replay";
    const run = fc.asyncProperty(
      anyPlan,
      logOf(120),
      anyServing,
      fc.constantFrom(...Object.keys(consumers)),
      anyWish,
      async (plan, log, serving, name, wish) => {
        await using server = await serveLog({ log, ...serving });
        await using proxy = await createFaultProxy(server.port, plan);
        using source = createEventSource<TextEvents>(proxy.url, { ...options, ...wishes[wish] });
        const delivered: ReturnType<typeof brief>[] = [];
        await consumers[name]!(source, (event) => delivered.push(brief(event)));
        count(what, proxy);
        expect(delivered).toEqual(eventsOf(log));
        expect(source.status).toEqual({ state: "closed", reason: "complete" });
        await proxy.idle();
      },
    );
    await fc.assert(run, { numRuns: times(1150, 45), timeout: 20_000, endOnFailure: true });
    expect(totals[what]!["cuts"]).toBeGreaterThan(times(10_000, 200));
  });

  it(
    "the EventSource class delivers exactly the events of the log, in order",
    { timeout: PATIENCE },
    async () => {
      const what = "EventSource";
      const run = fc.asyncProperty(plainPlan, logOf(120), anyServing, async (plan, log, serving) => {
        await using server = await serveLog({ log, retry: 1, ...serving });
        await using proxy = await createFaultProxy(server.port, plan);
        const source = new EventSource(proxy.url);
        const delivered: ReturnType<typeof brief>[] = [];
        await new Promise<void>((resolve) => {
          const hear = (event: Event) => {
            if (!(event instanceof MessageEvent)) return;
            if (event.data === SENTINEL) resolve();
            else delivered.push(brief(event as MessageEvent<string>));
          };
          for (const type of TYPES) source.addEventListener(type, hear);
        });
        source.close();
        count(what, proxy);
        expect(delivered).toEqual(eventsOf(log));
        await proxy.idle();
      });
      await fc.assert(run, { numRuns: times(200, 15), timeout: 20_000, endOnFailure: true });
    },
  );

  it(
    "a gap is never silent: where the server replays nothing, a reconnect stands in the status",
    { timeout: PATIENCE },
    async () => {
      const what = "without replay";
      let gaps = 0;
      const run = fc.asyncProperty(
        anyPlan,
        anyServing,
        fc.constantFrom("onEvent", "onEvent, asynchronous", "for await"),
        async (plan, serving, name) => {
          const log = Array.from({ length: 120 }, (_, i) => ({ data: `event ${i + 1}` }));
          await using server = await serveLog({ log, memory: "live", ...serving });
          await using proxy = await createFaultProxy(server.port, plan);
          using source = createEventSource(proxy.url, { ...options, open: false });
          let last = 0;
          /** Requests that the status has told of since the last event. */
          let told = 0;
          source.onStatus(({ state }) => (told += Number(state === "connecting")));
          source.open();
          await consumers[name]!(source, ({ lastEventId }) => {
            const id = Number(lastEventId);
            expect(id).toBeGreaterThan(last);
            // The request that brings the first event is no reconnect.
            const reconnects = told - Number(last === 0);
            if (id > last + 1) expect(reconnects, `between ${last} and ${id}`).toBeGreaterThan(0);
            gaps += Number(id > last + 1);
            last = id;
            told = 0;
          });
          count(what, proxy);
          expect(source.status).toEqual({ state: "closed", reason: "complete" });
        },
      );
      await fc.assert(run, { numRuns: times(300, 20), timeout: 20_000, endOnFailure: true });
      tell("gaps, each with a reconnect", { gaps });
      expect(gaps).toBeGreaterThan(0);
    },
  );

  it(
    "fetchEvents gives the complete stream, or its beginning and one typed error, and never asks twice",
    { timeout: PATIENCE },
    async () => {
      const what = "fetchEvents";
      const outcomes: Record<string, number> = {};
      const run = fc.asyncProperty(anyConnection, logOf(12), anyServing, async (plan, log, serving) => {
        await using server = await serveLog({ log, ...serving });
        await using proxy = await createFaultProxy(server.port, [plan]);
        const events = fetchEvents(proxy.url, { connectTimeout: 60, idleTimeout: 60, endOn: SENTINEL });
        const iterator = events[Symbol.asyncIterator]();
        const delivered: ReturnType<typeof brief>[] = [];
        let error: unknown;
        try {
          for (let next; !(next = await iterator.next()).done;) delivered.push(brief(next.value));
        } catch (thrown) {
          error = thrown;
        }
        count(what, proxy);
        const all = eventsOf(log);
        expect(delivered).toEqual(all.slice(0, delivered.length));
        if (error === undefined) expect(delivered).toHaveLength(all.length);
        else {
          expect(error).toBeInstanceOf(EventSourceError);
          expect((error as EventSourceError).code).toMatch(codeOf(plan.fault.kind));
        }
        const outcome = error === undefined ? "complete" : (error as EventSourceError).code;
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
        // It is told once; after that the iteration is over.
        expect(await iterator.next()).toEqual({ done: true, value: undefined });
        // None where connectTimeout struck before it arrived, on a busy machine.
        if (outcome === "connect-timeout") expect(proxy.requests).toBeLessThanOrEqual(1);
        else expect(proxy.requests).toBe(1);
        await proxy.idle();
      });
      await fc.assert(run, { numRuns: times(3000, 150), timeout: 20_000, endOnFailure: true });
      tell("outcomes of fetchEvents", outcomes);
      expect(Object.keys(outcomes)).toContain("complete");
    },
  );
});

/** The codes that a fault may lead to; a timeout may strike a healthy connection on a busy machine. */
function codeOf(kind: string): RegExp {
  if (kind === "answer") return /^(unauthorized|http-status|content-type|.*timeout)$/;
  return kind === "stall" ? /timeout$/ : /^(network|premature-end|.*timeout)$/;
}
