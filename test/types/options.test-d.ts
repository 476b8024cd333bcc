import nodeFetch from "node-fetch";
import { Agent, fetch as undiciFetch } from "undici";
import { test } from "vitest";
import { EventSource } from "../../src/eventsource.ts";
import {
  createEventSource,
  fetchEvents,
  json,
  readEvents,
  type AttemptContext,
  type ConnectionStatus,
  type EventSourceError,
  type EventSourceOptions,
  type FetchEventsOptions,
  type FetchInit,
  type ReadEventsOptions,
  type RetryContext,
  type RetryOptions,
  type ServerSentEvent,
  type Sink,
  type StreamItem,
  type Transport,
} from "../../src/index.ts";
import { fails, holds, type Is, type IsAny } from "./is.ts";

test("every option of the contract is accepted", () => {
  const { signal } = new AbortController();
  createEventSource("/events", {
    method: "POST",
    body: "{}",
    headers: { "x-tenant": "1" },
    onEvent: async () => {},
    onStatus: () => {},
    onError: () => {},
    credentials: "include",
    mode: "cors",
    cache: "no-cache",
    referrerPolicy: "no-referrer",
    redirect: "same-origin",
    onUnauthorized: async (response: Response) => response.status,
    fetch,
    decode: json,
    lastEventId: "7",
    lastEventIdParam: "after",
    retry: {
      initialDelay: 1000,
      factor: 2,
      maxDelay: 30_000,
      jitter: 0.5,
      maxRetries: Infinity,
      maxElapsedTime: Infinity,
      resetAfter: 5000,
      shouldRetry: ({ error, attempt, elapsed, willRetry }) =>
        error.status !== 500 && attempt < 9 && elapsed < 1e6 && willRetry,
    },
    connectTimeout: 1000,
    idleTimeout: 1000,
    maxEventSize: 1000,
    endOn: "[DONE]",
    signal,
    transport: "auto",
    open: false,
  });
  createEventSource("/events", { retry: true });
  createEventSource("/events", { retry: false, transport: "fetch", endOn: ({ data }) => data === "" });
});

test("members of other runtimes' fetch pass through", () => {
  createEventSource("/events", { dispatcher: {}, agent: {} });
  createEventSource("/events", { cf: { cacheTtl: 0 } });
  createEventSource("/events", { method: "POST", body: new ReadableStream(), duplex: "half" });
  fetchEvents("/events", { dispatcher: {}, cf: {}, duplex: "half" });
});

test("every optional member may be undefined", () => {
  type Undefined<T> = { [Name in keyof T]-?: undefined };
  const none = {} as Undefined<EventSourceOptions>;
  createEventSource("/events", none satisfies EventSourceOptions);
  holds<Is<Undefined<RetryOptions> extends RetryOptions ? true : false, true>>();
  holds<Is<Undefined<FetchEventsOptions> extends FetchEventsOptions ? true : false, true>>();
  holds<Is<Undefined<ReadEventsOptions> extends ReadEventsOptions ? true : false, true>>();
});

test("no option is any", () => {
  type AnyMembers<T> = { [Name in keyof T]-?: IsAny<T[Name]> extends true ? Name : never }[keyof T];
  // `window` is the platform's own, and says so.
  holds<Is<Exclude<AnyMembers<EventSourceOptions>, "window">, never>>();
  holds<Is<AnyMembers<RetryOptions>, never>>();
  holds<Is<AnyMembers<ReadEventsOptions>, never>>();
  holds<Is<AnyMembers<AttemptContext>, never>>();
  holds<Is<AnyMembers<ServerSentEvent>, never>>();
  holds<Is<AnyMembers<EventSourceError>, never>>();
});

test("callbacks get what the methods of the client get", () => {
  createEventSource("/events", {
    onEvent: (event) => holds<Is<typeof event, ServerSentEvent>>(),
    onStatus: (status) => holds<Is<typeof status, ConnectionStatus>>(),
    onError: (error) => holds<Is<typeof error, EventSourceError>>(),
  });
  // @ts-expect-error a finite stream is read by a loop
  fetchEvents("/events", { onEvent() {} });
  // @ts-expect-error a finite stream is read by a loop
  readEvents(new Response(), { onError() {} });
});

test("endOn is a string or a test that may deliver the event", () => {
  createEventSource("/events", {
    endOn(event) {
      holds<Is<typeof event, ServerSentEvent>>();
      return event.type === "result" && "deliver";
    },
  });
  fetchEvents("/events", { endOn: ({ raw }) => (raw === "[DONE]" ? true : "deliver") });
  readEvents(new Response(), { endOn: () => "deliver" });
  // @ts-expect-error no such verdict
  fetchEvents("/events", { endOn: () => "keep" });
  // @ts-expect-error the verdict must not be a promise
  fetchEvents("/events", { endOn: async () => true });
});

test("url, method, headers and body may be functions of the attempt", () => {
  const check = (context: AttemptContext) => {
    holds<Is<typeof context.attempt, number>>();
    return context.lastEventId;
  };
  createEventSource(check, {
    method: ({ lastEventId }) => (lastEventId ? "GET" : "POST"),
    headers: (context) => ({ "x-after": check(context) }),
    body: check,
  });
  createEventSource(async (context) => new URL(check(context)), {
    method: async (context) => check(context),
    headers: async (context) => [["x-after", check(context)]],
    body: async (context) => new Blob([check(context)]),
  });
  createEventSource(new URL("https://example.com"), { headers: new Headers() });
  fetchEvents(check, { headers: async () => ({ a: "b" }), body: async () => null });
  // @ts-expect-error not a URL
  createEventSource(1);
  // @ts-expect-error a url is needed
  createEventSource();
  // @ts-expect-error not a URL
  createEventSource(() => 1);
  // @ts-expect-error not a method
  createEventSource("/events", { method: () => 1 });
  // @ts-expect-error not header values
  createEventSource("/events", { headers: () => ({ a: 1 }) });
});

test("what is not an option does not compile", () => {
  // @ts-expect-error open is a boolean
  createEventSource("/events", { open: "yes" });
  // @ts-expect-error no such retry member
  createEventSource("/events", { retry: { retries: 3 } });
  // @ts-expect-error neither a boolean nor an object
  createEventSource("/events", { retry: 3 });
  // @ts-expect-error misspelled
  createEventSource("/events", { onEvents() {} });
  // @ts-expect-error a number of ms
  createEventSource("/events", { retry: { initialDelay: "1s" } });
  // @ts-expect-error a number of ms
  createEventSource("/events", { idleTimeout: "1s" });
  // @ts-expect-error no such transport
  createEventSource("/events", { transport: "websocket" });
  // @ts-expect-error no such redirect mode
  createEventSource("/events", { redirect: "cross-origin" });
  // @ts-expect-error the native option of another class
  createEventSource("/events", { withCredentials: true });
  // @ts-expect-error a decoder, not a name
  createEventSource("/events", { decode: "json" });
  // @ts-expect-error text, or a test
  createEventSource("/events", { endOn: /DONE/ });
  // @ts-expect-error a finite stream does not reconnect
  fetchEvents("/events", { retry: { maxRetries: 1 } });
  // @ts-expect-error a finite stream has no transport
  fetchEvents("/events", { transport: "fetch" });
  // @ts-expect-error no request is made
  readEvents(new Response(), { headers: {} });
  // @ts-expect-error not a body
  readEvents("data: 1\n\n");
});

test("retry's shouldRetry is told all and may leave the verdict open", () => {
  const shouldRetry = (context: RetryContext) => {
    holds<Is<typeof context.error, EventSourceError>>();
    holds<Is<typeof context.attempt, number>>();
    holds<Is<typeof context.elapsed, number>>();
    holds<Is<typeof context.willRetry, boolean>>();
    return context.error.status === 418 ? true : undefined;
  };
  createEventSource("/events", { retry: { shouldRetry } });
  // @ts-expect-error the verdict is given at once
  createEventSource("/events", { retry: { shouldRetry: async () => true } });
});

test("a transport of one's own", () => {
  const transport: Transport = async ({ attempt, lastEventId, signal }, sink) => {
    holds<Is<typeof attempt, number>>();
    holds<Is<typeof signal, AbortSignal>>();
    holds<Is<typeof sink, Sink>>();
    sink.open({ url: "memory:", headers: new Headers() });
    sink.retry(1000);
    const item: StreamItem = { type: "message", data: "1", lastEventId };
    await sink.deliver(item);
  };
  createEventSource("/events", { transport });
  createEventSource("/events", {
    async transport(context, sink) {
      fails<IsAny<typeof context>>();
      fails<IsAny<typeof sink>>();
    },
  });
  // @ts-expect-error a transport says when it is done
  createEventSource("/events", { transport: () => {} });
});

test("a fetch of one's own needs only to stream", () => {
  createEventSource("/events", { fetch: async (url, init) => fetch(url, init) });
  createEventSource("/events", {
    fetch(url, init) {
      holds<Is<typeof url, string>>();
      holds<Is<typeof init, FetchInit>>();
      return Promise.resolve(new Response(new Headers(init.headers).get("accept")));
    },
  });
  createEventSource("/events", { fetch: (url: string, init: RequestInit) => fetch(url, init) });
  createEventSource("/events", { fetch });
  // @ts-expect-error not a response
  createEventSource("/events", { fetch: async () => "data: 1" });
});

test("a fetch of another implementation fits, types of its own and all", () => {
  createEventSource("/events", { fetch: undiciFetch, dispatcher: new Agent() });
  createEventSource("/events", { fetch: nodeFetch });
  fetchEvents("/events", { fetch: undiciFetch });
  new EventSource("/events", { fetch: nodeFetch }).close();
});

test("readEvents takes responses, streams and what a custom fetch returns", () => {
  readEvents(new Response());
  readEvents(new ReadableStream<Uint8Array>(), { lastEventId: "1", maxEventSize: 10, endOn: "end" });
  readEvents(
    (async function* () {
      yield new Uint8Array();
    })(),
  );
  void undiciFetch("http://example.test/").then((response) => readEvents(response));
  void nodeFetch("http://example.test/").then((response) => readEvents(response));
});
