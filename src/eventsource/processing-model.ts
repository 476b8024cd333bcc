import { LONGEST_DELAY } from "../core/clock.ts";
import { EventSourceError } from "../core/errors.ts";
import { attemptError } from "../http/attempt-error.ts";
import type { Attempt, MakeRequest } from "../http/request.ts";
import { rejectionOf } from "../http/response.ts";
import { originOf } from "../http/url.ts";
import { release } from "../stream/body.ts";
import { readStream } from "../stream/reader.ts";
import { ErrorEvent } from "./error-event.ts";
import { createMessageEvent } from "./message-event.ts";

/** "This must initially be ... probably in the region of a few seconds", in ms. */
const RECONNECTION_TIME = 3000;

/** The state of an `EventSource` object, as the standard describes it. */
export interface Connection {
  /** `CONNECTING` (0), `OPEN` (1) or `CLOSED` (2). */
  readyState: 0 | 1 | 2;
  /** The last event ID string. */
  lastEventId: string;
  /** The reconnection time, in ms. */
  reconnectionTime: number;
  readonly close: () => void;
}

export interface ConnectionOptions {
  readonly request: MakeRequest;
  /** Whether a connection that was lost is reestablished after a network error, and after the end of the stream. */
  readonly retries: { readonly network: boolean; readonly end: boolean };
  readonly lastEventId: string;
  readonly maxEventSize: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Connects, and reconnects until it fails or is closed. Events are dispatched at `target`.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model
 */
export function connect(
  target: EventTarget,
  { request, retries, lastEventId, maxEventSize = Infinity, signal }: ConnectionOptions,
): Connection {
  /** Attempts since the connection was last open. */
  let attempts = 0;
  let running: AbortController | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const connection: Connection = {
    readyState: 0,
    lastEventId,
    reconnectionTime: RECONNECTION_TIME,
    close() {
      connection.readyState = 2;
      signal?.removeEventListener("abort", connection.close);
      clearTimeout(timer);
      running?.abort();
    },
  };

  async function run(): Promise<void> {
    running = new AbortController();
    const { signal } = running;
    const { lastEventId } = connection;
    const context = { attempt: ++attempts, lastEventId, signal };
    const attempt: Attempt = { context, url: "", timeouts: undefined };
    let response: Response | undefined;
    try {
      response = await request(attempt);
      signal.throwIfAborted();
      // Test doubles have an empty URL.
      attempt.url = response.url || attempt.url;
      const rejection = rejectionOf(response);
      if (rejection) throw rejection;
      await announce(response, attempt.url, signal);
      throw new EventSourceError("stream-ended", "The server ended the stream");
    } catch (cause) {
      void release(response?.body);
      // An aborted attempt was closed, which is not an error.
      if (!signal.aborted)
        lost(attemptError(cause, attempt.url, connection.readyState === 1), context.attempt);
    }
  }

  /** "announce the connection and interpret res's body line by line" */
  async function announce(response: Response, url: string, signal: AbortSignal): Promise<void> {
    attempts = 0;
    connection.readyState = 1;
    // "fires an event named open at the EventSource object"
    target.dispatchEvent(new Event("open"));
    // "the serialization of the origin of the event stream's final URL (i.e., the URL after redirects)"
    const origin = originOf(url);
    if (response.body)
      await readStream(response.body, {
        lastEventId: connection.lastEventId,
        maxEventSize,
        signal,
        onRetry(time) {
          if (connection.readyState === 1) connection.reconnectionTime = time;
        },
        deliver({ type, data, lastEventId }) {
          if (connection.readyState !== 1) return undefined;
          // "Set the last event ID string of the event source to the value of the last event ID buffer."
          connection.lastEventId = lastEventId;
          // "If the data buffer is an empty string, set the data buffer and the event type buffer to the empty string and
          // return."
          if (data !== undefined) target.dispatchEvent(createMessageEvent(type, data, origin, lastEventId));
          return undefined;
        },
      });
  }

  /** "reestablish the connection" or "fail the connection" */
  function lost(error: EventSourceError, attempt: number): void {
    const { code, status, message } = error;
    const willRetry = code === "stream-ended" ? retries.end : code === "network" && retries.network;
    const delay = Math.min(connection.reconnectionTime, LONGEST_DELAY);
    Object.assign(error, { attempt, willRetry }, willRetry && { delay });
    if (willRetry) connection.readyState = 0;
    else connection.close();
    // "fires an event named error at the EventSource object"
    target.dispatchEvent(new ErrorEvent("error", { code: status, message, error }));
    // "Wait a delay equal to the reconnection time of the event source", unless a listener has closed it.
    if (connection.readyState === 0) timer = setTimeout(() => void run(), delay);
  }

  if (signal?.aborted) connection.close();
  else {
    signal?.addEventListener("abort", connection.close);
    void run();
  }
  return connection;
}
