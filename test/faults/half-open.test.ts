import { EventEmitter, once } from "node:events";
import { describe, expect, it } from "vitest";
import { createClient } from "../../src/client/client.ts";
import { createEventSource } from "../../src/index.ts";
import { createFakeClock, settled, type FakeClock } from "../helpers/fake-clock.ts";
import { createFaultProxy, type ConnectionPlan } from "../helpers/fault-proxy.ts";
import { responseOf } from "../helpers/raw-response.ts";
import { serveLog } from "../helpers/replaying-server.ts";
import { runScript } from "../helpers/run-script.ts";
import { serve, stream, type TestServer } from "../helpers/server.ts";
import { until } from "../helpers/turns.ts";
import { nextError, reach, take } from "../helpers/watch.ts";

const INDEX = new URL("../../src/index.ts", import.meta.url).href;
const log = [{ data: "one" }, { data: "two" }];

/** A world whose time is the test's, with real sockets in it. */
const world = (clock: FakeClock) => ({ clock, random: () => 0, whenOnline: () => undefined });

/** A proxy in front of a server that stays open, whose first connection falls silent after the first event. */
async function stalling(after: number | "first event", more: ConnectionPlan[] = []) {
  const server = await serveLog({ log, finish: "open" });
  if (after === "first event") {
    await using short = await serveLog({ log: log.slice(0, 1), finish: "end" });
    const bytes = await responseOf(short.port);
    after = bytes.indexOf("\n\n") + 2;
  }
  const proxy = await createFaultProxy(server.port, [{ fault: { kind: "stall", after } }, ...more]);
  return {
    proxy,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

describe("a connection that falls silent without being closed", () => {
  it("is noticed exactly idleTimeout after its last byte, and the client goes on where it was", async () => {
    const clock = createFakeClock();
    await using setting = await stalling("first event");
    using source = createClient(setting.proxy.url, { idleTimeout: 10_000 }, world(clock));
    const events = take(source, 2);
    await take(source, 1);
    await until(() => clock.pending === 1);
    expect(clock.next).toBe(10_000);
    await clock.advance(9_999);
    expect(source.status.state).toBe("open");
    const error = nextError(source);
    await clock.advance(1);
    expect(await error).toMatchObject({ code: "idle-timeout", willRetry: true, delay: 1000 });
    await clock.advance(1000);
    expect((await events).map(({ data }) => data)).toEqual(["one", "two"]);
    expect(setting.proxy.requests).toBe(2);
    source.close();
    await setting.proxy.idle();
    expect(clock.pending).toBe(0);
  });

  it("is noticed within idleTimeout and a tenth by the real clock", async () => {
    await using setting = await stalling("first event");
    using source = createEventSource(setting.proxy.url, { idleTimeout: 400 });
    const error = nextError(source).then(({ code }) => code);
    // Timers of one event loop fire in the order of their times, however busy the machine is: this one is set before the last
    // byte comes, the other one after that.
    const early = new Promise((resolve) => setTimeout(resolve, 390, "still open"));
    await take(source, 1);
    const bound = new Promise((resolve) => setTimeout(resolve, 440, "too late"));
    expect(await Promise.race([error, early])).toBe("still open");
    expect(await Promise.race([error, bound])).toBe("idle-timeout");
  });

  it.each([
    ["before the first byte of the answer", 0],
    ["within the headers", 40],
  ])("is noticed %s by connectTimeout", async (_name, after) => {
    const clock = createFakeClock();
    await using setting = await stalling(after);
    using source = createClient(setting.proxy.url, { connectTimeout: 5000, idleTimeout: 100 }, world(clock));
    await until(() => Boolean(setting.proxy.faults["stall"]));
    await clock.advance(4_999);
    expect(source.status.state).toBe("connecting");
    await clock.advance(1);
    expect(source.status).toMatchObject({ state: "waiting", error: { code: "connect-timeout" } });
    await clock.advance(1000);
    expect((await take(source, 2)).map(({ data }) => data)).toEqual(["one", "two"]);
    expect(setting.proxy.requests).toBe(2);
  });

  it("is noticed within an event, whose beginning is not delivered", async () => {
    const clock = createFakeClock();
    await using server = await serve((response, _request, n) =>
      stream(response, n === 1 ? "id: 1\ndata: one\n\nid: 2\ndata: tw" : "id: 2\ndata: two\n\n"),
    );
    using source = createClient(server.url, { idleTimeout: 1000 }, world(clock));
    const events = take(source, 2);
    await take(source, 1);
    await until(() => clock.pending === 1);
    await clock.advance(1000);
    await clock.advance(1000);
    expect((await events).map(({ data }) => data)).toEqual(["one", "two"]);
    expect(server.requests[1]!.headers["last-event-id"]).toBe("1");
  });

  it("is not one that sends comments, or single bytes of them: these keep it alive", async () => {
    const clock = createFakeClock();
    let send: (text: string) => void = () => {};
    await using server = await serve((response) => {
      send = (text) => response.write(text);
      return stream(response, "data: x\n\n");
    });
    using source = createClient(server.url, { idleTimeout: 1000 }, world(clock));
    let comments = 0;
    source.onComment(() => comments++);
    await take(source, 1);
    for (let n = 1; n <= 5; n++) {
      await clock.advance(900);
      send(":\n");
      await until(() => comments === n);
      await until(() => clock.next === 1000);
    }
    for (let n = 1; n <= 5; n++) {
      await clock.advance(900);
      send(":");
      await until(() => clock.next === 1000);
    }
    expect(source.status.state).toBe("open");
    expect(server.requests).toHaveLength(1);
    await clock.advance(1000);
    expect(source.status).toMatchObject({ state: "waiting", error: { code: "idle-timeout" } });
  });

  it("is not one that waits for its consumer", async () => {
    const clock = createFakeClock();
    await using server = await serve((response) => stream(response, "data: 1\n\ndata: 2\n\n"));
    using source = createClient(server.url, { idleTimeout: 1000 }, world(clock));
    const iterator = source[Symbol.asyncIterator]();
    await iterator.next();
    await clock.advance(100_000);
    expect(source.status.state).toBe("open");
    expect((await iterator.next()).value).toMatchObject({ data: "2" });
    void iterator.next();
    await settled();
    await until(() => clock.pending === 1);
    await clock.advance(1000);
    expect(source.status.state).toBe("waiting");
  });

  it("costs one request at a time, however often it happens", async () => {
    const clock = createFakeClock();
    const stall: ConnectionPlan = { fault: { kind: "stall", after: 0 } };
    await using setting = await stalling(0, Array<ConnectionPlan>(5).fill(stall));
    using source = createClient(setting.proxy.url, { connectTimeout: 1000 }, world(clock));
    const delays: number[] = [];
    for (let n = 1; n <= 6; n++) {
      await until(() => setting.proxy.faults["stall"] === n);
      expect(setting.proxy.requests).toBe(n);
      const waiting = reach(source, "waiting");
      await clock.advance(1000);
      const { delay } = await waiting;
      delays.push(delay);
      await clock.advance(delay);
    }
    expect(delays).toEqual([1000, 2000, 4000, 8000, 16_000, 20_000]);
    await take(source, 2);
    expect(setting.proxy.requests).toBe(7);
  });
});

/** So much longer than the time between two heartbeats that a busy machine is not taken for silence (ms). */
const IDLE = 1000;
const BEAT = 25;

/** A server that sends heartbeats to whoever is connected, and an event on demand. */
function beating(): Promise<TestServer & { pass(count: number): Promise<void>; send(text: string): void }> {
  const open = new Set<(text: string) => void>();
  const beat = new EventEmitter();
  const timer = setInterval(() => {
    for (const send of open) send(":\n");
    beat.emit("beat");
  }, BEAT);
  return serve((response) => {
    const send = (text: string) => void response.write(text);
    open.add(send);
    response.on("close", () => open.delete(send));
    stream(response);
  }).then((server) => ({
    ...server,
    async pass(count) {
      for (let n = 0; n < count; n++) await once(beat, "beat");
    },
    send(text) {
      for (const send of open) send(text);
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await server[Symbol.asyncDispose]();
    },
  }));
}

describe("a process that is suspended", () => {
  it.each([
    ["while it is open", "open"],
    ["while it waits to reconnect", "waiting"],
  ])("for three times the idle time recovers with at most two requests: %s", async (_name, state) => {
    await using server = await beating();
    const script = runScript(
      `import { createEventSource } from ${JSON.stringify(INDEX)};
       const [url] = process.argv.slice(1);
       const source = createEventSource(url, { idleTimeout: ${IDLE}, retry: { initialDelay: 300, jitter: 0 } });
       source.onStatus(({ state }) => console.log(state));
       source.on("end", () => source.close());`,
      server.url,
    );
    await script.says("open");
    if (state === "waiting") {
      server.requests[0]!.socket.destroy();
      await script.says("waiting");
    }
    const before = server.requests.length;
    process.kill(script.pid, "SIGSTOP");
    await server.pass((3 * IDLE) / BEAT);
    process.kill(script.pid, "SIGCONT");
    // Long enough for a storm to show.
    await server.pass((2 * IDLE) / BEAT);
    await until(() => server.sockets.size === 1);
    expect(server.requests.length - before).toBeLessThanOrEqual(2);
    server.send("event: end\ndata: now\n\n");
    const { code, stderr } = await script.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });
});
