import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createEventSource, type ConnectionStatus } from "../../src/index.ts";
import { drop, refuse, serve, stream } from "../helpers/server.ts";
import { reach, take } from "../helpers/watch.ts";

const soon = { initialDelay: 1, jitter: 0 };
const THREE = "data: 1\n\ndata: 2\n\ndata: 3\n\n";

const reported = vi.fn<(error: unknown) => void>();
beforeEach(() => void vi.stubGlobal("reportError", reported));
afterEach(() => {
  vi.unstubAllGlobals();
  reported.mockReset();
});

describe("a listener that throws", () => {
  it("is reported, the others still run, and the stream goes on over the same connection", async () => {
    await using server = await serve((response) => stream(response, THREE));
    using source = createEventSource(server.url, { retry: soon });
    const thrown = new Error("a bug in a listener");
    const errors = vi.fn();
    source.onError(errors);
    source.on("message", () => {
      throw thrown;
    });
    const typed: string[] = [];
    source.on("message", ({ data }) => typed.push(data));
    const events = await take(source, 3);
    expect(events.map(({ data }) => data)).toEqual(["1", "2", "3"]);
    expect(typed).toEqual(["1", "2", "3"]);
    expect(reported.mock.calls).toEqual([[thrown], [thrown], [thrown]]);
    expect(errors).not.toHaveBeenCalled();
    expect(source.status.state).toBe("open");
    expect(server.requests).toHaveLength(1);
  });

  it("is reported for every kind of listener, and none is taken for a connection failure", async () => {
    await using server = await serve((response, _request, n) =>
      n === 1 ? refuse(response, 503) : stream(response, ": hello\n\ndata: x\n\n"),
    );
    using source = createEventSource(server.url, { retry: soon, open: false });
    const fail = (kind: string) => () => {
      throw kind;
    };
    source.onStatus(fail("status"));
    source.onError(fail("error"));
    source.onComment(fail("comment"));
    source.onEvent(fail("event"));
    source.open();
    await take(source, 1);
    expect(reported.mock.calls.flat()).toEqual([
      "status", // connecting
      "status", // waiting
      "error",
      "status", // connecting
      "status", // open
      "comment",
      "event",
    ]);
    expect(server.requests).toHaveLength(2);
  });

  it("is reported when its promise rejects, and the stream goes on", async () => {
    await using server = await serve((response) => stream(response, THREE));
    using source = createEventSource(server.url);
    source.onEvent(async ({ data }) => {
      throw `onEvent ${data}`;
    });
    source.on("message", async ({ data }) => {
      throw `on ${data}`;
    });
    await take(source, 3);
    await vi.waitUntil(() => reported.mock.calls.length === 6);
    expect(new Set(reported.mock.calls.flat())).toEqual(
      new Set(["on 1", "on 2", "on 3", "onEvent 1", "onEvent 2", "onEvent 3"]),
    );
    expect(server.requests).toHaveLength(1);
  });

  it("is rethrown in a microtask where there is no reportError", async () => {
    vi.stubGlobal("reportError", undefined);
    Reflect.deleteProperty(globalThis, "reportError");
    const rethrown: unknown[] = [];
    const microtask = globalThis.queueMicrotask;
    vi.stubGlobal("queueMicrotask", (task: () => void) =>
      microtask(() => {
        try {
          task();
        } catch (error) {
          rethrown.push(error);
        }
      }),
    );
    await using server = await serve((response) => stream(response, "data: x\n\n"));
    using source = createEventSource(server.url);
    const thrown = new Error("a bug");
    source.on("message", () => {
      throw thrown;
    });
    await take(source, 1);
    await vi.waitUntil(() => rethrown.length > 0);
    expect(rethrown).toEqual([thrown]);
  });
});

it.each(["decode", "endOn", "shouldRetry"] as const)(
  "a %s option that throws does not end the stream",
  async (name) => {
    await using server = await serve((response, _request, n) => {
      stream(response, THREE);
      return n === 1 && response.end();
    });
    const fail = () => {
      throw new Error(name);
    };
    using source = createEventSource(server.url, {
      retry: { ...soon, ...(name === "shouldRetry" && { shouldRetry: fail }) },
      ...(name !== "shouldRetry" && { [name]: fail }),
    });
    const codes: string[] = [];
    source.onError(({ code }) => codes.push(code));
    source.onEvent(() => {});
    await server.request(2);
    await reach(source, "open");
    if (name === "decode") expect(codes.slice(0, 3)).toEqual(Array(3).fill("decode-failed"));
    else expect(reported).toHaveBeenCalled();
  },
);

describe("server events", () => {
  it("may be called error, open or close without touching the life of the connection", async () => {
    const names = ["error", "open", "close", "message", "constructor", "__proto__", "toString"];
    await using server = await serve((response) =>
      stream(response, names.map((name) => `event: ${name}\ndata: ${name}\n\n`).join("")),
    );
    using source = createEventSource(server.url);
    const errors = vi.fn();
    source.onError(errors);
    const typed: string[] = [];
    for (const name of names) source.on(name, ({ type, data }) => typed.push(`${type}=${data}`));
    const events = await take(source, names.length);
    expect(events.map(({ type }) => type)).toEqual(names);
    expect(typed).toEqual(names.map((name) => `${name}=${name}`));
    expect(errors).not.toHaveBeenCalled();
    expect(source.status.state).toBe("open");
  });

  it("go to the listeners of their name only", async () => {
    await using server = await serve((response) =>
      stream(response, "event: tick\ndata: 1\n\ndata: 2\n\nevent:\ndata: 3\n\nevent: Tick\ndata: 4\n\n"),
    );
    using source = createEventSource<{ tick: string; message: string; Tick: string }>(server.url);
    const heard: string[] = [];
    source.on("tick", ({ data }) => heard.push(`tick ${data}`));
    source.on("message", ({ data }) => heard.push(`message ${data}`));
    await take(source, 4);
    expect(heard).toEqual(["tick 1", "message 2", "message 3"]);
  });

  it("carry type, data, raw, lastEventId and origin", async () => {
    await using server = await serve((response) =>
      stream(response, "id: 7\nevent: tick\ndata: {\ndata: }\n\n"),
    );
    using source = createEventSource(server.url, { decode: (raw): unknown => JSON.parse(raw) });
    const [event] = await take(source, 1);
    expect(event).toEqual({
      type: "tick",
      data: {},
      raw: "{\n}",
      lastEventId: "7",
      origin: new URL(server.url).origin,
    });
  });

  it("are not made of comments, id-only, event-only and retry-only blocks", async () => {
    await using server = await serve((response) =>
      stream(response, ": beat\n\nid: 1\n\nevent: x\n\nretry: 5\n\n: beat\r\n\r\ndata: end\n\n"),
    );
    using source = createEventSource(server.url);
    const heard = vi.fn();
    source.on("message", heard);
    const [event] = await take(source, 1);
    expect(event).toMatchObject({ data: "end", lastEventId: "1" });
    expect(heard).toHaveBeenCalledTimes(1);
  });
});

describe("listening", () => {
  it("ends with the undo function, from within the listener too", async () => {
    await using server = await serve((response) => stream(response, THREE));
    using source = createEventSource(server.url);
    const heard: string[] = [];
    const undo = source.on("message", ({ data }) => {
      heard.push(data);
      undo();
      undo();
    });
    await take(source, 3);
    expect(heard).toEqual(["1"]);
  });

  it("ends after one call with once", async () => {
    await using server = await serve((response) => stream(response, `: a\n\n: b\n\n${THREE}`));
    using source = createEventSource(server.url);
    const heard: string[] = [];
    source.on("message", ({ data }) => heard.push(data), { once: true });
    source.onEvent(({ data }) => heard.push(data), { once: true });
    source.onComment((comment) => heard.push(comment), { once: true });
    await take(source, 3);
    expect(heard.sort()).toEqual(["1", "1", "a"]);
  });

  it("ends when its signal is aborted, and leaves nothing on the signal", async () => {
    await using server = await serve((response) => stream(response, THREE));
    using source = createEventSource(server.url);
    const controller = new AbortController();
    const { signal } = controller;
    const heard: string[] = [];
    source.on(
      "message",
      ({ data }) => {
        heard.push(data);
        if (data === "2") controller.abort();
      },
      { signal },
    );
    source.on("message", () => {}, { signal })();
    source.on("message", () => {}, { signal, once: true });
    await take(source, 3);
    expect(heard).toEqual(["1", "2"]);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
    source.on("message", () => heard.push("late"), { signal });
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  it("twice with the same function means two calls, each with an undo of its own", async () => {
    await using server = await serve((response) => stream(response, "data: 1\n\n"));
    using source = createEventSource(server.url);
    const listener = vi.fn();
    const undo = source.on("message", listener);
    source.on("message", listener);
    undo();
    await take(source, 1);
    expect(listener).toHaveBeenCalledTimes(1);
  });

  it("hears comments with their text, heartbeats too", async () => {
    await using server = await serve((response) => stream(response, ":\n: beat\n:no space\n\ndata: end\n\n"));
    using source = createEventSource(server.url);
    const comments: string[] = [];
    source.onComment((comment) => comments.push(comment));
    await take(source, 1);
    expect(comments).toEqual(["", "beat", "no space"]);
  });

  it("hears every status as a new object that stays the same between changes", async () => {
    await using server = await serve((response, _request, n) =>
      n === 1 ? drop(response) : stream(response),
    );
    using source = createEventSource(server.url, { retry: soon, open: false });
    const statuses: ConnectionStatus[] = [];
    expect(source.status).toEqual({ state: "idle" });
    expect(source.readyState).toBe(2);
    const ready: number[] = [];
    source.onStatus((status) => {
      expect(source.status).toBe(status);
      statuses.push(status);
      ready.push(source.readyState);
    });
    source.open();
    await reach(source, "open");
    expect(source.status).toBe(source.status);
    source.close();
    expect(statuses.map(({ state }) => state)).toEqual([
      "connecting",
      "waiting",
      "connecting",
      "open",
      "closed",
    ]);
    expect(ready).toEqual([0, 0, 0, 1, 2]);
    expect(new Set(statuses).size).toBe(5);
    const open = statuses[3] as Extract<ConnectionStatus, { state: "open" }>;
    expect(open.headers.get("content-type")).toBe("text/event-stream");
  });
});
