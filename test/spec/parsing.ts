import { equal } from "./check.ts";
import { spec, type SpecTest } from "./spec.ts";

type Expected = readonly (string | { type?: string; data: string; lastEventId?: string })[];

/** The bytes of a string, one per character. */
const utf8 = (text: string) => [...new TextEncoder().encode(text)];
const bom = [0xef, 0xbb, 0xbf];

/** A stream and its events: their data alone, or with type and last event ID. */
function stream(name: string, body: string | (string | number[])[], ...expected: Expected): SpecTest {
  return spec(name, async (context) => {
    const types = ["named", " named", "named ", "end", "toString", "\u00e4"];
    const end = "event: end\nid\ndata: end\n\n";
    const lane = await context.lane({ body: [...(typeof body === "string" ? [body] : body), end] });
    const heard = context.open(lane, undefined, ...types);
    equal((await heard.next()).type, "open");
    for (const wanted of expected) {
      const { type, event } = await heard.next();
      const { data, lastEventId } = event;
      if (typeof wanted === "string") equal({ type, data }, { type: "message", data: wanted });
      else
        equal(
          { type, data, ...(wanted.lastEventId !== undefined && { lastEventId }) },
          { type: "message", ...wanted },
        );
    }
    equal((await heard.next()).type, "end");
  });
}

/** "9.2.5 Parsing an event stream" and "9.2.6 Interpreting an event stream" */
export const parsingTests: readonly SpecTest[] = [
  stream(
    '"Streams must be decoded using the UTF-8 decode algorithm."',
    "data: \u00e4\u20ac\u{1f600}\n\n",
    "\u00e4\u20ac\u{1f600}",
  ),
  stream(
    '"the UTF-8 decode algorithm": invalid UTF-8 becomes U+FFFD',
    [[...utf8("data: a"), 0xff, 0xc3, ...utf8("b\n\n")]],
    "a\ufffd\ufffdb",
  ),
  stream(
    '"The UTF-8 decode algorithm strips one leading UTF-8 Byte Order Mark (BOM), if any."',
    [[...bom, ...utf8("data: a\n\n")]],
    "a",
  ),
  stream(
    '"strips one leading … BOM": a second one is kept',
    [[...bom, ...bom, ...utf8("data: a\n\ndata: b\n\n")]],
    "b",
  ),
  stream(
    '"one leading": a later one belongs to the line',
    [[...utf8("data: a\n\n"), ...bom, ...utf8("data: b\n\ndata: c\n\n")]],
    "a",
    "c",
  ),
  stream('"one leading": also in pieces', [[0xef], [0xbb], [0xbf], "data: a\n\n"], "a"),
  stream('"one leading": within data it is kept', "data: \ufeffa\n\n", "\ufeffa"),
  stream('"end-of-line = ( cr lf / cr / lf )": LF', "data: a\ndata: b\n\ndata: c\n\n", "a\nb", "c"),
  stream(
    '"end-of-line = ( cr lf / cr / lf )": CR LF',
    "data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n",
    "a\nb",
    "c",
  ),
  stream('"end-of-line = ( cr lf / cr / lf )": CR', "data: a\rdata: b\r\rdata: c\r\r", "a\nb", "c"),
  stream(
    '"end-of-line = ( cr lf / cr / lf )": mixed',
    "data: a\n\rdata: b\r\n\ndata: c\r\r\ndata: d\n\n",
    "a",
    "b",
    "c",
    "d",
  ),
  stream(
    '"cr lf": split between the two',
    ["data: a\r", "\ndata: b\r", "\n\r", "\ndata: c\n\n"],
    "a\nb",
    "c",
  ),
  stream(
    '"any-char": other line separators do not end a line',
    "data: a\u2028b\u2029c\u0085d\u000be\n\n",
    "a\u2028b\u2029c\u0085d\u000be",
  ),
  stream(
    '"event = *( comment / field ) end-of-line": in chunks of any size',
    utf8("event: named\r\nid: 1\ndata: \u00e4b\r\rdata: c\n\n").map((byte) => [byte]),
    { type: "named", data: "\u00e4b", lastEventId: "1" },
    "c",
  ),
  stream(
    '"If the line is empty (a blank line): Dispatch the event": many in one chunk',
    "data: a\n\ndata: b\n\ndata: c\n\n",
    "a",
    "b",
    "c",
  ),
  stream(
    '"If the line is empty": several blank lines dispatch nothing more',
    "\n\n\ndata: a\n\n\n\n\ndata: b\n\n",
    "a",
    "b",
  ),
  stream(
    '"If the line starts with a U+003A COLON character (:): Ignore the line."',
    ": a\n:data: b\n:\ndata: c\n: d\ndata: e\n\n:f\n\n",
    "c\ne",
  ),
  stream(
    '"Collect the characters on the line before the first U+003A COLON": the value may contain more colons',
    "data: a:b: c\n\n",
    "a:b: c",
  ),
  stream(
    '"If value starts with a U+0020 SPACE character, remove it from value."',
    "data: a\ndata:b\ndata:  c\ndata:\td\ndata: \n\n",
    "a\nb\n c\n\td\n",
  ),
  stream('"remove it from value": nothing else is trimmed', "data: a \t\n\n", "a \t"),
  stream(
    '"Otherwise, the string is not empty but does not contain a U+003A COLON": the whole line is the name',
    "data\n\ndata\ndata\n\ndata:a\ndata\n\n",
    "",
    "\n",
    "a\n",
  ),
  stream(
    '"Field names must be compared literally, with no case folding performed."',
    "Data: a\nDATA: b\n data: c\ndata : d\ndata: e\n\n",
    "e",
  ),
  stream(
    '"If the field name is "event": Set the event type buffer to the field value."',
    "event: named\ndata: a\n\nevent:named\ndata: b\n\n",
    { type: "named", data: "a" },
    { type: "named", data: "b" },
  ),
  stream('"Set the event type buffer": the last one counts', "event: other\nevent: named\ndata: a\n\n", {
    type: "named",
    data: "a",
  }),
  stream(
    '"If the event type buffer has a value other than the empty string": an empty one is "message"',
    "event: named\nevent:\ndata: a\n\nevent\ndata: b\n\n",
    "a",
    "b",
  ),
  stream(
    '"set the data buffer and the event type buffer to the empty string": the type is reset',
    "event: named\ndata: a\n\ndata: b\n\n",
    { type: "named", data: "a" },
    "b",
  ),
  stream(
    '"the event type buffer": exactly as sent',
    "event:  named\ndata: a\n\nevent: named \ndata: b\n\nevent: \u00e4\ndata: c\n\nevent: toString\ndata: d\n\n",
    { type: " named", data: "a" },
    { type: "named ", data: "b" },
    { type: "\u00e4", data: "c" },
    { type: "toString", data: "d" },
  ),
  stream(
    '"change the type of the newly created event": a server may name its events open and error',
    "event: open\ndata: a\n\nevent: error\ndata: b\n\nevent: message\ndata: c\n\n",
    { type: "open", data: "a" },
    { type: "error", data: "b" },
    "c",
  ),
  stream(
    '"Append the field value to the data buffer, then append a single U+000A LINE FEED (LF)"',
    "data: a\ndata:\ndata: b\n\n",
    "a\n\nb",
  ),
  stream(
    '"If the data buffer\'s last character is a U+000A LINE FEED (LF) character, then remove [it]": only one',
    "data: a\ndata\ndata\n\n",
    "a\n\n",
  ),
  stream(
    '"If the data buffer is an empty string, set the data buffer and the event type buffer to the empty string and return."',
    "event: named\n\nid: 1\n\nretry: 1000\n\n: c\n\ndata: a\n\n",
    { data: "a", lastEventId: "1" },
  ),
  stream(
    '"set the event type buffer to the empty string and return": a type without data is dropped',
    "event: named\n\ndata: a\n\n",
    "a",
  ),
  stream(
    '"If the field name is "id" … set the last event ID buffer to the field value."',
    "id: 1\ndata: a\n\nid:2\ndata: b\n\nid:  3 \ndata: c\n\n",
    { data: "a", lastEventId: "1" },
    { data: "b", lastEventId: "2" },
    { data: "c", lastEventId: " 3 " },
  ),
  stream(
    '"The buffer does not get reset, so the last event ID string … remains set to this value"',
    "id: 1\ndata: a\n\ndata: b\n\n",
    { data: "a", lastEventId: "1" },
    { data: "b", lastEventId: "1" },
  ),
  stream(
    '"set the last event ID buffer to the field value": the position of the line does not matter',
    "data: a\nid: 1\n\n",
    { data: "a", lastEventId: "1" },
  ),
  stream(
    '"set the last event ID buffer": an empty value clears it',
    "id: 1\ndata: a\n\nid\ndata: b\n\nid: 2\ndata: c\n\nid:\ndata: d\n\n",
    { data: "a", lastEventId: "1" },
    { data: "b", lastEventId: "" },
    { data: "c", lastEventId: "2" },
    { data: "d", lastEventId: "" },
  ),
  stream(
    '"Set the last event ID string of the event source": also by a block without data',
    "id: 1\n\ndata: a\n\n",
    { data: "a", lastEventId: "1" },
  ),
  stream(
    '"If the field value does not contain U+0000 NULL … Otherwise, ignore the field."',
    "id: 1\ndata: a\n\nid: 2\u00003\ndata: b\n\nid: \u0000\ndata: c\n\n",
    { data: "a", lastEventId: "1" },
    { data: "b", lastEventId: "1" },
    { data: "c", lastEventId: "1" },
  ),
  stream('"U+0000 NULL": in data it is a character as any other', "data: a\u0000b\n\n", "a\u0000b"),
  stream(
    '"Otherwise: The field is ignored."',
    "foo: a\nfoo\ndata: b\nretri: 1\nidx: 9\ndatax: c\neven: d\n\n",
    { data: "b", lastEventId: "" },
  ),
  stream(
    '"If the field value consists of only ASCII digits … Otherwise, ignore the field.": other values are ignored',
    "retry: a\nretry\nretry: -1\nretry: 1.5\nretry: 0x1\nretry: \u0661\ndata: a\n\n",
    "a",
  ),
  stream(
    '"data buffer": a long line',
    [`data: ${"x".repeat(200_000)}`, `${"y".repeat(200_000)}\n\n`],
    "x".repeat(200_000) + "y".repeat(200_000),
  ),
];
