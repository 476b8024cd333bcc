import { describe, expect, test } from "vitest";
import { EventSourceError, json, readEvents } from "../../src/index.ts";
import { encode, streamOf } from "../helpers/chunks.ts";
import { deferred } from "../helpers/deferred.ts";
import { settled } from "../helpers/fake-clock.ts";
import { abortListeners } from "../helpers/machine.ts";

const response = (body: ReadableStream<unknown> | string | null, init: ResponseInit = {}) =>
  new Response(body as BodyInit | null, { headers: { "content-type": "text/event-stream" }, ...init });

const done = { done: true, value: undefined };

async function collect<Event>(stream: AsyncIterable<Event>): Promise<{ events: Event[]; error?: unknown }> {
  const events: Event[] = [];
  try {
    for await (const event of stream) events.push(event);
  } catch (error) {
    return { events, error };
  }
  return { events };
}

describe("readEvents", () => {
  test("reads a response", async () => {
    const stream = readEvents(response("id: 1\ndata: a\n\nevent: b\ndata: c\n\n"));
    expect(await collect(stream)).toEqual({
      events: [
        { type: "message", data: "a", raw: "a", lastEventId: "1", origin: "null" },
        { type: "b", data: "c", raw: "c", lastEventId: "1", origin: "null" },
      ],
    });
    expect(stream.lastEventId).toBe("1");
    expect(await stream.response).toBeInstanceOf(Response);
  });

  test.each([{ status: 503 }, { headers: { "content-type": "text/html" } }])(
    "refuses a response that is no event stream (%j), releases it, and causes no unhandled rejection",
    async (init) => {
      const { body, cancelled } = streamOf([encode("<html>")], { endless: true });
      const stream = readEvents(response(body, init));
      await settled();
      expect((await collect(stream)).error).toBeInstanceOf(EventSourceError);
      await expect(stream.response).rejects.toBeInstanceOf(EventSourceError);
      expect(cancelled()).toBe(1);
    },
  );

  test("that nobody iterates causes no unhandled rejection", async () => {
    readEvents(response("", { status: 404 }));
    readEvents(streamOf([], { error: new Error("reset") }).body);
    await settled();
  });

  test("of a bare stream knows of no response", async () => {
    const stream = readEvents(streamOf([encode("data: a\n\n")], { endless: true }).body);
    expect(await stream.response).toBeUndefined();
    stream.close();
  });

  test("decodes, and throws for the event that cannot be decoded", async () => {
    const { body, cancelled } = streamOf([encode("data: 1\n\ndata: {\n\ndata: 3\n\n")], { endless: true });
    const { events, error } = await collect(readEvents(body, { decode: json }));
    expect(events.map((event) => event.data)).toEqual([1]);
    expect(error).toMatchObject({ code: "decode-failed", event: { raw: "{" } });
    expect(cancelled()).toBe(1);
  });

  test("ends with the event of endOn, which is not delivered, and releases the rest", async () => {
    const { body, cancelled } = streamOf([encode("data: a\n\ndata: [DONE]\n\ndata: b\n\n")], {
      endless: true,
    });
    const { events, error } = await collect(readEvents(body, { endOn: "[DONE]" }));
    expect([events.map((event) => event.data), error, cancelled()]).toEqual([["a"], undefined, 1]);
  });

  test("without the event of endOn ends too early", async () => {
    const { events, error } = await collect(readEvents(response("data: a\n\n"), { endOn: "[DONE]" }));
    expect(events).toHaveLength(1);
    expect(error).toMatchObject({ code: "premature-end" });
  });

  test.each(["break", "close", "abort"])(
    "delivers nothing more after %s, also of the same chunk",
    async (how) => {
      const { body, cancelled } = streamOf([encode("id: 1\ndata: a\n\nid: 2\ndata: b\n\n")], {
        endless: true,
      });
      const controller = new AbortController();
      const stream = readEvents(body, { signal: controller.signal });
      const seen: string[] = [];
      const read = async () => {
        for await (const { data } of stream) {
          seen.push(data);
          if (how === "break") break;
          if (how === "close") stream.close();
          if (how === "abort") controller.abort("stopped");
        }
      };
      if (how === "abort") await expect(read()).rejects.toBe("stopped");
      else await read();
      await settled();
      expect([seen, stream.lastEventId, cancelled()]).toEqual([["a"], "1", 1]);
      expect(abortListeners(controller.signal)).toBe(0);
    },
  );

  test.each(["break", "close", "end", "404"])("leaves a stream unlocked after %s", async (how) => {
    const { body } = streamOf([encode("data: a\n\n")], { endless: /break|close/.test(how) });
    const answer = response(body, { status: how === "404" ? 404 : 200 });
    const stream = readEvents(answer);
    try {
      for await (const { data } of stream) {
        if (how === "break") break;
        if (how === "close") stream.close();
        expect(data).toBe("a");
      }
    } catch (error) {
      expect(error).toMatchObject({ code: "http-status" });
    }
    await settled();
    expect(answer.body!.locked).toBe(false);
  });

  test("tells of every failure that it was the first attempt, and that none follows", async () => {
    const failed = { attempt: 1, willRetry: false };
    const cut = streamOf([], { error: new Error("reset") }).body;
    const large = streamOf([encode("data: abc\n\n")]).body;
    const [status, network, size, decoding, early] = await Promise.all(
      [
        readEvents(response("", { status: 503 })),
        readEvents(cut),
        readEvents(large, { maxEventSize: 1 }),
        readEvents(response("data: {\n\n"), { decode: json }),
        readEvents(response(""), { endOn: "[DONE]" }),
      ].map(async (stream) => (await collect<unknown>(stream)).error),
    );
    expect(status).toMatchObject({ code: "http-status", ...failed });
    expect(network).toMatchObject({ code: "network", ...failed });
    expect(size).toMatchObject({ code: "event-too-large", ...failed });
    expect(decoding).toMatchObject({ code: "decode-failed", ...failed });
    expect(early).toMatchObject({ code: "premature-end", ...failed });
  });

  test("that is aborted before it was checked rejects its response with the reason", async () => {
    const controller = new AbortController();
    const { body } = streamOf([], { endless: true });
    const stream = readEvents(response(body, { status: 404 }), { signal: controller.signal });
    const enough = new Error("enough");
    controller.abort(enough);
    await expect(stream.response).rejects.toBe(enough);
  });

  test("that is closed while an event is decoded is over, and the event is not delivered", async () => {
    const decoded = deferred<string>();
    const stream = readEvents(streamOf([encode("id: 1\ndata: a\n\n")]).body, {
      decode: () => decoded.promise,
    });
    const iterator = stream[Symbol.asyncIterator]();
    const first = iterator.next();
    await settled();
    stream.close();
    decoded.resolve("A");
    await settled();
    expect([await first, await iterator.next(), stream.lastEventId]).toEqual([done, done, ""]);
  });

  test("that is closed by its decoder decodes nothing more of the chunk", async () => {
    const seen: string[] = [];
    const chunk = encode("id: 1\ndata: a\n\nid: 2\ndata: b\n\n");
    const stream = readEvents(streamOf([chunk]).body, {
      decode(raw) {
        seen.push(raw);
        stream.close();
        return raw;
      },
    });
    const iterator = stream[Symbol.asyncIterator]();
    expect([await iterator.next(), await iterator.next()]).toEqual([done, done]);
    await settled();
    expect([seen, stream.lastEventId]).toEqual([["a"], ""]);
  });

  test("leaves no listener on the signal when the stream ends or fails", async () => {
    const { signal } = new AbortController();
    await collect(readEvents(response("data: a\n\n"), { signal }));
    await collect(readEvents(response("", { status: 404 }), { signal }));
    await collect(readEvents(streamOf([], { error: new Error("reset") }).body, { signal }));
    expect(abortListeners(signal)).toBe(0);
  });

  test("with a signal that is aborted already reads nothing", async () => {
    const { body, cancelled } = streamOf([encode("data: a\n\n")], { endless: true });
    const { events, error } = await collect(readEvents(body, { signal: AbortSignal.abort("stopped") }));
    expect([events, error]).toEqual([[], "stopped"]);
    expect(cancelled()).toBe(1);
  });

  test("reports a broken body as a network error with its cause", async () => {
    const cause = new Error("reset");
    const { events, error } = await collect(
      readEvents(streamOf([encode("data: a\n\n")], { error: cause }).body),
    );
    expect(events).toHaveLength(1);
    expect(error).toMatchObject({ code: "network", cause });
  });
});

describe("a stream that breaks without a reason", () => {
  test("is an error all the same, and no complete answer", async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const events = readEvents(readable);
    const got: string[] = [];
    const read = (async () => {
      for await (const { data } of events) got.push(data);
    })();
    await writer.write(new TextEncoder().encode("data: a\n\n"));
    await writer.abort();
    await expect(read).rejects.toMatchObject({ code: "network" });
    await expect(events.response.then(() => "told before")).resolves.toBe("told before");
    expect(got).toEqual(["a"]);
  });
});
