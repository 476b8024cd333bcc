import type { ServerResponse } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { gzipBomb } from "../helpers/gzip-bomb.ts";
import { runScript } from "../helpers/run-script.ts";
import { flood, serve, stream, type Answer } from "../helpers/server.ts";
import { tell } from "../helpers/soak.ts";

const INDEX = new URL("../../src/index.ts", import.meta.url).href;
const MB = 2 ** 20;
const GB = 2 ** 30;

/** What a client in a process of its own made of a server. */
interface Report {
  /** Code of the error that ended it, or `"none"`. */
  code: string;
  /** Other errors that it told of. */
  errors: string[];
  events: number;
  lastEventId: number;
  /** Growth of the peak of resident memory (bytes). */
  grown: number;
}

/** Subscribes from a process of its own, up to the first fatal error, 3 errors, or an event with the data `stop`. */
async function subscribe(url: string, what: string, options = "{}"): Promise<Report> {
  const script = runScript(
    `import { createEventSource, fetchEvents } from ${JSON.stringify(INDEX)};
     const [url] = process.argv.slice(1);
     // One answer beforehand, so that what fetch itself takes does not count.
     for await (const event of fetchEvents("data:text/event-stream,data: x")) if (!event) throw event;
     await fetch(url + "?warm").then((response) => response.text()).catch(() => {});
     const before = process.resourceUsage().maxRSS;
     const source = createEventSource(url, { retry: { initialDelay: 1, maxDelay: 2 }, ...${options} });
     const errors = [];
     let events = 0;
     source.onEvent(({ data }) => {
       events++;
       if (data === "stop") source.close();
     });
     source.onError(({ code }) => {
       if (errors.push(code) === 3) source.close();
     });
     const { error } = await source.closed;
     console.log(JSON.stringify({
       code: error?.code ?? "none", errors, events, lastEventId: source.lastEventId.length,
       grown: (process.resourceUsage().maxRSS - before) * 1024,
     }));`,
    url,
  );
  const { code, stdout, stderr } = await script.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const report = JSON.parse(stdout) as Report;
  tell(`hostile server, ${what}`, { ...report });
  return report;
}

/** The same of a request to warm up, which is answered in short. */
const cold =
  (answer: Answer): Answer =>
  (response, request, n) =>
    request.url!.endsWith("?warm") ? response.end() : answer(response, request, n);

const packed = (response: ServerResponse, body: Buffer) =>
  response.writeHead(200, { "content-type": "text/event-stream", "content-encoding": "gzip" }).end(body);

describe("memory stays bounded, and the error is event-too-large, when the server sends", () => {
  const large: [string, Answer, string?][] = [
    ["a line that never ends", (response) => flood(stream(response, "data: "), "x".repeat(65_536), GB)],
    [
      "a line of characters beyond ASCII that never ends",
      (response) => flood(stream(response, "data: "), "é€🌊".repeat(8192), GB),
    ],
    [
      "a line that never ends, in small pieces",
      (response) => flood(stream(response, "data: "), "x".repeat(1000), GB),
    ],
    ["a comment that never ends", (response) => flood(stream(response, ":"), "x".repeat(65_536), GB)],
    ["an ID that never ends", (response) => flood(stream(response, "id: "), "x".repeat(65_536), GB)],
    ["a name that never ends", (response) => flood(stream(response, "event: "), "x".repeat(65_536), GB)],
    ["an unknown field that never ends", (response) => flood(stream(response), "x".repeat(65_536), GB)],
    ["an event of 1 GB in lines", (response) => flood(stream(response), `data: ${"x".repeat(65_529)}\n`, GB)],
    ["a line of 1 GB, packed into 1 MB", (response) => packed(response, gzipBomb("data: ", "x", GB))],
    [
      "an event of 1 GB, packed into some MB",
      (response) => packed(response, gzipBomb("", "data: 0123456789\n", GB)),
    ],
    // A line costs the parser some 40 bytes, be it empty: 16 Mi of them are 650 MB. So that is what the option is for.
    [
      "an event of 1 GB in empty lines",
      (response) => flood(stream(response), "data\n".repeat(13_000), GB),
      "{ maxEventSize: 2 ** 20 }",
    ],
  ];
  it.each(large)("%s", async (name, answer, options) => {
    await using server = await serve(cold(answer));
    const report = await subscribe(server.url, name, options);
    expect(report).toMatchObject({ code: "event-too-large", errors: ["event-too-large"], events: 0 });
    // 16 MiB of text, twice as much beyond Latin-1, what its lines cost until they are one string, and copies.
    expect(report.grown).toBeLessThan(300 * MB);
    await server.idle();
    expect(server.requests.filter(({ url }) => !url!.endsWith("?warm"))).toHaveLength(1);
  });
});

describe("memory stays bounded, and the stream goes on, when the server sends", () => {
  const many: [string, string, number][] = [
    ["a million IDs without events", "id: 0123456789", 1e6],
    ["a million events, each with an ID and a name of its own", "id: #\nevent: name#\ndata: x", 1e6],
    ["a million comments", ": beat", 1e6],
    ["a million retry fields", "retry: 5", 1e6],
    ["ten million empty lines", "\n".repeat(98), 1e5],
  ];
  it.each(many)("%s", async (name, block, count) => {
    await using server = await serve(
      cold(async (response) => {
        let goOn = () => {};
        stream(response)
          .on("drain", () => goOn())
          .on("close", () => goOn());
        for (let n = 0; n < count && !response.destroyed; n += 1000) {
          const blocks = Array.from({ length: 1000 }, (_, i) => `${block.replaceAll("#", `${n + i}`)}\n\n`);
          if (!response.write(blocks.join(""))) await new Promise<void>((resolve) => (goOn = resolve));
        }
        response.write("data: stop\n\n");
      }),
    );
    const report = await subscribe(server.url, name);
    expect(report).toMatchObject({ code: "none", errors: [] });
    expect(report.events).toBe(block.includes("data") ? count + 1 : 1);
    expect(report.grown).toBeLessThan(100 * MB);
  });

  it("a gzip bomb of events, to a consumer that is slower than the bomb", async () => {
    const bomb = gzipBomb("", `data: ${"x".repeat(1000)}\n\n`, GB);
    await using server = await serve(cold((response) => packed(response, bomb)));
    const script = runScript(
      `import { createEventSource } from ${JSON.stringify(INDEX)};
       const before = process.resourceUsage().maxRSS;
       let events = 0;
       for await (const event of createEventSource(process.argv[1])) {
         await new Promise(setImmediate);
         if (++events === 20_000) break;
       }
       console.log(JSON.stringify({ events, grown: (process.resourceUsage().maxRSS - before) * 1024 }));`,
      server.url,
    );
    const { stdout, stderr } = await script.ended;
    expect(stderr).toBe("");
    const report = JSON.parse(stdout) as Pick<Report, "events" | "grown">;
    tell("hostile server, a gzip bomb of events", { ...report, bytes: bomb.length });
    expect(report.grown).toBeLessThan(150 * MB);
    await server.idle();
  });
});

/** A server that answers every connection with text, again and again until nobody listens. */
async function serveRaw(head: string, endless: string): Promise<AsyncDisposable & { url: string }> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", (request) => {
      if (request.includes("?warm")) return socket.end("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");
      const more = () => {
        if (!socket.destroyed) socket.write(endless, () => setImmediate(more));
      };
      return socket.write(head, more);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

describe("a server that speaks no proper HTTP gives a network error, and is asked again in due time:", () => {
  it.each([
    ["a header that never ends", "HTTP/1.1 200 OK\r\nx-long: ", "x".repeat(65_536)],
    ["headers that never end", "HTTP/1.1 200 OK\r\n", "x-more: 0123456789\r\n".repeat(1000)],
    ["a status line that never ends", "HTTP/1.1 200 ", "x".repeat(65_536)],
    ["interim answers that never end", "", "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(1000)],
    ["no HTTP at all", "", "\0\x01\x02".repeat(1000)],
    [
      "a chunk of an endless size",
      "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n",
      "f".repeat(1000),
    ],
    [
      "what is said to be gzip",
      "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: gzip\r\n\r\n",
      "data: x\n\n".repeat(1000),
    ],
  ])("%s", async (name, head, endless) => {
    await using server = await serveRaw(head, endless);
    const report = await subscribe(server.url, name, "{ connectTimeout: 300 }");
    expect(report.events).toBe(0);
    for (const code of report.errors) expect(code).toMatch(/^(network|connect-timeout)$/);
    expect(report.errors).toHaveLength(3);
    expect(report.grown).toBeLessThan(100 * MB);
  });
});
