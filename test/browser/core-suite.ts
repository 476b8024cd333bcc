import { describe, expect, inject, test } from "vitest";
import { server } from "vitest/browser";
import { nextError, reach, take } from "../helpers/watch.ts";
import { describeFailures } from "./failure-suite.ts";
import { closing, openLane } from "./lane.ts";

export type Api = typeof import("../../src/index.ts");

/** Retries at once: the delays are tested elsewhere with a clock that is passed in. */
const soon = { initialDelay: 1, jitter: 0 };

/** What must hold in a page for the sources and for every build of them alike. */
export function describeCore(name: string, load: () => Promise<Api>): void {
  describe(name, async () => {
    const api = await load();
    const { createEventSource, fetchEvents, json, readEvents } = api;
    describeFailures(api);

    test("events arrive one by one, each before the server sends the next", async () => {
      const lane = openLane();
      const source = closing(createEventSource(lane.url("/counter")));
      expect(source.status).toEqual({ state: "connecting", attempt: 1 });
      for (const data of ["1", "2", "3"]) {
        const event = take(source, 1);
        await lane.next();
        expect(await event).toEqual([
          { type: "count", data, raw: data, lastEventId: data, origin: inject("eventStreams").url },
        ]);
      }
      expect(source.status).toMatchObject({ state: "open", url: lane.url("/counter") });
    });

    test("a stream that breaks off is resumed after the last event, and none is lost or repeated", async () => {
      const lane = openLane();
      const source = closing(createEventSource(lane.url("/counter", { drop: 2 }), { retry: soon }));
      for (const data of ["1", "2", "3", "4", "5"]) {
        const event = take(source, 1);
        await lane.next();
        expect(await event).toMatchObject([{ data }]);
      }
      const { requests } = await lane.log();
      expect(requests.map(({ headers }) => headers["last-event-id"])).toEqual([undefined, "2", "4"]);
    });

    test("a stream that ends is resumed too", async () => {
      const lane = openLane();
      const source = closing(createEventSource(lane.url("/counter", { total: 1 }), { retry: soon }));
      const error = nextError(source);
      await lane.next();
      expect(await error).toMatchObject({ code: "stream-ended", willRetry: true });
      await lane.requested(2);
      expect((await lane.log()).requests[1]!.headers["last-event-id"]).toBe("1");
    });

    test("the first request adds nothing but Accept and makes no preflight", async () => {
      const lane = openLane();
      const source = closing(createEventSource(lane.url("/headers"), { decode: json }));
      const [event] = await take(source, 1);
      expect(event!.data).toMatchObject({ accept: "text/event-stream" });
      expect(event!.data).not.toHaveProperty("last-event-id");
      expect(event!.data).not.toHaveProperty("x-requested-with");
      expect((await lane.log()).preflights).toEqual([]);
    });

    test("Last-Event-ID to another origin costs a preflight", async () => {
      const lane = openLane();
      closing(createEventSource(lane.url("/counter"), { lastEventId: "7" }));
      await lane.requested(1);
      expect(await lane.log()).toMatchObject({
        requests: [{ headers: { "last-event-id": "7" } }],
        preflights: ["last-event-id"],
      });
    });

    test("lastEventIdParam resumes without a preflight", async () => {
      const lane = openLane();
      const source = closing(
        createEventSource(lane.url("/counter"), { lastEventId: "7", lastEventIdParam: "after" }),
      );
      const event = take(source, 1);
      await lane.next();
      expect(await event).toMatchObject([{ data: "8" }]);
      expect(await lane.log()).toMatchObject({ requests: [{ method: "GET" }], preflights: [] });
    });

    test("close() ends the request and is the last status", async () => {
      const lane = openLane();
      const source = closing(createEventSource(lane.url("/counter")));
      await reach(source, "open");
      source.close();
      expect(source.status).toEqual({ state: "closed", reason: "client" });
      expect(await source.closed).toBe(source.status);
      await lane.gone();
      expect((await lane.log()).requests).toHaveLength(1);
    });

    test("close() in a listener is final, also for the rest of the same chunk", async () => {
      const lane = openLane();
      const parts = btoa("data: 1\n\ndata: 2\n\n");
      const source = closing(createEventSource(lane.url("/bytes", { parts })));
      const seen: string[] = [];
      source.onEvent(({ data }) => {
        seen.push(data);
        source.close();
      });
      await lane.next();
      await lane.gone();
      expect(seen).toEqual(["1"]);
    });

    test("aborting the signal closes", async () => {
      const lane = openLane();
      const controller = new AbortController();
      const source = closing(createEventSource(lane.url("/counter"), { signal: controller.signal }));
      await reach(source, "open");
      controller.abort();
      expect(source.status).toEqual({ state: "closed", reason: "client" });
      await lane.gone();
    });

    test("an aborted signal means no request", async () => {
      const lane = openLane();
      const source = createEventSource(lane.url("/counter"), { signal: AbortSignal.abort() });
      expect(await source.closed).toEqual({ state: "closed", reason: "client" });
      expect((await lane.log()).requests).toEqual([]);
    });

    test("leaving for await cancels the request", async () => {
      const lane = openLane();
      const source = closing(createEventSource(lane.url("/counter"), { open: false }));
      await lane.next();
      await lane.next();
      const seen: string[] = [];
      for await (const { data } of source) {
        seen.push(data);
        if (seen.length === 2) break;
      }
      expect(seen).toEqual(["1", "2"]);
      expect(source.status).toEqual({ state: "closed", reason: "client" });
      await lane.gone();
    });

    test("a POST streams its answer to the end and is made once", async () => {
      const lane = openLane();
      const stream = closing(
        fetchEvents(lane.url("/echo"), { method: "POST", body: "the quick fox", endOn: "[DONE]" }),
      );
      await lane.next();
      const words: string[] = [];
      for await (const { data } of stream) {
        words.push(data);
        await lane.next();
      }
      expect(words).toEqual(["the", "quick", "fox"]);
      expect((await stream.response)!.status).toBe(200);
      expect(await lane.log()).toMatchObject({ requests: [{ method: "POST" }], preflights: [] });
    });

    test("leaving the loop over a fetched stream cancels the request", async () => {
      const lane = openLane();
      await lane.next();
      for await (const { data } of fetchEvents(lane.url("/counter"))) {
        expect(data).toBe("1");
        break;
      }
      await lane.gone();
    });

    test("readEvents reads the response of a fetch of one's own", async () => {
      const lane = openLane();
      await lane.next();
      await lane.next();
      const response = await fetch(lane.url("/counter", { total: 2 }));
      const seen: unknown[] = [];
      for await (const { data, origin } of readEvents(response, { decode: json })) seen.push([data, origin]);
      const { url } = inject("eventStreams");
      expect(seen).toEqual([
        [1, url],
        [2, url],
      ]);
    });

    test("leaving the loop over readEvents cancels that response", async () => {
      const lane = openLane();
      await lane.next();
      for await (const { data } of readEvents(await fetch(lane.url("/counter")))) {
        expect(data).toBe("1");
        break;
      }
      // Firefox aborts what was only cancelled when the next byte arrives.
      if (server.browser === "firefox") await lane.next();
      await lane.gone();
    });

    test("characters cut in the middle of their bytes arrive whole", async () => {
      const lane = openLane();
      const text = "id: é-€-1\ndata: 🌊 naïve €\n\n";
      const bytes = new TextEncoder().encode(text);
      const parts = Array.from(bytes, (byte) => btoa(String.fromCharCode(byte))).join(",");
      const source = closing(createEventSource(lane.url("/bytes", { parts })));
      const event = take(source, 1);
      for (const _ of bytes) await lane.next();
      expect(await event).toMatchObject([{ data: "🌊 naïve €", lastEventId: "é-€-1" }]);
    });

    test("an id outside Latin-1 is sent as its UTF-8 bytes", async () => {
      const lane = openLane();
      closing(createEventSource(lane.url("/counter"), { lastEventId: "é-€-1" }));
      await lane.requested(1);
      const sent = (await lane.log()).requests[0]!.headers["last-event-id"]!;
      // Node reads header bytes as Latin-1.
      const decode = (text: string) =>
        new TextDecoder().decode(Uint8Array.from(text, (c) => c.charCodeAt(0)));
      // WebKitGTK encodes them once more, see test/spec/differences.ts.
      expect(server.browser === "webkit" ? decode(decode(sent)) : decode(sent)).toBe("é-€-1");
    });
  });
}
