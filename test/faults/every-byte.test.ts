import { describe, expect, it } from "vitest";
import { createEventSource, fetchEvents, type ServerSentEvent } from "../../src/index.ts";
import { createFaultProxy, type ConnectionPlan, type Fault } from "../helpers/fault-proxy.ts";
import { responseOf } from "../helpers/raw-response.ts";
import {
  eventsOf,
  SENTINEL,
  serveLog,
  type LogEntry,
  type ReplayOptions,
} from "../helpers/replaying-server.ts";
import { tell } from "../helpers/soak.ts";

/** IDs, several lines, characters of two, three and four bytes, a BOM within, comments, and a block with an ID only. */
const log: LogEntry[] = [
  { comment: "", data: "first" },
  { type: "tick", data: "two\n lines\n" },
  { comment: " été", data: "é € 🌊 \ufeff" },
  {},
  { data: "" },
  { type: "été", data: ": id: 9" },
];

const brief = ({ lastEventId, type, data }: ServerSentEvent) => ({ lastEventId, type, data });

const cases: [string, Fault["kind"] | "cut fin" | "cut rst", Partial<ReplayOptions>][] = [
  ["FIN, chunked, CRLF", "cut fin", { lineEnd: "\r\n" }],
  ["FIN, to the end of the connection, CRLF", "cut fin", { lineEnd: "\r\n", framing: "close" }],
  ["RST, chunked, LF", "cut rst", { lineEnd: "\n" }],
  ["RST, to the end of the connection, CR", "cut rst", { lineEnd: "\r", framing: "close" }],
  ["FIN, gzip", "cut fin", { encoding: "gzip" }],
  ["FIN, br, to the end of the connection", "cut fin", { encoding: "br", framing: "close" }],
];

describe("a response that is cut after any of its bytes, headers included", () => {
  it.each(cases)("gives each event once, in order: %s", { timeout: 120_000 }, async (name, how, serving) => {
    await using server = await serveLog({ log, ...serving });
    const { length } = await responseOf(server.port);
    const by = how === "cut rst" ? "rst" : "fin";
    const plan = Array.from({ length }, (_, after): ConnectionPlan[] => [
      { fault: { kind: "cut", by, after } },
      { fault: { kind: "none" } },
    ]);
    await using proxy = await createFaultProxy(server.port, plan.flat());
    for (let after = 0; after < length; after++) {
      using source = createEventSource(proxy.url, { retry: { initialDelay: 1, jitter: 0 }, endOn: SENTINEL });
      const delivered: ReturnType<typeof brief>[] = [];
      source.onEvent((event) => void delivered.push(brief(event)));
      const { reason } = await source.closed;
      expect({ after, reason, delivered }).toEqual({ after, reason: "complete", delivered: eventsOf(log) });
      // Where the sentinel came through before the cut, the client needs no second connection, which the plan has.
      while (proxy.requests < 2 * (after + 1)) await (await fetch(proxy.url)).text();
    }
    tell(`cut after every byte, ${name}`, proxy.faults);
    expect(proxy.faults).toEqual({ [how]: length });
  });

  it("gives fetchEvents the beginning and one typed error", { timeout: 120_000 }, async () => {
    await using server = await serveLog({ log, lineEnd: "\r\n" });
    const { length } = await responseOf(server.port);
    const plan = Array.from({ length }, (_, after) => ({
      fault: { kind: "cut", by: "fin", after } as const,
    }));
    await using proxy = await createFaultProxy(server.port, plan);
    // The sentinel is an event like any other where `endOn` names none.
    const all = [...eventsOf(log), { lastEventId: `${log.length}`, type: "message", data: SENTINEL }];
    for (let after = 0; after < length; after++) {
      const delivered: ReturnType<typeof brief>[] = [];
      let code = "none";
      try {
        for await (const event of fetchEvents(proxy.url)) delivered.push(brief(event));
      } catch (error) {
        ({ code } = error as { code: string });
      }
      expect(code, `cut after ${after} bytes`).toBe("network");
      expect(delivered).toEqual(all.slice(0, delivered.length));
    }
    expect(proxy.requests).toBe(length);
  });
});
