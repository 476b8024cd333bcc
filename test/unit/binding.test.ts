import { describe, expect, test, vi } from "vitest";
import { createBinding } from "../../src/adapters/binding.ts";
import { EventSourceError } from "../../src/core/errors.ts";
import { createEventSource, type EventSourceOptions, type EventSourceUrl } from "../../src/index.ts";
import { createTestServer } from "../../src/testing.ts";
import { settled } from "../helpers/fake-clock.ts";

const url = "https://example.com/events";

/** A binding that is mounted, over a server in memory. */
async function mounted(options: object) {
  const server = createTestServer();
  const binding = createBinding({ fetch: server.fetch, ...options, url });
  const unmount = binding.mount();
  await settled();
  const follow = (next: object) => binding.follow({ fetch: server.fetch, ...next, url });
  return { server, binding, follow, unmount };
}

describe("a component's binding", () => {
  test("begins afresh for somebody else: no event and no ID of the one before", async () => {
    const made: unknown[] = [];
    const create = (
      target: EventSourceUrl,
      { identity, ...options }: EventSourceOptions & { identity?: string },
    ) => {
      made.push(identity);
      return createEventSource(target, options);
    };
    const { server, binding, follow, unmount } = await mounted({ identity: "A", create });
    server.push({ id: "7", data: "of A" });
    await settled();
    expect(binding.state().event).toMatchObject({ data: "of A" });
    const { client } = binding.state();
    follow({ identity: "B", create });
    await settled();
    expect(made).toEqual(["A", "B"]);
    expect(client.status.state).toBe("closed");
    expect(binding.state().event).toBeUndefined();
    expect(server.requests.map(({ lastEventId }) => lastEventId)).toEqual(["", ""]);
    unmount();
  });

  test("makes the client of another stream with the latest `create`", async () => {
    const made: string[] = [];
    const server = createTestServer();
    const at = (room: string) => ({
      url: `https://example.com/${room}`,
      fetch: server.fetch,
      create: (target: EventSourceUrl, options: EventSourceOptions) => {
        made.push(`${String(target)} by ${room}`);
        return createEventSource(target, options);
      },
    });
    const { create: _, ...plain } = at("0");
    const binding = createBinding(plain);
    for (const room of ["1", "2"]) binding.follow(at(room));
    expect(made).toEqual(["https://example.com/1 by 1", "https://example.com/2 by 2"]);
  });

  test("tells its callback of the event on which whoever shows it asks for another stream", async () => {
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

  test("goes on as it was when it is given options that are refused", async () => {
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

  test("reports what cannot be opened, where nobody listens for errors and nothing is at hand to report it", async () => {
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

  test("does not open again what the server closed, when `open` is only said", async () => {
    const { server, binding, follow, unmount } = await mounted({});
    server.status(204);
    binding.state().client.reconnect();
    await settled();
    expect(binding.state().status.state).toBe("closed");
    follow({ open: true });
    await settled();
    expect(server.requests).toHaveLength(2);
    unmount();
  });
});
