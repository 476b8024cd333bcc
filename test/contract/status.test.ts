// Contract: the status of a client, and what its methods do to it (design.md §2).
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  createEventSource,
  ErrorEvent,
  EventSource,
  EventSourceError,
  type ConnectionStatus,
  type EventSourceClient,
} from "../../src/index.ts";
import { refuse, serve, stream } from "../helpers/server.ts";
import { reach } from "../helpers/watch.ts";
import { allReleased, blocks, closing, dataOf, quickRetry, turns, until, within } from "./support.ts";

const open = () =>
  serve((response, { headers }) => stream(response, blocks(Number(headers["last-event-id"] ?? 0) + 1, 3)));

function statusesOf(source: EventSourceClient): ConnectionStatus[] {
  const statuses: ConnectionStatus[] = [];
  source.onStatus((status) => void statuses.push(status));
  return statuses;
}

describe("status", () => {
  test("is a union by state, stable between changes, and never changed after it was handed out", async () => {
    await using server = await serve((response, _, n) => {
      if (n === 1) refuse(response, 503);
      else stream(response, blocks(1, 1));
    });
    const source = closing(createEventSource(server.url, { open: false, retry: quickRetry }));
    const seen: { status: ConnectionStatus; text: string }[] = [];
    const see = (status: ConnectionStatus) => void seen.push({ status, text: JSON.stringify(status) });
    see(source.status);
    source.onStatus((status) => {
      expect(source.status).toBe(status);
      see(status);
    });
    source.open();
    await until("the first event", () => source.lastEventId === "1");
    source.pause("for lunch");
    source.open();
    await within("an open connection", reach(source, "open"));
    source.close();
    expect(source.status).toBe(source.status);
    expect(seen.map(({ status: { state } }) => state)).toEqual([
      "idle",
      "connecting",
      "waiting",
      "connecting",
      "open",
      "paused",
      "connecting",
      "open",
      "closed",
    ]);
    expect(new Set(seen.map(({ status }) => status)).size).toBe(seen.length);
    for (const { status, text } of seen) expect(JSON.stringify(status)).toBe(text);
    const [, connecting, waiting, again, opened, paused, , , closed] = seen.map(({ status }) => status);
    expect(connecting).toEqual({ state: "connecting", attempt: 1 });
    expect(waiting).toEqual({ state: "waiting", attempt: 1, delay: 1, error: expect.any(EventSourceError) });
    expect(again).toEqual({ state: "connecting", attempt: 2 });
    expect(opened).toEqual({ state: "open", url: server.url, headers: expect.any(Headers) });
    expect(paused).toEqual({ state: "paused", reason: "for lunch" });
    expect(closed).toMatchObject({ state: "closed", reason: "client" });
  });

  test("has the final URL of the response without its fragment, and its headers", async () => {
    await using server = await serve((response, request) => {
      if (request.url === "/events") response.writeHead(302, { location: "/moved" }).end();
      else stream(response.setHeader("x-node", "7"));
    });
    const source = closing(createEventSource(server.url));
    const { url, headers } = await within("an open connection", reach(source, "open"));
    expect(url).toBe(`http://127.0.0.1:${server.port}/moved`);
    expect(headers.get("x-node")).toBe("7");
  });

  test("goes with readyState and url", async () => {
    await using server = await open();
    const source = closing(createEventSource(server.url, { open: false }));
    expect(source.readyState).toBe(2);
    source.open();
    expect(source.readyState).toBe(0);
    await within("an open connection", reach(source, "open"));
    expect(source.readyState).toBe(1);
    expect(source.url).toBe(server.url);
    source.pause();
    expect(source.readyState).toBe(0);
    source.close();
    expect(source.readyState).toBe(2);
  });
});

describe("Statuses reach every listener in order, although a listener changes the state", () => {
  const changes: [string, ConnectionStatus["state"], (source: EventSourceClient) => void, string[]][] = [
    ["close() while connecting", "connecting", (source) => source.close(), ["connecting", "closed"]],
    ["close() when open", "open", (source) => source.close(), ["connecting", "open", "closed"]],
    ["pause() when open", "open", (source) => source.pause(), ["connecting", "open", "paused"]],
    ["pause() while connecting", "connecting", (source) => source.pause(), ["connecting", "paused"]],
    ["fail() when open", "open", (source) => source.fail(), ["connecting", "open", "waiting"]],
    ["fail() while connecting", "connecting", (source) => source.fail(), ["connecting", "waiting"]],
  ];

  test.each(changes)("%s", async (_, state, change, expected) => {
    await using server = await open();
    const source = closing(createEventSource(server.url, { open: false, retry: { initialDelay: 1e6 } }));
    const before = statusesOf(source);
    source.onStatus((status) => {
      if (status.state === state) change(source);
    });
    const after = statusesOf(source);
    source.open();
    await until("the last status", () => after.length >= expected.length);
    await turns();
    expect(before.map((status) => status.state)).toEqual(expected);
    expect(after).toEqual(before);
    expect(after.at(-1)).toBe(source.status);
  });

  test("open() when closed, and reconnect() when open", async () => {
    await using server = await open();
    const source = closing(createEventSource(server.url, { open: false }));
    const before = statusesOf(source);
    let changes = 0;
    source.onStatus((status) => {
      if (changes >= 2) return;
      if (status.state === "open") {
        changes++;
        if (changes === 1) source.reconnect();
        else source.close();
      } else if (status.state === "closed") source.open();
    });
    const after = statusesOf(source);
    source.open();
    await until("two changes", () => changes === 2);
    await turns();
    expect(after).toEqual(before);
    expect(after.map(({ state }) => state).slice(0, 5)).toEqual([
      "connecting",
      "open",
      "connecting",
      "open",
      "closed",
    ]);
  });

  test("an onError listener that closes the client: no retry follows", async () => {
    await using server = await serve((response) => refuse(response, 503));
    const source = closing(createEventSource(server.url, { open: false, retry: quickRetry }));
    const statuses = statusesOf(source);
    source.onError(() => source.close());
    source.open();
    await within("the end of the client", source.closed);
    await within("the release of all sockets", allReleased(server));
    await turns();
    expect(server.requests).toHaveLength(1);
    expect(statuses.at(-1)?.state).toBe("closed");
    expect(statuses.filter(({ state }) => state === "closed")).toHaveLength(1);
    expect(source.status).toBe(statuses.at(-1));
  });
});

describe("checkLiveness", () => {
  test.each([NaN, -1, "5", undefined])("refuses %s", async (timeout) => {
    await using server = await open();
    const source = closing(createEventSource(server.url));
    await within("an open connection", reach(source, "open"));
    const { status } = source;
    expect(() => source.checkLiveness(timeout as number)).toThrow(
      expect.objectContaining({ name: "EventSourceError", code: "invalid-option" }),
    );
    expect(source.status).toBe(status);
  });

  test("fails a silent connection with idle-timeout, which is retried", async () => {
    await using server = await open();
    const source = closing(createEventSource(server.url, { retry: quickRetry }));
    await until("all events", () => source.lastEventId === "3");
    source.checkLiveness(20);
    const { error } = await within("a wait for a retry", reach(source, "waiting"));
    expect(error.code).toBe("idle-timeout");
    await within("an open connection", reach(source, "open"));
  });

  test("is satisfied by a single byte", async () => {
    await using server = await serve((response) => {
      stream(response, blocks(1, 1));
      void until("the check", () => isChecked).then(() => response.write(":"));
    });
    let isChecked = false;
    const source = closing(createEventSource(server.url));
    await until("the first event", () => source.lastEventId === "1");
    source.checkLiveness(60);
    isChecked = true;
    const start = performance.now();
    await until("the time of the check", () => performance.now() - start > 120);
    expect(source.status.state).toBe("open");
    expect(server.requests).toHaveLength(1);
  });
});

describe("pause()", () => {
  test("drops the connection until open(), and resumes", async () => {
    await using server = await serve((response, { headers }, n) =>
      stream(response, n === 1 ? blocks(1, 2) : blocks(Number(headers["last-event-id"]) + 1, 4)),
    );
    const source = closing(createEventSource(server.url));
    const data = dataOf(source);
    await until("two events", () => data.length === 2);
    source.pause("hidden");
    await within("the release of all sockets", allReleased(server));
    expect(source.status).toEqual({ state: "paused", reason: "hidden" });
    source.open();
    await until("all events", () => data.length === 4);
    expect(data).toEqual(["1", "2", "3", "4"]);
  });

  test("ends no loop", async () => {
    await using server = await open();
    const source = closing(createEventSource(server.url));
    const data: unknown[] = [];
    const run = (async () => {
      for await (const event of source) if (data.push(event.data) === 3) break;
    })();
    await until("an event", () => data.length > 0);
    source.pause();
    source.open();
    await within("the end of the loop", run);
    expect(data).toEqual(["1", "2", "3"]);
  });
});

describe("reconnect()", () => {
  test("drops the connection and makes another one now, without a retry", async () => {
    await using server = await open();
    const source = closing(createEventSource(server.url, { retry: { maxRetries: 0 } }));
    const data = dataOf(source);
    const statuses = statusesOf(source);
    for (let n = 1; n <= 3; n++) {
      await within("an open connection", reach(source, "open"));
      await until("all events", () => data.length === 3);
      if (n < 3) source.reconnect();
    }
    expect(data).toEqual(["1", "2", "3"]);
    expect(statuses.map(({ state }) => state)).not.toContain("waiting");
    await until("one open socket", () => server.sockets.size === 1);
  });
});

test("open() of an open or connecting client does nothing", async () => {
  await using server = await open();
  const source = closing(createEventSource(server.url));
  const connecting = source.status;
  source.open();
  expect(source.status).toBe(connecting);
  await within("an open connection", reach(source, "open"));
  const opened = source.status;
  source.open();
  await turns();
  expect(source.status).toBe(opened);
  expect(server.requests).toHaveLength(1);
});

test("A client of createEventSource has one connection, and the methods of the contract", async () => {
  await using server = await open();
  const source = closing(createEventSource(server.url, { open: false }));
  for (const name of [
    "on",
    "onEvent",
    "onStatus",
    "onError",
    "onComment",
    "onCheckpoint",
    "open",
    "close",
    "reconnect",
    "fail",
    "pause",
    "checkLiveness",
  ] as const)
    expect(source[name], name).toBeTypeOf("function");
  for (const old of ["onDelivered", "resumeFrom", "check"]) expect(source).not.toHaveProperty(old);
});

describe("The main entry exports EventSource and ErrorEvent", () => {
  test("so that it is a working alias of the eventsource package", async () => {
    await using server = await serve((response) => refuse(response, 401));
    const source = new EventSource(server.url);
    onTestFinished(() => source.close());
    const event = await within(
      "an error event",
      new Promise<Event>((resolve) => source.addEventListener("error", resolve, { once: true })),
    );
    expect(event).toBeInstanceOf(ErrorEvent);
    expect(event).toMatchObject({ code: 401, error: { code: "unauthorized", status: 401 } });
    expect((event as unknown as { message: unknown }).message).toBeTypeOf("string");
    expect(source.readyState).toBe(2);
  });

  test("and the class dispatches events", async () => {
    await using server = await open();
    const source = new EventSource(server.url);
    onTestFinished(() => source.close());
    const listener = vi.fn();
    source.addEventListener("message", listener);
    await until("all events", () => listener.mock.calls.length === 3);
  });
});
