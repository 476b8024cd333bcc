/** Streams, and the events that the standard makes of them; `id` only where it is about the ID. */
export interface Case {
  readonly name: string;
  readonly chunks: readonly (string | readonly number[])[];
  /** The end of the stream comes at once, and not after an event that says so. */
  readonly isCut?: boolean;
  readonly events: readonly { type?: string; data: string; id?: string }[];
}

const bytes = (text: string) => [...new TextEncoder().encode(text)];

export const cases: readonly Case[] = [
  { name: "lines of data are joined", chunks: ["data: a\ndata\ndata: b\n\n"], events: [{ data: "a\n\nb" }] },
  {
    name: "one space is removed, nothing else is trimmed",
    chunks: ["data:  a \n\ndata:b\n\n"],
    events: [{ data: " a " }, { data: "b" }],
  },
  { name: "empty data is an event", chunks: ["data:\n\ndata\n\n"], events: [{ data: "" }, { data: "" }] },
  { name: "a comment is no event", chunks: [": ping\n\n", "data: a\n\n"], events: [{ data: "a" }] },
  {
    name: "an event without data is none, and its name is forgotten",
    chunks: ["event: named\n\ndata: a\n\n"],
    events: [{ data: "a" }],
  },
  {
    name: "CR ends a line",
    chunks: ["data: a\rdata: b\r\rdata: c\r\r"],
    events: [{ data: "a\nb" }, { data: "c" }],
  },
  {
    name: "CRLF, cut between the two",
    chunks: ["data: a\r", "\ndata: b\r", "\n\r", "\ndata: c\r\n\r\n"],
    events: [{ data: "a\nb" }, { data: "c" }],
  },
  {
    name: "line endings of all kinds in one stream",
    chunks: ["data: a\n\rdata: b\r\n\ndata: c\n\n"],
    events: [{ data: "a" }, { data: "b" }, { data: "c" }],
  },
  {
    name: "a character of many bytes, cut",
    chunks: [bytes("data: \u20ac\n\n").slice(0, 7), bytes("data: \u20ac\n\n").slice(7)],
    events: [{ data: "\u20ac" }],
  },
  {
    name: "one byte order mark is removed",
    chunks: [[0xef, 0xbb, 0xbf], "data: a\n\n"],
    events: [{ data: "a" }],
  },
  {
    name: "a field is known by its whole name",
    chunks: ["dataset: a\nDATA: b\n data: c\ndata: d\n\n"],
    events: [{ data: "d" }],
  },
  {
    name: "the last of several names counts",
    chunks: ["event: other\nevent: named\ndata: a\n\n"],
    events: [{ type: "named", data: "a" }],
  },
  {
    name: "the last ID stays for events without one",
    chunks: ["id: 1\ndata: a\n\ndata: b\n\n"],
    events: [
      { data: "a", id: "1" },
      { data: "b", id: "1" },
    ],
  },
  {
    name: "an ID without data counts for the next event",
    chunks: ["id: 2\n\ndata: a\n\n"],
    events: [{ data: "a", id: "2" }],
  },
  {
    name: "an ID with a NUL is ignored",
    chunks: ["id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n"],
    events: [
      { data: "a", id: "1" },
      { data: "b", id: "1" },
    ],
  },
  {
    name: "what the end cuts off is discarded",
    chunks: ["retry: 10\ndata: a\n\ndata: b\n"],
    isCut: true,
    events: [{ data: "a" }],
  },
];
