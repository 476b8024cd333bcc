// The server of all measures, a process of its own: `fork("server.mjs")`, then ask it by messages.
// GET /stream/<workload>?scale= sends a workload as fast as the client reads, /pace, /first, /idle and /flood see `live`.
import { createServer } from "node:http";
import { createSecureServer } from "node:http2";
import { remember } from "./lib/remember.mjs";
import { build, END, workloads } from "./workloads.mjs";

const PIECE = 256 * 1024;

/** A body in HTTP/1.1 chunked encoding, made once, so that sending costs the machine as little as possible. */
const rawBody = remember((name, scale) => {
  const { chunks, ...facts } = build(name, scale);
  const parts = chunks.flatMap((chunk) => [`${chunk.length.toString(16)}\r\n`, chunk, "\r\n"]);
  const whole = Buffer.concat([...parts, "0\r\n\r\n"].map((part) => Buffer.from(part)));
  const pieces = [];
  for (let start = 0; start < whole.length; start += PIECE) pieces.push(whole.subarray(start, start + PIECE));
  return { pieces, facts };
});

/** HTTP/2 frames them itself. */
const chunksOf = remember((name, scale) => build(name, scale).chunks);

const HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  "access-control-allow-origin": "*",
  "access-control-allow-headers": "*",
  connection: "close",
};

/** Writes as fast as the other side reads. */
function pour(target, pieces, done) {
  let next = 0;
  const more = () => {
    while (next < pieces.length) if (!target.write(pieces[next++])) return;
    target.off("drain", more);
    done?.();
  };
  target.on("error", () => {});
  target.on("drain", more);
  more();
}

const open = new Set();
let flooded = 0;

/** Streams that are made while they are read. */
const live = {
  /** One event per ms that tells when it was sent (ns of the machine's monotonic clock). */
  pace(response, count) {
    let sent = 0;
    const timer = setInterval(() => {
      if (sent++ < count) return void response.write(`data: ${process.hrtime.bigint()}\n\n`);
      clearInterval(timer);
      response.write(END);
    }, 1);
    response.on("close", () => clearInterval(timer));
  },
  first: (response) => response.write(`data: first\n\n${END}`),
  idle: (response) => response.write(": open\n\n"),
  /** As much as the client takes. */
  flood(response) {
    flooded = 0;
    const block = Buffer.from(workloads.tokens.make(0).repeat(100));
    const more = () => {
      while (!response.destroyed) {
        flooded += block.length;
        if (!response.write(block)) return;
      }
    };
    response.on("drain", more);
    more();
  },
};

function answer(request, response) {
  const { pathname, searchParams } = new URL(request.url, "http://localhost");
  const [, kind, name] = pathname.split("/");
  if (pages.has(pathname)) {
    const [type, text] = pages.get(pathname);
    return void response.writeHead(200, { "content-type": type }).end(text);
  }
  const scale = Number(searchParams.get("scale") ?? 1);
  if (request.httpVersionMajor === 2) {
    response.writeHead(200, { "content-type": "text/event-stream" });
    return pour(response, chunksOf(name, scale), () => response.end());
  }
  if (kind === "stream") {
    response.writeHead(200, { ...HEADERS, "transfer-encoding": "chunked" }).flushHeaders();
    return pour(response.socket, rawBody(name, scale).pieces);
  }
  if (!live[kind]) return void response.writeHead(404, { connection: "close" }).end();
  open.add(response);
  response.on("close", () => open.delete(response)).on("error", () => {});
  response.writeHead(200, HEADERS);
  live[kind](response, Number(searchParams.get("count")));
}

/** What a browser asks for, as [type, text] by path. */
const pages = new Map();
const server = createServer(answer);

process.on("message", (message) => {
  if (message.prepare) process.send(rawBody(message.prepare, message.scale).facts);
  else if (message.page) {
    pages.set(message.page, [message.type, message.text]);
    process.send({});
  } else if (message.tls) {
    const secure = createSecureServer(message.tls, answer);
    secure.listen(0, "127.0.0.1", () => process.send({ port: secure.address().port }));
  } else process.send({ open: open.size, flooded });
});
process.on("disconnect", () => process.exit());
server.listen(0, "127.0.0.1", 20_000, () => process.send({ port: server.address().port }));
