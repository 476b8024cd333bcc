import { describe, expect, inject, onTestFinished, test, vi } from "vitest";
import { createEventSource, json } from "../../src/index.ts";
import { nextError, reach, take } from "../helpers/watch.ts";
import { closing, openLane } from "./lane.ts";

const soon = { initialDelay: 1, jitter: 0 };

describe("over the browser's own EventSource", () => {
  test("events arrive one by one, with the status of any other connection", async () => {
    const lane = openLane();
    const source = closing(
      createEventSource(lane.url("/counter"), { transport: "native", decode: json, retry: soon }),
    );
    source.on("count", () => {});
    expect(source.status).toEqual({ state: "connecting", attempt: 1 });
    for (const data of [1, 2]) {
      const event = take(source, 1);
      await lane.next();
      expect(await event).toEqual([
        {
          type: "count",
          data,
          raw: `${data}`,
          lastEventId: `${data}`,
          origin: inject("eventStreams").url,
        },
      ]);
    }
    expect(source.status).toMatchObject({ state: "open", url: lane.url("/counter") });
    source.close();
    await lane.gone();
  });

  test("a stream that breaks off is resumed by the parameter, and nothing is lost or repeated", async () => {
    const lane = openLane();
    const source = closing(
      createEventSource(lane.url("/counter", { drop: 2 }), {
        transport: "native",
        lastEventIdParam: "after",
        retry: soon,
      }),
    );
    source.on("count", () => {});
    for (const data of ["1", "2", "3", "4", "5"]) {
      const event = take(source, 1);
      await lane.next();
      expect(await event).toMatchObject([{ data, lastEventId: data }]);
    }
    const { requests } = await lane.log();
    const after = requests.map(({ path }) => new URL(path, "http://a").searchParams.get("after"));
    expect(after).toEqual([null, "2", "4"]);
  });

  test("a stream that breaks off is resumed by the browser's own object, which sends Last-Event-ID", async () => {
    const lane = openLane();
    const source = closing(createEventSource(lane.url("/counter", { drop: 2 }), { transport: "native" }));
    source.on("count", () => {});
    for (const data of ["1", "2", "3"]) {
      const event = take(source, 1);
      await lane.next();
      expect(await event).toMatchObject([{ data, lastEventId: data }]);
    }
    const { requests } = await lane.log();
    expect(requests.map(({ headers }) => headers["last-event-id"])).toEqual([undefined, "2"]);
  });

  test("an answer that the browser refuses for good is retried by our policy", async () => {
    const lane = openLane();
    const source = closing(createEventSource(lane.url("/busy"), { transport: "native", retry: soon }));
    source.on("count", () => {});
    expect(await nextError(source)).toMatchObject({ code: "network", willRetry: true });
    const event = take(source, 1);
    await lane.next();
    expect(await event).toMatchObject([{ data: "1" }]);
  });

  test("close() closes the browser's connection", async () => {
    const lane = openLane();
    const source = closing(createEventSource(lane.url("/counter"), { transport: "native" }));
    await reach(source, "open");
    source.close();
    await lane.gone();
  });

  test("it is what `auto` takes where the bodies of responses do not stream", async () => {
    const lane = openLane();
    vi.stubGlobal("ReadableStream", undefined);
    onTestFinished(() => void vi.unstubAllGlobals());
    const source = closing(createEventSource(lane.url("/headers"), { decode: json }));
    const [event] = await take(source, 1);
    // Only the browser's own class sends this; fetch is not asked to.
    expect(event!.data).toMatchObject({ accept: "text/event-stream", "cache-control": "no-cache" });
  });
});
