import { runInNewContext } from "node:vm";
import { describe, expect, it, vi } from "vitest";
import { createBinding } from "../../src/adapters/binding.ts";
import { EventSourceError } from "../../src/core/errors.ts";
import {
  createEventSource,
  type EventSourceOptions,
  type EventSourceUrl,
  type FetchLike,
} from "../../src/index.ts";
import { createTestServer } from "../../src/testing.ts";
import { settled } from "../helpers/fake-clock.ts";

const url = "https://example.com/events";

/** A mounted binding, over a server in memory. */
async function mounted(options: object) {
  const server = createTestServer();
  const binding = createBinding({ fetch: server.fetch, ...options, url });
  const unmount = binding.mount();
  await settled();
  const follow = (next: object) => binding.follow({ fetch: server.fetch, ...next, url });
  return { server, binding, follow, unmount };
}

describe("createBinding", () => {
  it("starts from scratch for another identity, without the event and the ID of the previous one", async () => {
    const made: unknown[] = [];
    const createClient = (
      target: EventSourceUrl,
      { identity, ...options }: EventSourceOptions & { identity?: string },
    ) => {
      made.push(identity);
      return createEventSource(target, options);
    };
    const { server, binding, follow, unmount } = await mounted({ identity: "A", createClient });
    server.push({ id: "7", data: "of A" });
    await settled();
    expect(binding.state().event).toMatchObject({ data: "of A" });
    const { client } = binding.state();
    follow({ identity: "B", createClient });
    await settled();
    expect(made).toEqual(["A", "B"]);
    expect(client.status.state).toBe("closed");
    expect(binding.state().event).toBeUndefined();
    expect(server.requests.map(({ lastEventId }) => lastEventId)).toEqual(["", ""]);
    unmount();
  });

  it("makes the client of another stream with the latest `createClient`", async () => {
    const made: string[] = [];
    const server = createTestServer();
    const at = (room: string) => ({
      url: `https://example.com/${room}`,
      fetch: server.fetch,
      createClient: (target: EventSourceUrl, options: EventSourceOptions) => {
        made.push(`${String(target)} by ${room}`);
        return createEventSource(target, options);
      },
    });
    const { createClient: _, ...plain } = at("0");
    const binding = createBinding(plain);
    for (const room of ["1", "2"]) binding.follow(at(room));
    expect(made).toEqual(["https://example.com/1 by 1", "https://example.com/2 by 2"]);
  });

  it("calls onEvent with an event whose rendering switches to another stream", async () => {
    const heard: unknown[] = [];
    const onEvent = ({ data }: { data: unknown }) => heard.push(data);
    const { server, binding, unmount } = await mounted({ onEvent });
    const undo = binding.subscribe(() => {
      if (!binding.state().event) return;
      undo();
      binding.follow({ fetch: server.fetch, url: "https://example.com/other" });
    });
    server.push({ data: "moved" });
    await settled();
    expect(heard).toEqual(["moved"]);
    unmount();
  });

  it("stays connected with the old options when new options are refused", async () => {
    const decode = (raw: string) => `decoded: ${raw}`;
    const { server, binding, follow, unmount } = await mounted({ decode });
    const { client } = binding.state();
    expect(() => follow({ idleTimeout: -1 })).toThrow(EventSourceError);
    expect(binding.state().client).toBe(client);
    expect(client.status.state).toBe("open");
    server.push({ data: "still heard" });
    await settled();
    expect(binding.state().event).toMatchObject({ data: "decoded: still heard" });
    unmount();
  });

  it("reports a URL that cannot be opened if there is no onError, also without reportError", async () => {
    const uncaught = vi.fn<(error: unknown) => void>();
    const others = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException").on("uncaughtException", uncaught);
    vi.stubGlobal("reportError", undefined);
    try {
      createBinding({ url: "/needs/a/page" }).mount();
      await settled();
      expect(uncaught.mock.calls.map(([error]) => error)).toMatchObject([
        { code: "invalid-option", option: "url" },
      ]);
    } finally {
      vi.unstubAllGlobals();
      process.removeAllListeners("uncaughtException");
      for (const other of others) process.on("uncaughtException", other);
    }
  });

  it("does not reopen a stream that the server closed when `enabled` becomes explicit", async () => {
    const { server, binding, follow, unmount } = await mounted({});
    server.status(204);
    binding.state().client.reconnect();
    await settled();
    expect(binding.state().status.state).toBe("closed");
    follow({ enabled: true });
    await settled();
    expect(server.requests).toHaveLength(2);
    unmount();
  });

  it("exposes the latest data and error, and clears the error when the connection opens or an event arrives", async () => {
    const { server, binding, unmount } = await mounted({
      retry: { initialDelay: 1, jitter: 0 },
      decode: (raw: string) => JSON.parse(raw) as unknown,
    });
    expect(binding.state()).toMatchObject({ event: undefined, data: undefined, error: undefined });
    server.push({ data: 1 });
    await server.delivered();
    expect(binding.state()).toMatchObject({ event: { data: 1 }, data: 1, error: undefined });
    server.push({ data: "no JSON" });
    await server.delivered();
    expect(binding.state()).toMatchObject({ data: 1, error: { code: "decode-failed" } });
    server.push({ data: 2 });
    await server.delivered();
    expect(binding.state()).toMatchObject({ data: 2, error: undefined });
    const states: [string, string | undefined][] = [];
    binding.subscribe(() => {
      const { status, error } = binding.state();
      states.push([status.state, error?.code]);
    });
    server.drop();
    await server.connection(2);
    await settled();
    expect(states).toEqual([
      ["waiting", undefined],
      ["waiting", "network"],
      ["connecting", "network"],
      ["open", undefined],
    ]);
    unmount();
  });

  it("exposes the error of a URL that cannot be opened, and passes it to onError", async () => {
    const onError = vi.fn<(error: unknown) => void>();
    const binding = createBinding({ url: "/needs/a/page", onError });
    binding.mount();
    await settled();
    expect(binding.state().error).toMatchObject({ code: "invalid-option", option: "url" });
    expect(onError.mock.calls).toEqual([[binding.state().error]]);
  });

  it("passes identity to createClient only, since createEventSource would pass it to fetch", async () => {
    const fetch = vi.fn<FetchLike>(() => new Promise(() => {}));
    const { unmount } = await mounted({ fetch, identity: "alice" });
    expect(fetch).toHaveBeenCalledTimes(1);
    expect(fetch.mock.calls[0]![1]).not.toHaveProperty("identity");
    unmount();
  });

  it("calls the latest onStatus", async () => {
    const calls: string[] = [];
    const { follow, unmount } = await mounted({
      onStatus: ({ state }: { state: string }) => calls.push(`first: ${state}`),
    });
    follow({ onStatus: ({ state }: { state: string }) => calls.push(`second: ${state}`) });
    unmount();
    expect(calls).toEqual(["first: connecting", "first: open", "second: closed"]);
  });
});

describe("onUnauthorized of several components", () => {
  /** A server that accepts one token, and answers 401 to any other. */
  function guarded() {
    const server = createTestServer();
    const state = { token: "stale" };
    return {
      server,
      state,
      options: {
        url,
        headers: () => ({ authorization: state.token }),
        fetch: (async (input, init) =>
          new Headers(init?.headers).get("authorization") === "fresh"
            ? server.fetch(input, init)
            : new Response(null, { status: 401 })) as typeof server.fetch,
      },
    };
  }

  it("is called once if they share the function", async () => {
    const { server, state, options } = guarded();
    const onUnauthorized = vi.fn<() => Promise<void>>(async () => void (state.token = "fresh"));
    const bindings = [1, 2].map(() => createBinding({ ...options, onUnauthorized }));
    const ends = bindings.map((binding) => binding.mount());
    await server.connection(2);
    expect(onUnauthorized).toHaveBeenCalledTimes(1);
    for (const end of ends) end();
  });

  it("is called once if the shared function was replaced by another one in all of them", async () => {
    const { server, state, options } = guarded();
    const first = vi.fn<() => void>();
    const latest = vi.fn<() => Promise<void>>(async () => void (state.token = "fresh"));
    const bindings = [1, 2].map(() => createBinding({ ...options, onUnauthorized: first }));
    for (const binding of bindings) binding.follow({ ...options, onUnauthorized: latest });
    bindings.push(createBinding({ ...options, onUnauthorized: latest }));
    const ends = bindings.map((binding) => binding.mount());
    await server.connection(3);
    expect(first).not.toHaveBeenCalled();
    expect(latest).toHaveBeenCalledTimes(1);
    for (const end of ends) end();
  });

  it("is the latest inline function of each component", async () => {
    const { server, state, options } = guarded();
    const calls: string[] = [];
    const inline = (name: string) => async () => {
      calls.push(name);
      state.token = "fresh";
    };
    const binding = createBinding({ ...options, onUnauthorized: inline("first") });
    for (const name of ["second", "third"]) binding.follow({ ...options, onUnauthorized: inline(name) });
    const end = binding.mount();
    await server.connection();
    expect(calls).toEqual(["third"]);
    end();
  });
});

describe("options of equal value", () => {
  class CustomHeaders {
    readonly authorization: string;
    constructor(authorization: string) {
      this.authorization = authorization;
    }
  }
  const foreign = runInNewContext("(value) => ({ authorization: value })") as (value: string) => object;

  it.each<[string, (value: string) => unknown]>([
    ["a plain object", (value) => ({ authorization: value })],
    [
      "an object without a prototype",
      (value) => Object.assign(Object.create(null), { authorization: value }),
    ],
    ["an object of another realm", foreign],
    ["an instance of a class", (value) => new CustomHeaders(value)],
    ["Headers", (value) => new Headers({ authorization: value })],
    ["a Map", (value) => new Map([["authorization", value]])],
    ["an array of pairs", (value) => [["authorization", value]]],
  ])("do not reconnect, and other values do: headers as %s", async (_what, make) => {
    const { server, follow, unmount } = await mounted({ headers: make("1") });
    for (let n = 0; n < 3; n++) follow({ headers: make("1") });
    await settled();
    expect(server.requests).toHaveLength(1);
    follow({ headers: make("2") });
    await server.request(2);
    expect(server.requests.map(({ headers }) => headers.get("authorization"))).toEqual(["1", "2"]);
    unmount();
  });

  it.each<[string, () => object]>([
    ["without a prototype", () => Object.assign(Object.create(null), { maxRetries: 5 }) as object],
    ["of a class", () => Object.assign(new (class Policy {})(), { maxRetries: 5 })],
  ])("do not reconnect: a retry object %s", async (_what, make) => {
    const { server, follow, unmount } = await mounted({ retry: make() });
    follow({ retry: make() });
    await settled();
    expect(server.requests).toHaveLength(1);
    unmount();
  });
});
