import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EventSourceError } from "../../src/core/errors.ts";
import { chunked, concat, encode, readAll, readBatches, streamOf } from "../helpers/chunks.ts";
import { settled } from "../helpers/fake-clock.ts";
import { interpretStream } from "../helpers/reference-parser.ts";
import { abortListeners } from "../helpers/machine.ts";

const BOM = Uint8Array.of(0xef, 0xbb, 0xbf);
const read = (chunks: readonly unknown[], options?: Parameters<typeof readAll>[1]) =>
  readAll(streamOf(chunks).body, options);
const readText = (text: string) => read([encode(text)]);
const message = (data: string, lastEventId = "", type = "message") => ({ type, data, lastEventId });

describe("a stream is read as the standard says", () => {
  test.each<[behaviour: string, text: string, events: ReturnType<typeof message>[]]>([
    ["an event has the type message by default", "data: a\n\n", [message("a")]],
    ["the event field names the type", "event: tick\ndata: a\n\n", [message("a", "", "tick")]],
    ["the last event field of a block counts", "event: a\nevent: b\ndata\n\n", [message("", "", "b")]],
    ["an empty event field resets the type", "event: a\nevent:\ndata: x\n\n", [message("x")]],
    [
      "the type does not outlive its block",
      "event: a\ndata: 1\n\ndata: 2\n\n",
      [message("1", "", "a"), message("2")],
    ],
    ["data lines are joined by a line feed", "data: a\ndata:\ndata: b\n\n", [message("a\n\nb")]],
    ["an empty data field makes an empty event", "data\n\ndata:\n\n", [message(""), message("")]],
    ["two empty data lines make one line feed", "data\ndata\n\n", [message("\n")]],
    ["one leading space is removed, nothing is trimmed", "data:  a \ndata:\tb\n\n", [message(" a \n\tb")]],
    ["what follows the first colon is data", "data:a: b:c\n\n", [message("a: b:c")]],
    ["field names are compared literally", "Data: a\nDATA: b\n data: c\ndata : d\ndatas: e\ndat: f\n\n", []],
    ["unknown fields are ignored", "foo: 1\nbar\ndata: a\n\n", [message("a")]],
    ["an event-only block dispatches nothing", "event: tick\n\ndata: a\n\n", [message("a")]],
    ["a comment-only block dispatches nothing", ": hi\n\n:\n\n", []],
    ["a partial event at the end is discarded", "data: a\n\ndata: b\n", [message("a")]],
    ["a partial line at the end is discarded", "data: a\n\ndata: b", [message("a")]],
    ["blank lines dispatch nothing", "\n\n\r\n\r\rdata: a\n\n\n\n", [message("a")]],
    [
      "CR, LF and CRLF end lines",
      "data: a\rdata: b\r\ndata: c\n\r\ndata: d\r\r",
      [message("a\nb\nc"), message("d")],
    ],
    ["LF after CRLF is a line of its own", "data: a\r\n\ndata: b\n\r\n", [message("a"), message("b")]],
    [
      "other separators do not end lines",
      "data: a\u2028b\u0085c\vd\fe\n\n",
      [message("a\u2028b\u0085c\vd\fe")],
    ],
    ["NUL is data like any other", "data: a\0b\n\n", [message("a\0b")]],
  ])("%s", async (_, text, events) => {
    expect((await readText(text)).events).toEqual(events);
  });

  test.each<[behaviour: string, text: string, ids: string[], last: string]>([
    ["an ID stays with the event that carries it", "id: 1\ndata: a\n\n", ["1"], "1"],
    ["an ID is sticky", "id: 1\ndata: a\n\ndata: b\n\n", ["1", "1"], "1"],
    ["an ID may come after the data", "data: a\nid: 2\n\n", ["2"], "2"],
    ["an id-only block sets the last event ID", "id: 1\ndata: a\n\nid: 2\n\n", ["1"], "2"],
    ["an id-only block counts for the events after it", "id: 7\n\ndata: a\n\n", ["7"], "7"],
    ["an id-only block with an event field does too", "id: 7\nevent: x\n\n", [], "7"],
    ["an empty ID clears it", "id: 1\ndata: a\n\nid:\ndata: b\n\n", ["1", ""], ""],
    ["an ID field without a colon clears it", "id: 1\ndata: a\n\nid\n\n", ["1"], ""],
    ["NUL in an ID ignores the field", "id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n", ["1", "1"], "1"],
    ["an ID with NUL does not undo one of the same block", "id: 1\nid: \0\ndata: a\n\n", ["1"], "1"],
    ["an ID is not trimmed", "id:  1 \ndata: a\n\n", [" 1 "], " 1 "],
    ["an ID may be any text", "id: é-€-1\ndata: a\n\n", ["é-€-1"], "é-€-1"],
    ["the ID of a partial event is discarded", "id: 1\ndata: a\n\nid: 2\ndata: b\n", ["1"], "1"],
    ["a comment in the middle of a block does not bring its ID forward", "id: 2\n: x\n", [], "start"],
    ["without any ID the one to start from stays", "data: a\n\n", ["start"], "start"],
  ])("%s", async (_, text, ids, last) => {
    const { events, lastEventId } = await read([encode(text)], { lastEventId: "start" });
    expect(events.map((event) => event.lastEventId)).toEqual(ids);
    expect(lastEventId).toBe(last);
  });

  test("retry takes digits only, wherever it stands", async () => {
    const text =
      "retry: 10\n\nretry:20\nretry: 1.5\nretry: -1\nretry: 0x10\nretry:\nretry\nretry: 5s\nretry: ٣\nretry:  7\n\nretry: 007\nretry: 99999999999\n";
    expect((await readText(text)).retries).toEqual([10, 20, 7, 99_999_999_999]);
  });

  test("comments are told, with one leading space removed", async () => {
    expect((await readText(":\n: a\n:  b\n:c: d\n\n: unfinished")).comments).toEqual(["", "a", " b", "c: d"]);
  });

  test("invalid UTF-8 becomes U+FFFD", async () => {
    const bytes = concat([encode("data: "), Uint8Array.of(0xff, 0xc3, 0x28, 0xe2, 0x82), encode("\n\n")]);
    expect((await read([bytes])).events).toEqual([message("\ufffd\ufffd(\ufffd")]);
  });

  test.each<[behaviour: string, bytes: Uint8Array, data: string[]]>([
    ["one byte order mark is stripped", concat([BOM, encode("data: a\n\n")]), ["a"]],
    [
      "a byte order mark alone on its line leaves a blank line",
      concat([BOM, encode("\ndata: a\n\n")]),
      ["a"],
    ],
    [
      "of two byte order marks the second belongs to the field name",
      concat([BOM, BOM, encode("data: a\ndata: b\n\n")]),
      ["b"],
    ],
    [
      "a byte order mark in the middle of the stream stays",
      concat([encode("data: a\n\n"), BOM, encode("data: b\n\n")]),
      ["a"],
    ],
    ["a byte order mark in data stays", concat([encode("data: "), BOM, encode("a\n\n")]), ["\ufeffa"]],
    ["the text ï»¿ at the start is no byte order mark", encode("ï»¿data: a\ndata: b\n\n"), ["b"]],
    [
      "the text ï»¿ after a byte order mark is none either",
      concat([BOM, encode("ï»¿data: a\ndata: b\n\n")]),
      ["b"],
    ],
    [
      "the bytes of a UTF-16 mark are just invalid",
      concat([Uint8Array.of(0xff, 0xfe), encode("data: a\ndata: b\n\n")]),
      ["b"],
    ],
  ])("%s, however the chunks are cut", async (_, bytes, data) => {
    for (const sizes of [[bytes.length], [1], [2], [1, bytes.length], [3, bytes.length], [4, bytes.length]]) {
      const { events } = await read(chunked(bytes, sizes));
      expect(events.map((event) => event.data)).toEqual(data);
    }
  });
});

const hostile = concat([
  BOM,
  encode(
    [
      ": comment with é€😀\n",
      "id: é-€-1\r\ndata: one\r\ndata:\r\ndata:  two  \r\n\r\n",
      "id: 2\n\n",
      "event: tick\rdata: 日本語 😀\rretry: 1500\r\r",
      "data\n\n",
      "event: only\n\n",
      "id: nul\0\ndata:nul\n\n",
      "id\ndata: cleared\n\n",
      "\ufeffdata: not a field\ndata: a field\n\n",
      "retry: nope\nretry: 99999999999\nunknown: x\n:\n\n",
      "id: 9\r\n\r\n\r",
      "data: in\u2028line\r\n\n",
    ].join(""),
  ),
  encode("data: "),
  Uint8Array.of(0xff, 0xe2, 0x82, 0x28, 0xf0, 0x9f, 0x98, 0x0a, 0xc0, 0x80, 0x0a, 0x0a),
  encode("id: lost\nretry: 3\ndata: partial\r"),
  encode("data: é"),
]);

describe("however a hostile stream is cut, it reads the same", () => {
  const whole = interpretStream(hostile);

  test("in one piece", async () => {
    expect(whole.events).toHaveLength(8);
    expect(await read([hostile])).toEqual(whole);
  });

  test("in two pieces, at every byte", async () => {
    for (let at = 0; at <= hostile.length; at++)
      expect([at, await read([hostile.slice(0, at), hostile.slice(at)])]).toEqual([at, whole]);
  });

  test("byte by byte, empty chunks in between", async () => {
    expect(await read(chunked(hostile, [1]))).toEqual(whole);
    expect(await read(chunked(hostile, [1]).flatMap((chunk) => [chunk, new Uint8Array()]))).toEqual(whole);
  });

  test("in any pieces", async () => {
    const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 200 })), {
      minLength: 1,
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(sizes, async (each) => {
        expect(await read(chunked(hostile, each))).toEqual(whole);
      }),
      { numRuns: 150 },
    );
  });

  test("as a chunk of a larger buffer", async () => {
    const buffer = new Uint8Array(hostile.length + 64).fill(0x0a);
    buffer.set(hostile, 32);
    expect(await read([buffer.subarray(32, 32 + hostile.length)])).toEqual(whole);
  });

  test("in reads of hundreds of kilobytes", async () => {
    // Ends complete, so that copies can follow each other; longer and shorter lines move the cuts about.
    const copies = Array.from({ length: 300 }, (_, n) =>
      concat([encode(`data: ${"é😀x".repeat((n * 37) % 1700)}\r\n`), hostile.slice(3), encode("\r\n\r\n")]),
    );
    const bytes = Uint8Array.from(Buffer.concat([BOM, ...copies]));
    const expected = interpretStream(bytes);
    expect(expected.events.length).toBeGreaterThan(2000);
    for (const size of [bytes.length, 65_536, 8192, 8191, 1000])
      expect(await read(chunked(bytes, [size]))).toEqual(expected);
  });
});

/** Fragments that fit together in the wrong way. */
const alphabet: readonly Uint8Array[] = [
  ["data", "data:", "data: ", "id", "id:", "id: ", "event", "event: ", "retry", "retry: ", ":", " "],
  ["\n", "\n", "\n\n", "\r", "\r", "\r\n", "\r\n\r\n"],
  ["\0", "\ufeff", "ï»¿", "0", "42", "x", "é", "€", "😀"],
]
  .flat()
  .map(encode)
  .concat(
    [[0xff], [0xc3], [0xe2, 0x82], [0xf0, 0x9f], [0x80], [0xef], [0xbb], [0xbf], [0xed, 0xa0, 0x80]].map(
      (bytes) => Uint8Array.from(bytes),
    ),
  );

const streams = fc.array(fc.constantFrom(...alphabet), { maxLength: 60 }).map(concat);
const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 });

describe("a random stream", () => {
  test("is understood as by the standard's own algorithm, in any chunks", async () => {
    await fc.assert(
      fc.asyncProperty(streams, cuts, fc.constantFrom("", "start"), async (bytes, sizes, lastEventId) => {
        const expected = interpretStream(bytes, lastEventId);
        expect(await read([bytes], { lastEventId })).toEqual(expected);
        expect(await read(chunked(bytes, sizes), { lastEventId })).toEqual(expected);
      }),
      { numRuns: 1500 },
    );
  });

  test("of well-formed blocks keeps every event, in any chunks", async () => {
    const text = fc
      .string({ unit: "grapheme", maxLength: 12 })
      .map((value) => value.replaceAll(/[\r\n\0]/g, ""));
    const blocks = fc.array(
      fc.record({
        data: fc.array(text, { minLength: 1, maxLength: 3 }),
        id: text,
        type: text,
        end: fc.constantFrom("\n", "\r", "\r\n"),
      }),
      { maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(blocks, cuts, async (given, sizes) => {
        const sent = given
          .map(({ data, id, type, end }) =>
            [`id: ${id}`, `event: ${type}`, ...data.map((line) => `data: ${line}`), "", ""].join(end),
          )
          .join("");
        const { events } = await read(chunked(encode(sent), sizes));
        expect(events).toEqual(
          given.map(({ data, id, type }) => message(data.join("\n"), id, type || "message")),
        );
      }),
      { numRuns: 200 },
    );
  });
});

describe("maxEventSize", () => {
  /** All the ways to cut a short stream that matter. */
  const chunkings = (bytes: Uint8Array) => [
    [bytes],
    chunked(bytes, [1]),
    chunked(bytes, [3]),
    ...Array.from({ length: bytes.length }, (_, at) => [bytes.slice(0, at), bytes.slice(at)]),
  ];
  const outcome = async (chunks: readonly Uint8Array[], maxEventSize: number) => {
    const { events, error, lastEventId } = await read(chunks, { maxEventSize });
    return {
      data: events.map((event) => event.data),
      lastEventId,
      code: error instanceof EventSourceError ? error.code : error,
    };
  };

  test.each<[name: string, text: string, size: number]>([
    ["one line", "data: 0123456789\n\n", 10],
    ["one line without the space", "data:0123456789\n\n", 10],
    ["one line behind a byte order mark", "\ufeffdata: 0123456789\n\n", 10],
    ["one line behind another event", "data: a\n\nid: 1\ndata: 0123456789\n\n", 10],
    ["CRLF", "data: 0123456789\r\n\r\n", 10],
    ["many lines", "data: 012\ndata: 456\ndata: 89\n\n", 10],
    ["many empty lines", `${"data\n".repeat(11)}\n`, 10],
    ["many lines with other fields between", "event: e\ndata: 0123\n: c\nid: 4\ndata: 56789\n\n", 10],
    ["characters of two bytes", "data: éééééééééé\n\n", 10],
    ["characters of three bytes", "data: €€€€€€€€€€\n\n", 10],
    ["an empty event", "data\n\n", 0],
  ])(
    "allows exactly that many characters, and not one more, in %s, however it is cut",
    async (_, text, size) => {
      const bytes = encode(text);
      const { events, lastEventId } = interpretStream(bytes);
      expect(events.at(-1)?.data).toHaveLength(size);
      for (const chunks of chunkings(bytes))
        expect(await outcome(chunks, size)).toEqual({
          data: events.map((event) => event.data),
          lastEventId,
          code: undefined,
        });
      if (size === 0) return;
      for (const chunks of chunkings(bytes))
        expect(await outcome(chunks, size - 1)).toMatchObject({
          data: events.slice(0, -1).map((event) => event.data),
          lastEventId: "",
          code: "event-too-large",
        });
    },
  );

  test("counts an event by itself: many that are smaller pass", async () => {
    const bytes = encode("data: 0123456789\n\n".repeat(1000));
    for (const chunks of [[bytes], chunked(bytes, [7])])
      expect(await outcome(chunks, 10)).toMatchObject({ data: { length: 1000 }, code: undefined });
  });

  test("means the same for any lines in any chunks", async () => {
    const lines = fc.oneof(
      fc.string({ unit: fc.constantFrom("x", "é", "€"), maxLength: 12 }).map((text) => `data: ${text}`),
      fc.constantFrom("data", "", "", "id: 1", "id: 2", "event: e", ": c", "x"),
    );
    const ends = fc.constantFrom("\n", "\r", "\r\n");
    // Lines that carry no data stay below the limit: a longer one is refused only when it arrives in pieces.
    const limits = fc.integer({ min: 2, max: 20 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(lines, { maxLength: 20 }),
        ends,
        cuts,
        limits,
        async (rows, end, sizes, max) => {
          // The event that is too large is so at the first line that makes its data too long.
          let size = -1;
          const tooLong = rows.findIndex((row) => {
            if (row.startsWith("data")) size += 1 + row.slice(6).length;
            if (row === "") size = -1;
            return size > max;
          });
          const bytes = encode(rows.map((row) => row + end).join(""));
          const read = interpretStream(
            tooLong < 0
              ? bytes
              : encode(
                  rows
                    .slice(0, tooLong)
                    .map((row) => row + end)
                    .join(""),
                ),
          );
          const expected = {
            data: read.events.map((event) => event.data),
            lastEventId: read.lastEventId,
            code: tooLong < 0 ? undefined : "event-too-large",
          };
          expect(await outcome([bytes], max)).toEqual(expected);
          expect(await outcome(chunked(bytes, sizes), max)).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("hands out what came before the event that is too large, and nothing behind it", async () => {
    const bytes = encode(
      "id: 1\ndata: ok\n\nid: 2\ndata: too large\n\nid: 3\n\n: comment\n\nid: 4\ndata: x\n\n",
    );
    for (const chunks of chunkings(bytes)) {
      const reading = await read(chunks, { maxEventSize: 5 });
      expect(reading).toMatchObject({ events: [message("ok", "1")], comments: [], lastEventId: "1" });
      expect(reading.error).toMatchObject({ code: "event-too-large" });
    }
  });

  test("keeps the ID of the block before the event that is too large, however it is cut", async () => {
    const texts = [
      "data: too large\nid: 2\n\n",
      "id: 2\ndata: too\ndata: large\n\n",
      "id: 2\ndata: too large\n\n",
    ];
    for (const text of texts)
      for (const chunks of chunkings(encode(`id: 1\n\n${text}id: 3\n\n`)))
        expect(await outcome(chunks, 5)).toEqual({ data: [], lastEventId: "1", code: "event-too-large" });
  });

  test.each([
    { name: "one endless line", first: "data: ", more: "x".repeat(100) },
    { name: "one endless line in a multi-byte script", first: "data: ", more: "日".repeat(100) },
    { name: "endless data lines", first: "", more: `data: ${"x".repeat(90)}\n` },
    { name: "endless empty data lines", first: "", more: "data\n".repeat(20) },
  ])("stops $name soon, and cancels the body", async ({ first, more }) => {
    for (const size of [Infinity, 7]) {
      const text = [encode(first), encode(more.repeat(100))];
      const chunks = size === Infinity ? text : chunked(concat(text), [size]);
      const { body, cancelled } = streamOf(chunks, { endless: true });
      const { error } = await readAll(body, { maxEventSize: 1000 });
      expect(error).toMatchObject({ code: "event-too-large" });
      expect((error as Error).message).toContain("1000");
      expect(cancelled()).toBe(1);
    }
  });

  test("is 16 MiB by default", async () => {
    const line = (length: number) => [encode("data: "), new Uint8Array(length).fill(0x78), encode("\n\n")];
    expect(await outcome(line(2 ** 24), 2 ** 24)).toMatchObject({ data: { length: 1 }, code: undefined });
    expect((await read(line(2 ** 24))).error).toBeUndefined();
    expect((await read(line(2 ** 24 + 1))).error).toMatchObject({ code: "event-too-large" });
  });

  test("lets a line of 4 MiB through in pieces of 64 bytes", async () => {
    const { events } = await read(chunked(encode(`data: ${"é".repeat(2 ** 21)}\n\n`), [64]));
    expect(events.map((event) => event.data.length)).toEqual([2 ** 21]);
  });
});

describe("the body", () => {
  test("is released when the server ends it", async () => {
    const { body, cancelled } = streamOf([encode("data: a\n\n")]);
    await readAll(body);
    expect(cancelled()).toBe(0);
  });

  test("is cancelled when the consumer leaves", async () => {
    const { body, cancelled } = streamOf([encode("data: a\n\n")], { endless: true });
    const { signal } = new AbortController();
    for await (const items of readBatches(body, { signal })) {
      expect(items).toHaveLength(1);
      break;
    }
    expect([cancelled(), abortListeners(signal)]).toEqual([1, 0]);
  });

  test("is cancelled when the consumer throws", async () => {
    const { body, cancelled } = streamOf([encode("data: a\n\n")], { endless: true });
    const consume = async () => {
      for await (const items of readBatches(body, { signal: new AbortController().signal }))
        throw new Error(`consumer ${items.length}`);
    };
    await expect(consume()).rejects.toThrow("consumer 1");
    expect(cancelled()).toBe(1);
  });

  test("is cancelled when the signal aborts while it waits for bytes", async () => {
    let cancellations = 0;
    const body = new ReadableStream({
      pull: () => new Promise(() => {}),
      cancel: () => void cancellations++,
    });
    const controller = new AbortController();
    const reading = readAll(body, { signal: controller.signal });
    await settled();
    controller.abort();
    expect(await reading).toMatchObject({ events: [] });
    expect([cancellations, abortListeners(controller.signal)]).toEqual([1, 0]);
  });

  test("is cancelled without being read when the signal is aborted already", async () => {
    const { body, cancelled } = streamOf([encode("data: a\n\n")], { endless: true });
    expect(await readAll(body, { signal: AbortSignal.abort() })).toMatchObject({ events: [] });
    expect(cancelled()).toBe(1);
  });

  test("that fails makes the reading fail, after the events that came", async () => {
    const error = new Error("socket hang up");
    const controller = new AbortController();
    const { body } = streamOf([encode("data: a\n\ndata: b\n")], { error });
    const reading = await readAll(body, { signal: controller.signal });
    expect(reading).toMatchObject({ events: [message("a")], error });
    expect(abortListeners(controller.signal)).toBe(0);
  });

  test("whose cancel rejects causes no unhandled rejection", async () => {
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(encode("data: a\n\n")),
      cancel: () => Promise.reject(new Error("cancel")),
    });
    for await (const items of readBatches(body, { signal: new AbortController().signal }))
      if (items.length) break;
    await settled();
  });

  test("is not read ahead of its consumer", async () => {
    let pulls = 0;
    const body = new ReadableStream(
      { pull: (controller) => controller.enqueue(encode(`data: ${++pulls}\n\n`)) },
      { highWaterMark: 0 },
    );
    const batches = readBatches(body, { signal: new AbortController().signal });
    for (const n of [1, 2, 3]) {
      await batches.next();
      await settled();
      expect(pulls).toBe(n);
    }
    await batches.return();
  });

  test("may be an async iterable, which is returned when the consumer leaves", async () => {
    let returned = 0;
    async function* endless() {
      try {
        for (let n = 1; ; n++) yield encode(`data: ${n}\n\n`);
      } finally {
        returned++;
      }
    }
    const data: unknown[] = [];
    for await (const items of readBatches(endless(), { signal: new AbortController().signal })) {
      data.push(...items.map((item) => item.data));
      if (data.length >= 3) break;
    }
    await settled();
    expect([data, returned]).toEqual([["1", "2", "3"], 1]);
  });

  test("may be an async iterable that ends or fails", async () => {
    async function* body(error?: Error) {
      await Promise.resolve();
      yield encode("data: a\n\n");
      if (error) throw error;
    }
    expect(await readAll(body())).toEqual({ ...interpretStream(encode("data: a\n\n")) });
    const error = new Error("iterable");
    expect(await readAll(body(error))).toMatchObject({ events: [message("a")], error });
  });

  test("may be of strings, cut anywhere but within a character", async () => {
    const text = "\ufeffid: é\ndata: 日本語\r\ndata: 😀\r\n\r\ndata: b\n\n";
    const expected = interpretStream(encode(text));
    expect(await read([text])).toEqual(expected);
    expect(await read(Array.from(text))).toEqual(expected);
  });

  test("tells when it waits for bytes, and when it got some", async () => {
    const waits: boolean[] = [];
    await read([encode("data: a\n\n"), encode(": b\n")], {
      onWait: (waiting = false) => waits.push(waiting),
    });
    expect(waits).toEqual([true, false, true, false, true, false]);
  });
});

test("events that arrive together are handed over together", async () => {
  const { body } = streamOf([encode("data: 1\n\ndata: 2\n\n"), encode("data: 3\n\n")]);
  const sizes: number[] = [];
  for await (const items of readBatches(body, { signal: new AbortController().signal }))
    sizes.push(items.length);
  expect(sizes).toEqual([2, 1]);
});

test("a large read is handed over in small batches, so that a kept event does not keep all of it alive", async () => {
  const { body } = streamOf([encode(`data: ${"x".repeat(92)}\n\n`.repeat(5000))]);
  let count = 0;
  for await (const items of readBatches(body, { signal: new AbortController().signal })) {
    expect(items.length).toBeLessThan(200);
    count += items.length;
  }
  expect(count).toBe(5000);
});
