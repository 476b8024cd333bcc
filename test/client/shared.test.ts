import { expect, test } from "vitest";
import { createSharedEventSource } from "../../src/shared.ts";
import { runScript } from "../helpers/run-script.ts";
import { serve, stream } from "../helpers/server.ts";

const text = (id: number) => `id: ${id}\ndata: ${id}\n\n`;

test("clients of a process share a connection, and closing them closes it", async () => {
  await using server = await serve((response) => stream(response, text(1) + text(2)));
  const sources = [1, 2, 3].map(() => createSharedEventSource(server.url, { replay: 9 }));
  const got = sources.map(async (source) => {
    const data: string[] = [];
    for await (const event of source) if (data.push(event.data) === 2) break;
    return data;
  });
  expect(await Promise.all(got)).toEqual([1, 2, 3].map(() => ["1", "2"]));
  expect(sources.map(({ status }) => status.state)).toEqual(["closed", "closed", "closed"]);
  await server.idle();
  expect(server.requests.length).toBe(1);
});

test("a URL and a Headers object that change later move neither the stream nor another client's", async () => {
  const rooms: string[] = [];
  await using server = await serve((response, { url, headers }) => {
    rooms.push(`${url} ${String(headers["x-room"])}`);
    stream(response, text(rooms.length));
  });
  const url = new URL("?room=a", server.url);
  const headers = new Headers({ "x-room": "a" });
  const options = { headers, identity: "me", retry: { initialDelay: 1, jitter: 0 } };
  using first = createSharedEventSource(url, options);
  const opened = new Promise<void>((resolve) => void first.on("message", () => resolve(), { once: true }));
  await opened;
  url.search = "?room=b";
  headers.set("x-room", "b");
  const again = new Promise<void>((resolve) => void first.on("message", () => resolve(), { once: true }));
  first.reconnect();
  await again;
  using second = createSharedEventSource(url, options);
  await new Promise<void>((resolve) => void second.on("message", () => resolve(), { once: true }));
  expect(rooms).toEqual(["/events?room=a a", "/events?room=a a", "/events?room=b b"]);
});

test("onEvent, onStatus and onError as options are called by the client that has them, not by the connection", async () => {
  await using server = await serve((response) => stream(response, text(1)));
  const events: string[] = [];
  const states: unknown[] = [];
  let first = () => {};
  const event = new Promise<void>((resolve) => (first = resolve));
  using source = createSharedEventSource(server.url, {
    onStatus: (status) => states.push(status.state),
    onEvent: ({ data }) => {
      events.push(data);
      first();
    },
  });
  await event;
  expect(source.status.state).toBe("open");
  expect(events).toEqual(["1"]);
  expect(states).toEqual(["connecting", "open"]);
});

const SHARED = new URL("../../src/shared.ts", import.meta.url).href;

test("so do its worker threads; one that closes hands over, and after close() the process exits with 0", async () => {
  await using server = await serve((response, { headers }) => {
    const last = Number(headers["last-event-id"] ?? 0);
    stream(response, text(last + 1));
  });
  const script = runScript(
    `import { Worker } from "node:worker_threads";
     import { createSharedEventSource } from ${JSON.stringify(SHARED)};
     const [url] = process.argv.slice(1);
     const worker = new Worker(new URL("data:text/javascript," + encodeURIComponent(\`
       import { parentPort } from "node:worker_threads";
       import { createSharedEventSource } from ${JSON.stringify(SHARED)};
       const source = createSharedEventSource(\${JSON.stringify(url)});
       source.onEvent(({ data }) => parentPort.postMessage(data));
       parentPort.once("message", () => source.close());
     \`)));
     worker.once("message", (first) => {
       console.log("worker", first);
       const source = createSharedEventSource(url, { replay: 1 });
       source.onStatus(({ state, scope }) => console.log(state, scope));
       source.onEvent(({ data }) => {
         console.log("main", data);
         if (data === "1") worker.postMessage("close");
         else source.close();
       });
     });`,
    server.url,
  );
  expect(await script.ended).toEqual({
    code: 0,
    stderr: "",
    stdout: [
      "worker 1",
      "open shared",
      "main 1",
      "connecting shared",
      "open shared",
      "main 2",
      "closed shared",
      "",
    ].join("\n"),
  });
  expect(server.requests.map(({ headers }) => headers["last-event-id"])).toEqual([undefined, "1"]);
});
