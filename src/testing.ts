import { formatEvent, lastEventIdOf, textOf, type TestEvent } from "./testing-wire.ts";
import { createLine, createLog, orAbort, type Ending, type Line } from "./testing-line.ts";

export { formatEvent, type TestEvent };

/** A request as the server saw it. */
export interface TestRequest {
  /** In capitals. */
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  /** The body as text; `""` for none. */
  readonly body: string;
  /** What the client resumes after; `""` for none. */
  readonly lastEventId: string;
  /** The second argument of fetch, for whatever is not listed here: `credentials`, `cache` … */
  readonly init: RequestInit;
}

/** What the server sends. What is sent while nobody is connected waits for the next connection, in order. */
export interface TestSender<Events extends object = Record<string, unknown>> {
  /** Sends an event. Data that is not a string is sent as JSON; an event without data only moves the last event ID. */
  push(event: TestEvent<Events>): void;
  /** Sends a comment, as servers do for a heartbeat. */
  comment(text?: string): void;
  /** Sends the `retry` field: the reconnection time in ms. */
  retry(reconnectionTime: number): void;
  /** Sends text or bytes as they are: an event in two parts, or one that is broken. */
  send(chunk: string | Uint8Array): void;
  /** Breaks the connection once it has brought what was sent before. */
  drop(): void;
  /** Ends the response once it has brought what was sent before. */
  end(): void;
}

/** One response that streams. */
export interface TestConnection<Events extends object = Record<string, unknown>> extends TestSender<Events> {
  readonly request: TestRequest;
  /** Resolves when it is over: `"client"` when the client let go of it, else what the server did. Never rejects. */
  readonly closed: Promise<"client" | "drop" | "end">;
}

/** Options of {@link createTestServer}. */
export interface TestServerOptions {
  /** Headers of the streams, beside their `Content-Type`. */
  headers?: Record<string, string> | undefined;
  /**
   * Keeps the events: a connection that resumes after one of them (`id`) begins with those that came after it, any
   * other with the first. Default `false`.
   */
  replay?: boolean | undefined;
  /** The query parameter that carries the last event ID where the client sends no header for it. */
  lastEventIdParam?: string | undefined;
}

/** An event-stream server in memory. What it sends, it sends to all open connections. */
export interface TestServer<Events extends object = Record<string, unknown>> extends TestSender<Events> {
  /** The `fetch` that reaches it, whatever the URL. It also takes a `Request`, and answers with a `Response`. */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
  /**
   * Answers the next `times` requests (default 1) with a status instead of a stream. Status 0: the request fails, as
   * without a network. Calls are used up in order. The result takes back what is not used up.
   */
  status(
    code: number,
    answer?: { headers?: Record<string, string> | undefined; body?: string | undefined },
    times?: number,
  ): () => void;
  /** Falls silent: requests get no answer, and connections stay open but bring nothing, until `resume()`. */
  stall(): void;
  /** Goes on after `stall()`, with what was asked and sent meanwhile. */
  resume(): void;

  /** All requests so far. */
  readonly requests: readonly TestRequest[];
  /** The connections that are open. */
  readonly connections: readonly TestConnection<Events>[];
  /** Resolves with the n-th request (default 1), at once when it was made already. */
  request(n?: number): Promise<TestRequest>;
  /** Resolves with the n-th connection (default 1), at once when it was made already. */
  connection(n?: number): Promise<TestConnection<Events>>;
  /**
   * Resolves when whatever was sent has been read and every open connection is asked for more: our clients do that when
   * all listeners have been called and their promises have settled.
   */
  delivered(): Promise<void>;
}

/**
 * Makes an event-stream server in memory for tests: no network, no timers, any test runner, real or fake time.
 *
 * @example
 * const server = createTestServer();
 * const source = createEventSource("https://example.com/prices", { fetch: server.fetch, decode: json });
 * server.push({ type: "tick", data: { price: 101 }, id: 1 });
 * await server.delivered();
 */
export function createTestServer<Events extends object = Record<string, unknown>>({
  headers: streamHeaders,
  replay = false,
  lastEventIdParam,
}: TestServerOptions = {}): TestServer<Events> {
  const requests = createLog<TestRequest>();
  const connections = createLog<TestConnection<Events>>();
  const open = new Map<Line, TestConnection<Events>>();
  const answers: { left: number; make: () => Response }[] = [];
  /** With `replay`: every event. */
  const events: { id: string | undefined; text: string }[] = [];
  /** What waits for the next connection. */
  let ahead: (string | Uint8Array | { ending: Ending })[] = [];
  /** Whether an event of them waits for the next connection. */
  let isDue = false;
  let answering = 0;
  let stalled: { over: Promise<void>; end: () => void } | undefined;
  let waiting: (() => void)[] = [];

  const receivers = () => [...open.keys()].filter((line) => line.isOpen());
  const send = (chunk: string | Uint8Array) => {
    const lines = receivers();
    for (const line of lines) line.send(chunk);
    if (!lines.length) ahead.push(chunk);
  };
  const finish = (ending: Ending) => {
    const lines = receivers();
    for (const line of lines) line.finish(ending);
    if (!lines.length) ahead.push({ ending });
  };
  const look = () => {
    if (answering || isDue || ahead.length || [...open.keys()].some((line) => !line.isIdle())) return;
    for (const resolve of waiting.splice(0)) resolve();
  };

  function connect(request: TestRequest, signal: AbortSignal | null | undefined): Response {
    const line = createLine(
      signal,
      () => !!stalled,
      () => {
        if (line.isOver()) open.delete(line);
        look();
      },
    );
    const connection = { ...senderOf<Events>(line.send, line.finish), request, closed: line.closed };
    open.set(line, connection);
    isDue = false;
    if (replay) {
      const { lastEventId } = request;
      const start = lastEventId ? events.findLastIndex(({ id }) => id === lastEventId) + 1 : 0;
      for (const { text } of events.slice(start)) line.send(text);
    }
    while (ahead.length && line.isOpen()) {
      const next = ahead.shift()!;
      if (typeof next === "object" && "ending" in next) line.finish(next.ending);
      else line.send(next);
    }
    connections.add(connection);
    const sent = new Headers(streamHeaders);
    if (!sent.has("content-type")) sent.set("content-type", "text/event-stream");
    return new Response(line.body, { headers: sent });
  }

  async function respond(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    const given = typeof input === "object" && "url" in input ? input : undefined;
    const url = typeof input === "string" ? input : "url" in input ? input.url : input.href;
    const signal = init.signal ?? given?.signal;
    signal?.throwIfAborted();
    const method = (init.method ?? given?.method ?? "GET").toUpperCase();
    const headers = new Headers(init.headers ?? given?.headers);
    // Not every browser has `Request.body`.
    const body = init.body ?? (given && !/^(GET|HEAD)$/.test(method) ? given.clone() : undefined);
    let text = body === undefined || body === null ? "" : textOf(body);
    if (typeof text !== "string") text = await orAbort(text, signal);
    const lastEventId = lastEventIdOf(headers, url, lastEventIdParam);
    const request = { method, url, headers, body: text, lastEventId, init };
    requests.add(request);
    if (stalled) await orAbort(stalled.over, signal);
    const scripted = answers.find(({ left }) => left > 0);
    if (scripted) scripted.left--;
    const response = scripted?.make() ?? connect(request, signal);
    Object.defineProperty(response, "url", { value: url });
    return response;
  }

  return {
    ...senderOf<Events>(send, finish),
    push(event) {
      const text = formatEvent(event);
      if (!replay) return send(text);
      events.push({ id: event.id === undefined ? undefined : String(event.id), text });
      const lines = receivers();
      for (const line of lines) line.send(text);
      isDue = !lines.length;
    },
    async fetch(input, init) {
      answering++;
      try {
        return await respond(input, init);
      } finally {
        answering--;
        look();
      }
    },
    status(code, { headers, body } = {}, times = 1) {
      const make = () => {
        if (code === 0) throw new TypeError("Failed to fetch");
        return new Response(body ?? null, { status: code, headers: headers ?? {} });
      };
      const answer = { left: times, make };
      answers.push(answer);
      return () => void (answer.left = 0);
    },
    stall() {
      if (stalled) return;
      let end = () => {};
      const over = new Promise<void>((resolve) => (end = resolve));
      stalled = { over, end };
    },
    resume() {
      stalled?.end();
      stalled = undefined;
      for (const line of open.keys()) line.flow();
    },
    requests: requests.all,
    get connections() {
      return [...open.values()];
    },
    request: requests.nth,
    connection: connections.nth,
    delivered: () =>
      new Promise((resolve) => {
        waiting = [...waiting, resolve];
        look();
      }),
  };
}

function senderOf<Events extends object>(
  send: (chunk: string | Uint8Array) => void,
  finish: (ending: Ending) => void,
): TestSender<Events> {
  return {
    push: (event) => send(formatEvent(event)),
    comment: (text = "") => send(`${text.replaceAll(/^/gm, ":")}\n\n`),
    retry: (reconnectionTime) => send(`retry: ${reconnectionTime}\n\n`),
    send,
    drop: () => finish("drop"),
    end: () => finish("end"),
  };
}
