import { expectTypeOf, test } from "vitest";
import {
  bearer,
  createEventSource,
  fetchEvents,
  readEvents,
  type ClosedStatus,
  type ConnectionStatus,
  type EventSourceClient,
  type EventSourceErrorCode,
  EventSourceError,
} from "../../src/index.ts";
import { fails, holds, type Is, type IsAny } from "./is.ts";

const source: EventSourceClient = createEventSource("/events", { open: false });

test("status is a union with exactly these states", () => {
  holds<Is<ConnectionStatus["state"], "idle" | "connecting" | "open" | "waiting" | "paused" | "closed">>();
  const describe = (status: ConnectionStatus): string => {
    switch (status.state) {
      case "idle":
        return "";
      case "connecting":
        return status.attempt.toFixed();
      case "open":
        return `${status.url} ${status.headers.get("server")}`;
      case "waiting":
        return `${status.attempt.toFixed()} ${status.delay.toFixed()} ${status.error.code}`;
      case "paused":
        return status.reason satisfies string;
      case "closed":
        holds<Is<typeof status, ClosedStatus>>();
        holds<Is<typeof status.reason, "client" | "server" | "complete" | "error">>();
        return status.error?.code ?? status.reason;
      default:
        return status satisfies never;
    }
  };
  expectTypeOf(describe).returns.toBeString();
});

test("fields of one state need narrowing", () => {
  const { status } = source;
  // @ts-expect-error
  void status.attempt;
  // @ts-expect-error
  void status.delay;
  // @ts-expect-error
  void status.error;
  // @ts-expect-error
  void status.url;
  // @ts-expect-error
  void status.reason;
  if (status.state === "open") {
    holds<Is<typeof status.headers, Headers>>();
    // @ts-expect-error an open connection has no error
    void status.error;
  }
  // @ts-expect-error no such state
  if (status.state === "opened") void status;
});

test("no member of the client but lastEventId can be assigned", () => {
  // @ts-expect-error
  source.status = { state: "idle" };
  // @ts-expect-error
  source.status.state = "open";
  // @ts-expect-error
  source.url = "/";
  source.lastEventId = "7";
  // @ts-expect-error
  source.readyState = 2;
  // @ts-expect-error
  source.closed = Promise.resolve();
  // @ts-expect-error
  readEvents(new Response()).lastEventId = "1";
});

test("the members are what they say", () => {
  holds<Is<typeof source.status, ConnectionStatus>>();
  holds<Is<typeof source.lastEventId, string>>();
  holds<Is<typeof source.url, string>>();
  holds<Is<typeof source.readyState, 0 | 1 | 2>>();
  holds<Is<typeof source.closed, Promise<ClosedStatus>>>();
  holds<Is<typeof source.open, () => void>>();
  holds<Is<typeof source.close, (reason?: unknown) => void>>();
  holds<Is<typeof source.reconnect, () => void>>();
  holds<Is<typeof source.fail, (cause?: unknown) => void>>();
  holds<Is<typeof source.pause, (reason?: string) => void>>();
  holds<Is<typeof source.checkLiveness, (timeout: number) => void>>();
  holds<Is<(typeof source)[typeof Symbol.dispose], () => void>>();
  using disposed = createEventSource("/events", { open: false });
  void disposed;
});

test("listeners may be async, take a signal and once, and return an unsubscribe function", () => {
  const { signal } = new AbortController();
  const unsubscribe = source.on("tick", async ({ data }) => data.length, { signal, once: true });
  holds<Is<typeof unsubscribe, () => void>>();
  const unsubscribes = [
    source.onEvent(async () => {}, { signal }),
    source.onStatus((status) => holds<Is<typeof status, ConnectionStatus>>(), { once: true }),
    source.onError((error) => holds<Is<typeof error, EventSourceError>>()),
    source.onComment((comment) => holds<Is<typeof comment, string>>(), { signal: undefined }),
    source.onCheckpoint((lastEventId) => holds<Is<typeof lastEventId, string>>(), { once: true }),
  ];
  holds<Is<typeof unsubscribes, (() => void)[]>>();
  // @ts-expect-error no such option
  source.onEvent(() => {}, { passive: true });
  // @ts-expect-error no listener
  source.onEvent();
  // @ts-expect-error a client is not an EventTarget
  source.addEventListener("message", () => {});
});

test("the error codes are a closed set", () => {
  const explain = (code: EventSourceErrorCode): string => {
    switch (code) {
      case "network":
      case "stream-ended":
      case "http-status":
      case "content-type":
      case "no-content":
      case "unauthorized":
      case "connect-timeout":
      case "idle-timeout":
      case "event-too-large":
      case "decode-failed":
      case "premature-end":
      case "retries-exhausted":
      case "unsupported":
      case "invalid-option":
        return code;
      default:
        return code satisfies never;
    }
  };
  expectTypeOf(explain).returns.toBeString();
  source.onError((error) => {
    // @ts-expect-error no such code
    if (error.code === "timeout") void error;
  });
});

test("no member of an error is any", () => {
  source.onError((error) => {
    expectTypeOf(error).toExtend<Error>();
    holds<Is<typeof error.code, EventSourceErrorCode>>();
    holds<Is<typeof error.status, number | undefined>>();
    holds<Is<typeof error.headers, Headers | undefined>>();
    holds<Is<typeof error.url, string | undefined>>();
    holds<Is<typeof error.body, string | undefined>>();
    holds<Is<typeof error.attempt, number | undefined>>();
    holds<Is<typeof error.willRetry, boolean | undefined>>();
    holds<Is<typeof error.delay, number | undefined>>();
    holds<Is<typeof error.cause, unknown>>();
    fails<IsAny<typeof error.event>>();
    fails<IsAny<ReturnType<typeof error.toJSON>>>();
    if (error.event) holds<Is<typeof error.event.raw, string>>();
    // @ts-expect-error
    error.code = "network";
  });
});

test("a finite stream has no listeners and no status", async () => {
  const stream = fetchEvents("/chat", { method: "POST", body: "?" });
  holds<Is<Awaited<typeof stream.response>, Response | undefined>>();
  holds<Is<typeof stream.lastEventId, string>>();
  holds<Is<typeof stream.close, () => void>>();
  holds<Is<(typeof stream)[typeof Symbol.dispose], () => void>>();
  // @ts-expect-error
  stream.on("message", () => {});
  // @ts-expect-error
  void stream.status;
});

test("bearer takes sync and async functions of the attempt", () => {
  createEventSource("/events", { headers: bearer(() => "token") });
  createEventSource("/events", {
    headers: bearer(async ({ attempt, lastEventId, signal }) => {
      holds<Is<typeof attempt, number>>();
      holds<Is<typeof lastEventId, string>>();
      holds<Is<typeof signal, AbortSignal>>();
      return "token";
    }),
  });
  // @ts-expect-error a function, because a token expires
  bearer("token");
  // @ts-expect-error not a token
  bearer(() => 1);
});
