import type { TestEvent } from "./format-event.ts";

/** A request as the server saw it. */
export interface TestRequest {
  /** In capitals. */
  readonly method: string;
  /** As it was given to fetch. */
  readonly url: string;
  /** As the client set them: those that a runtime adds are not there. */
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
  /** The request that it answers. */
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
   *
   * @throws RangeError, TypeError for what `Response` does not take: other codes than 200 to 599, a body with 204.
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
   * all listeners have been called and their promises have settled. Shared clients do not wait for theirs.
   */
  delivered(): Promise<void>;
}
