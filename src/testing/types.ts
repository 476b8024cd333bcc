import type { TestEvent } from "./format-event.ts";

/** A request as the server received it. */
export interface TestRequest {
  /** The method, in upper case. */
  readonly method: string;
  /** The URL as it was passed to fetch. */
  readonly url: string;
  /** The headers that the client set. Headers that a runtime adds are missing. */
  readonly headers: Headers;
  /** The body as text, or `""`. */
  readonly body: string;
  /** The last event ID that the client resumes after, or `""`. */
  readonly lastEventId: string;
  /** The second argument of fetch, for members that are not listed here, such as `credentials`. */
  readonly init: RequestInit;
}

/** The sending half of the server. Without a connection, everything that is sent waits for the next one, in order. */
export interface TestSender<Events extends object = Record<string, unknown>> {
  /** Sends an event. Data that is not a string is sent as JSON. An event without data only sets the last event ID. */
  push(event: TestEvent<Events>): void;
  /** Sends a comment, for example a heartbeat. */
  comment(text?: string): void;
  /** Sends the `retry` field, the reconnection time in ms. */
  retry(reconnectionTime: number): void;
  /** Sends text or bytes unchanged, for example an event in two parts or an invalid one. */
  send(chunk: string | Uint8Array): void;
  /** Breaks the connection after the client has read everything that was sent before. */
  drop(): void;
  /** Ends the response after the client has read everything that was sent before. */
  end(): void;
}

/** One streaming response. */
export interface TestConnection<Events extends object = Record<string, unknown>> extends TestSender<Events> {
  /** The request of this response. */
  readonly request: TestRequest;
  /** Resolves when the connection is closed: `"client"` if the client closed it, otherwise how the server did. Never rejects. */
  readonly closed: Promise<"client" | "drop" | "end">;
}

/** Options of {@link createTestServer}. */
export interface TestServerOptions {
  /** Additional headers of the streaming responses. Default `Content-Type: text/event-stream`. */
  headers?: Record<string, string> | undefined;
  /**
   * `true` keeps events and replays them: a connection that resumes after the ID of a kept event begins with the next one, any
   * other connection begins with the first. Default `false`.
   */
  replay?: boolean | undefined;
  /** The query parameter with the last event ID, for clients that use `lastEventIdParam`. */
  lastEventIdParam?: string | undefined;
}

/** An in-memory event-stream server. Everything that it sends goes to all open connections. */
export interface TestServer<Events extends object = Record<string, unknown>> extends TestSender<Events> {
  /** A fetch whose requests reach this server, whatever their URL. */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
  /**
   * Answers the next `times` requests (default 1) with a status instead of a stream. With status 0 the request fails like one
   * without a network. Several calls apply in their order. Returns a function that cancels the answers that were not used.
   *
   * @throws RangeError or TypeError for a response that cannot exist: a code outside 200 to 599, or a body with 204.
   */
  status(
    code: number,
    answer?: { headers?: Record<string, string> | undefined; body?: string | undefined },
    times?: number,
  ): () => void;
  /** Stops responding until `resume()`: requests get no response, and open connections no data. */
  stall(): void;
  /** Continues after `stall()`, with the requests and data of the meantime. */
  resume(): void;

  /** All requests so far. */
  readonly requests: readonly TestRequest[];
  /** The open connections. */
  readonly connections: readonly TestConnection<Events>[];
  /** Resolves with the n-th request (default 1), at once if it was made already. */
  request(n?: number): Promise<TestRequest>;
  /** Resolves with the n-th connection (default 1), at once if it was made already. */
  connection(n?: number): Promise<TestConnection<Events>>;
  /**
   * Resolves when everything that was sent has been read and the reader of every open connection asks for more. A client asks
   * for more when all listeners have been called and their promises have settled. Shared clients do not wait for their listeners.
   */
  delivered(): Promise<void>;
}
