// Contract: the stream is parsed exactly as the standard says (design.md §4, "Parsing").
import { describe, expect, test } from "vitest";
import { readEvents } from "../../src/index.ts";
import { collect } from "../helpers/collect.ts";
import { bodyOf, within } from "./support.ts";

type Expected = [type: string, data: string, lastEventId: string];

const vectors: [string, string, Expected[], lastEventId?: string][] = [
  ["one BOM is stripped", "\ufeffdata: 1\n\n", [["message", "1", ""]]],
  ["two BOMs are not", "\ufeff\ufeffdata: 1\n\ndata: 2\n\n", [["message", "2", ""]]],
  ["a BOM within is data", "data: \ufeff1\n\n", [["message", "\ufeff1", ""]]],
  [
    "NUL in id ignores the field",
    "id: 1\ndata: 1\n\nid: 2\0\ndata: 2\n\n",
    [
      ["message", "1", "1"],
      ["message", "2", "1"],
    ],
  ],
  ["an id-only block sets the last event ID", "id: 5\n\ndata: 1\n\n", [["message", "1", "5"]], "5"],
  ["an id-only block at the end sets it as well", "data: 1\n\nid: 5\n\n", [["message", "1", ""]], "5"],
  [
    "an empty id clears it",
    "id: 1\ndata: 1\n\nid\ndata: 2\n\n",
    [
      ["message", "1", "1"],
      ["message", "2", ""],
    ],
    "",
  ],
  [
    "the last event ID is sticky",
    "id: 1\ndata: 1\n\ndata: 2\n\n",
    [
      ["message", "1", "1"],
      ["message", "2", "1"],
    ],
    "1",
  ],
  [
    "one leading space is removed",
    "data:  1\n\ndata:1\n\n",
    [
      ["message", " 1", ""],
      ["message", "1", ""],
    ],
  ],
  [
    "comments and blocks without data dispatch nothing",
    ": hi\n\nevent: a\n\ndata: 1\n\n",
    [["message", "1", ""]],
  ],
  [
    "an empty data field dispatches an empty event",
    "data\n\ndata:\ndata:\n\n",
    [
      ["message", "", ""],
      ["message", "\n", ""],
    ],
  ],
  ["lines of data are joined", "data: a\ndata: b\n\n", [["message", "a\nb", ""]]],
  [
    "the name of an event is its own",
    "event: a\ndata: 1\n\ndata: 2\n\n",
    [
      ["a", "1", ""],
      ["message", "2", ""],
    ],
  ],
  ["unknown fields and other case are ignored", "Data: 1\ndata: 2\nfoo: 3\n\n", [["message", "2", ""]]],
  ["a partial event at the end is discarded", "data: 1\n\nid: 9\ndata: 2\n", [["message", "1", ""]], ""],
  ["multi-byte characters are kept", "data: é€🌊\n\n", [["message", "é€🌊", ""]]],
  ["names of Object.prototype are names", "event: __proto__\ndata: 1\n\n", [["__proto__", "1", ""]]],
];

async function read(chunks: readonly Uint8Array[]) {
  const stream = readEvents(bodyOf(chunks));
  const events = await within("the end of the stream", collect(stream));
  return {
    events: events.map(({ type, data, lastEventId }): Expected => [type, data as string, lastEventId]),
    lastEventId: stream.lastEventId,
  };
}

describe.each(["\n", "\r\n", "\r"])("With the line end %j", (lineEnd) => {
  test.each(vectors)("%s, wherever the bytes are cut", async (_, text, events, lastEventId) => {
    const bytes = new TextEncoder().encode(text.replaceAll("\n", lineEnd));
    const expected = { events, lastEventId: lastEventId ?? events.at(-1)?.[2] ?? "" };
    expect(await read([bytes])).toEqual(expected);
    expect(await read([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(expected);
    for (let at = 1; at < bytes.length; at++)
      expect(await read([bytes.subarray(0, at), bytes.subarray(at)]), `cut at ${at}`).toEqual(expected);
  });
});

test("Invalid UTF-8 becomes U+FFFD", async () => {
  const bytes = Buffer.concat([
    Buffer.from("data: a"),
    Buffer.from([0xff, 0xe2, 0x82]),
    Buffer.from("b\n\n"),
  ]);
  const { events } = await read([bytes]);
  expect(events).toEqual([["message", "a\ufffd\ufffdb", ""]]);
});

test("raw is the text of the data, and origin is null for a stream without a URL", async () => {
  const events = await collect(readEvents(bodyOf(["event: a\nid: 1\ndata: x\n\n"])));
  expect(events).toEqual([{ type: "a", data: "x", raw: "x", lastEventId: "1", origin: "null" }]);
});
