// The server of all measures, a process of its own: `fork("server.mjs")`, then ask it by messages.
// GET /stream/<workload>?scale= sends a workload as fast as the client reads.
import { createServer } from "node:http";
import { build } from "./workloads.mjs";

const PIECE = 256 * 1024;
const bodies = new Map();

/** A body in HTTP/1.1 chunked encoding, made once, so that sending costs the machine as little as possible. */
function rawBody(name, scale) {
  const key = `${name} ${scale}`;
  if (!bodies.has(key)) {
    const { chunks, ...facts } = build(name, scale);
    const parts = chunks.flatMap((chunk) => [`${chunk.length.toString(16)}\r\n`, chunk, "\r\n"]);
    const whole = Buffer.concat([...parts, "0\r\n\r\n"].map((part) => Buffer.from(part)));
    const pieces = [];
    for (let start = 0; start < whole.length; start += PIECE)
      pieces.push(whole.subarray(start, start + PIECE));
    bodies.set(key, { pieces, facts });
  }
  return bodies.get(key);
}

const HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  "access-control-allow-origin": "*",
  "access-control-allow-headers": "*",
  connection: "close",
};

function stream(socket, name, scale) {
  const { pieces } = rawBody(name, scale);
  let next = 0;
  const more = () => {
    while (next < pieces.length) if (!socket.write(pieces[next++])) return;
    socket.off("drain", more);
  };
  socket.on("error", () => {});
  socket.on("drain", more);
  more();
}

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, "http://localhost");
  const [, kind, name] = pathname.split("/");
  if (kind !== "stream") return void response.writeHead(404, { connection: "close" }).end();
  response.writeHead(200, { ...HEADERS, "transfer-encoding": "chunked" }).flushHeaders();
  stream(response.socket, name, Number(searchParams.get("scale") ?? 1));
});

process.on("message", ({ prepare, scale }) => process.send(rawBody(prepare, scale).facts));
process.on("disconnect", () => process.exit());
server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
