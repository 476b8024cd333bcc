// Client CPU per event over loopback HTTP: our EventSource class against the `eventsource` package, interleaved in one run.
// npm run build && npm ci --prefix bench && node bench/eventsource.mjs [rounds] [events]
import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { EventSource as Theirs } from "eventsource";
import { EventSource as Ours } from "../dist/eventsource.js";

const [rounds = 9, events = 200_000] = process.argv.slice(2).map(Number);

const streams = {
  "200-byte messages": (i) => `data: ${`${i} `.padEnd(200, "token ")}\n\n`,
  "3 % non-ASCII": (i) => `data: ${`${i} `.padEnd(194, "token ")}\u20ac\u00e4\u00f6\u00fc\u00df\u00e9\n\n`,
  "id + data ticks": (i) => `id: ${i}\ndata: {"symbol":"EVSP","price":${100 + (i % 50)}}\n\n`,
  "events that nobody listens to": (i) => `event: unheard\ndata: ${`${i} `.padEnd(200, "token ")}\n\n`,
};

/** In a process of its own, so that only the client's CPU is counted. */
async function serve() {
  const bodies = new Map();
  const server = createServer(async (request, response) => {
    const kind = decodeURIComponent(request.url.slice(1));
    const chunks = bodies.get(kind);
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const chunk of chunks) if (!response.write(chunk)) await once(response, "drain");
    response.write("event: end\ndata: end\n\n");
  });
  for (const [kind, event] of Object.entries(streams)) {
    const body = Buffer.from(Array.from({ length: events }, (_, i) => event(i)).join(""));
    const chunks = [];
    for (let start = 0; start < body.length; start += 65_536)
      chunks.push(body.subarray(start, start + 65_536));
    bodies.set(kind, chunks);
  }
  server.listen(0, "127.0.0.1", () => process.send(server.address().port));
}

/** CPU time for one whole stream (ms). */
async function measure(EventSource, url, expected) {
  const before = process.cpuUsage();
  const source = new EventSource(url);
  let heard = 0;
  source.addEventListener("message", (event) => (heard += event.data.length > 0 ? 1 : 0));
  await new Promise((resolve) => source.addEventListener("end", resolve));
  source.close();
  const { user, system } = process.cpuUsage(before);
  if (heard !== expected) throw new Error(`${heard} events instead of ${expected}`);
  return (user + system) / 1000;
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

if (process.send) await serve();
else {
  const server = fork(import.meta.filename, process.argv.slice(2));
  const [port] = await once(server, "message");
  console.log(`${events} events, ${rounds} rounds, Node ${process.version}; µs of CPU per event (medians)`);
  for (const kind of Object.keys(streams)) {
    const url = `http://127.0.0.1:${port}/${encodeURIComponent(kind)}`;
    const expected = kind.includes("nobody") ? 0 : events;
    const [ours, theirs] = [[], []];
    for (let round = -2; round < rounds; round++) {
      const a = await measure(Ours, url, expected);
      const b = await measure(Theirs, url, expected);
      // The first two warm up.
      if (round < 0) continue;
      ours.push(a);
      theirs.push(b);
    }
    const ratio = median(ours.map((value, i) => value / theirs[i]));
    const perEvent = (values) => ((median(values) * 1000) / events).toFixed(2);
    console.log(
      `${kind}: ours ${perEvent(ours)}, eventsource ${perEvent(theirs)}, ratio ${ratio.toFixed(2)}`,
    );
  }
  server.kill();
}
