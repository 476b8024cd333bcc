// The streams that every client reads. Deterministic: the same bytes in the same chunks in every run.
import { summarize } from "./lib/summary.mjs";

const KIB = 1024;
const WORDS = "the quick brown fox jumps over a lazy dog while seven wizards brew strong tea".split(" ");

/** `count` events end with this one, which tells a client that it has read them all. */
export const END = "event: end\ndata: end\n\n";

/** The rest of a block, so that it has `size` bytes. */
const pad = (head, size, tail) => {
  const room = size - Buffer.byteLength(head + tail);
  return head + "x".repeat(Math.max(0, room)) + tail;
};

const word = (i) => WORDS[i % WORDS.length];

/** What a server of a language model sends, 200 bytes with the blank line. */
function token(i, text = word(i)) {
  const head = `data: {"id":"chatcmpl-${1e6 + i}","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":" ${text}"}}],"pad":"`;
  return pad(head, 200, `"}\n\n`);
}

/** 120 bytes: an id, a name and a price. */
function tick(i) {
  return pad(
    `id: ${1e7 + i}\nevent: tick\ndata: {"symbol":"EVSP","price":${100 + (i % 50)}.25,"volume":${i % 1000},"note":"`,
    120,
    `"}\n\n`,
  );
}

/** 6 of about 200 characters are none of ASCII, three of them none of Latin-1 either. */
const foreign = (i) => token(i, `${word(i)} \u20acä漢ü—é`);

/** An event of 256 KiB in lines of 80 bytes. */
function page(i) {
  const line = `data: ${String(i).padStart(6, "0")} ${WORDS.join(" ").slice(0, 66)}\n`;
  return line.repeat(Math.floor((256 * KIB) / line.length)) + "\n";
}

const comment = (i) => `: keep-alive ${1e6 + i}\n\n`;

/**
 * Per workload: `make(i)` is the block number i, `count` how many there are at scale 1, `chunk` how many bytes arrive
 * together (0: one block).
 */
export const workloads = {
  tokens: { title: "tokens, 200 B, many per chunk", make: token, count: 120_000, chunk: 64 * KIB },
  single: { title: "tokens, one per chunk", make: token, count: 50_000, chunk: 0 },
  foreign: { title: "tokens, 3 % non-ASCII", make: foreign, count: 120_000, chunk: 64 * KIB },
  ticks: { title: "ticks, 120 B, LF", make: tick, count: 120_000, chunk: 64 * KIB },
  crlf: {
    title: "ticks, CRLF",
    make: (i) => tick(i).replaceAll("\n", "\r\n"),
    count: 120_000,
    chunk: 64 * KIB,
  },
  pages: { title: "256 KiB events of many lines", make: page, count: 80, chunk: 64 * KIB },
  line4: {
    title: "one 4 MiB line in 64 B pieces",
    make: () => `data: ${"0123456789abcdef".repeat(256 * KIB)}\n\n`,
    count: 1,
    chunk: 64,
  },
  line8: {
    title: "one 8 MiB line in 64 B pieces",
    make: () => `data: ${"0123456789abcdef".repeat(512 * KIB)}\n\n`,
    count: 1,
    chunk: 64,
  },
  comments: { title: "comments only", make: comment, count: 120_000, chunk: 64 * KIB, silent: true },
};

/** A workload as chunks of bytes, with what a client must deliver of it. */
export function build(name, scale = 1) {
  const { make, count: full, chunk, silent } = workloads[name];
  const count = full === 1 ? 1 : Math.max(1, Math.round(full * scale));
  const blocks = Array.from({ length: count }, (_, i) => make(i));
  const chunks = [];
  if (chunk) {
    const body = Buffer.from(blocks.join(""));
    for (let start = 0; start < body.length; start += chunk) chunks.push(body.subarray(start, start + chunk));
  } else for (const block of blocks) chunks.push(Buffer.from(block));
  chunks.push(Buffer.from(END));
  const bytes = chunks.reduce((sum, { length }) => sum + length, 0);
  return { name, chunks, bytes, count, expected: expectation(silent ? [] : blocks) };
}

/** Read by hand, in the slowest and plainest way. */
function expectation(blocks) {
  const summary = summarize();
  let lastEventId = "";
  for (const block of blocks) {
    const fields = { event: [], id: [], data: [] };
    for (const line of block.trimEnd().split(/\r?\n/)) {
      const [, name, value] = /^(\w+): (.*)$/.exec(line);
      fields[name].push(value);
    }
    lastEventId = fields.id[0] ?? lastEventId;
    summary.check(fields.event[0] ?? "message", fields.data.join("\n"), lastEventId);
  }
  return summary.result();
}
