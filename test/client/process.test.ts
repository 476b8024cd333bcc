import { describe, expect, it } from "vitest";
import { drop, flood, refuse, serve, stream } from "../helpers/server.ts";
import { runScript, type RunningScript } from "../helpers/run-script.ts";
import { roundTrips } from "../helpers/turns.ts";

const INDEX = new URL("../../src/index.ts", import.meta.url).href;

/** Runs a module that has everything of the main entry and the URL of a server. */
const run = (script: string, url = "http://localhost/"): RunningScript =>
  runScript(
    `import * as everspring from ${JSON.stringify(INDEX)};
     const { createEventSource, fetchEvents, readEvents } = everspring;
     const [url] = process.argv.slice(1);
     ${script}`,
    url,
  );

const clean = { code: 0, stderr: "" };

describe("a Node process", () => {
  it("is kept alive by a subscription that waits to reconnect, and exits with 0 after close()", async () => {
    await using server = await serve((response, _request, n) =>
      n < 3 ? drop(response) : stream(response, "data: x\n\n"),
    );
    // While it waits there is no socket: nothing but the client keeps the process.
    const script = run(
      `const source = createEventSource(url, { retry: { initialDelay: 50, jitter: 0 } });
       source.onStatus(({ state }) => console.log(state));
       source.on("message", () => source.close());`,
      server.url,
    );
    const states = ["waiting", "connecting", "waiting", "connecting", "open", "closed"];
    expect(await script.ended).toEqual({ ...clean, stdout: `${states.join("\n")}\n` });
    expect(server.requests).toHaveLength(3);
  });

  it("is kept alive by a subscription that is open and silent", async () => {
    await using server = await serve((response) => stream(response));
    const script = run(
      `const source = createEventSource(url);
       source.onStatus(({ state }) => console.log(state));
       source.onEvent(() => source.close());`,
      server.url,
    );
    await script.says("open");
    await roundTrips(20);
    expect(await Promise.race([script.ended, roundTrips(1)])).toBeUndefined();
    const { socket } = server.requests[0]!;
    socket.write("b\r\ndata: last\n\r\n1\r\n\n\r\n");
    expect(await script.ended).toMatchObject(clean);
  });

  it("exits with 0 when it closes while waiting a very long time", async () => {
    await using server = await serve((response) => drop(response));
    const script = run(
      `const source = createEventSource(url, { retry: { initialDelay: 1e9, maxDelay: 1e9 } });
       source.onStatus(({ state }) => state === "waiting" && setImmediate(source.close));`,
      server.url,
    );
    expect(await script.ended).toEqual({ ...clean, stdout: "" });
  });

  it("exits with 0 after a break, after a fatal error and after a refused response that never ends", async () => {
    await using server = await serve((response, { url }) => {
      if (url === "/refused") return flood(response.writeHead(404), "x".repeat(1000), Infinity);
      return stream(response, "data: x\n\n");
    });
    const script = run(
      `for await (const event of createEventSource(url)) { console.log(event.data); break; }
       for await (const event of fetchEvents(url)) { console.log(event.data); break; }
       const { error } = await createEventSource(new URL("/refused", url)).closed;
       console.log(error.status, error.body.length);`,
      server.url,
    );
    expect(await script.ended).toEqual({ ...clean, stdout: "x\nx\n404 4096\n" });
  });

  it("survives a fatal error that nobody listens to", async () => {
    await using server = await serve((response) => refuse(response, 404));
    const script = run(
      `createEventSource(url);
       fetchEvents(url);
       readEvents(new Response("", { status: 500 }));`,
      server.url,
    );
    expect(await script.ended).toEqual({ ...clean, stdout: "" });
  });

  it("hears of a listener that throws as of any uncaught error, while the stream goes on", async () => {
    await using server = await serve((response) => stream(response, "data: 1\n\ndata: 2\n\n"));
    const script = run(
      `process.on("uncaughtException", ({ message }) => console.log("uncaught", message));
       const source = createEventSource(url);
       source.on("message", ({ data }) => { throw new Error(data); });
       source.on("message", ({ data }) => data === "2" && source.close());`,
      server.url,
    );
    expect(await script.ended).toEqual({ ...clean, stdout: "uncaught 1\nuncaught 2\n" });
  });

  it("grows by less than 60 MB while a consumer takes 5 ms per event of a 200 MB stream", async () => {
    const event = `data: ${"x".repeat(16_376)}\n\n`;
    let pushed = 0;
    await using server = await serve((response) =>
      flood(stream(response), event, 200 * 2 ** 20, (bytes) => (pushed = bytes)),
    );
    const script = run(
      `let first, most = 0, count = 0;
       for await (const event of createEventSource(url)) {
         await new Promise((resolve) => setTimeout(resolve, 5));
         const { rss } = process.memoryUsage();
         first ??= rss;
         most = Math.max(most, rss - first);
         if (++count === 300) break;
       }
       console.log(JSON.stringify({ count, most }));`,
      server.url,
    );
    const { code, stdout } = await script.ended;
    expect(code).toBe(0);
    const { count, most } = JSON.parse(stdout) as { count: number; most: number };
    expect(count).toBe(300);
    expect(most).toBeLessThan(60 * 2 ** 20);
    expect(pushed).toBeLessThan(60 * 2 ** 20);
  });
});

describe("importing", () => {
  it("has no effect: no global, no handle, no output, no fetch, and works where there is none", async () => {
    const script = runScript(
      `const names = ["fetch", "document", "location", "navigator", "window", "Response", "AbortController", "TextDecoder"];
       for (const name of names) Reflect.deleteProperty(globalThis, name);
       const before = Reflect.ownKeys(globalThis).length;
       const everspring = await import(${JSON.stringify(INDEX)});
       if (Reflect.ownKeys(globalThis).length !== before) throw new Error("a global was added");
       console.log(Object.keys(everspring).sort().join(" "));`,
    );
    expect(await script.ended).toEqual({
      ...clean,
      stdout: "ErrorEvent EventSource EventSourceError bearer createEventSource fetchEvents json readEvents schema schemas\n",
    });
  });

  it("allows server-side rendering: a client for a relative URL, with neither a page nor a network", async () => {
    const script = run(
      `globalThis.fetch = () => { throw new Error("no network here"); };
       const source = createEventSource("/relative", { open: false });
       source.on("tick", () => {});
       const undo = source.onStatus(() => {});
       console.log(source.status.state, source.readyState, JSON.stringify(source.lastEventId));
       undo();
       try { source.open(); } catch (error) { console.log(error.code, error.option, source.status.state); }
       source.close();
       console.log((await source.closed).reason);`,
    );
    expect(await script.ended).toEqual({
      ...clean,
      stdout: 'idle 2 ""\ninvalid-option url idle\nclient\n',
    });
  });
});
