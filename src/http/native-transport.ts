import type { Clock } from "../core/clock.ts";
import { EventSourceError } from "../core/errors.ts";
import type { Transport } from "../core/types.ts";
import { attemptError } from "./attempt-error.ts";
import { createTimeouts } from "./timeouts.ts";
import { attemptUrl, type StreamUrl } from "./url.ts";

/** The names of the events to listen for: a native `EventSource` dispatches each event under its own name only. */
export interface EventTypes {
  readonly names: () => Iterable<string>;
  /** Calls back with every name that is added. Returns an unsubscribe function. */
  readonly onName: (listener: (name: string) => void) => () => void;
}

export interface NativeOptions {
  lastEventIdParam?: string | undefined;
  connectTimeout?: number | undefined;
  /** `false`: the native object must not reconnect. */
  retry?: unknown;
  credentials?: RequestInit["credentials"] | undefined;
}

/**
 * Makes attempts with the runtime's own `EventSource`, for runtimes whose fetch cannot stream response bodies.
 *
 * The native object reconnects by itself, and only a reconnect of the same object sends `Last-Event-ID`. So an attempt keeps
 * its object while `readyState` is CONNECTING, and fails when it is CLOSED. With `lastEventIdParam` each reconnect needs a
 * new URL, hence a new object: the attempt fails at the first error then.
 */
export function createNativeTransport(
  address: StreamUrl,
  { lastEventIdParam, connectTimeout, retry, credentials }: NativeOptions,
  types: EventTypes,
  clock: Clock,
): Transport {
  return async (context, sink) => {
    const { signal } = context;
    let url = "";
    let isOpen = false;
    let startId = context.lastEventId;
    let hold: PromiseLike<void> | undefined;
    const toError = (cause: unknown) => attemptError(cause, url, isOpen);
    const timeouts = createTimeouts({ connectTimeout }, clock.after, signal, (error) =>
      sink.fail(toError(error)),
    );
    try {
      timeouts.connect();
      url = await attemptUrl(address, context, lastEventIdParam);
      signal.throwIfAborted();
      const Native = globalThis.EventSource;
      if (!Native) throw new EventSourceError("unsupported", "This runtime has no EventSource");
      const source = new Native(url, { withCredentials: credentials === "include" });

      await new Promise<void>((_, reject) => {
        const onNative = (event: Event | MessageEvent<string>) => {
          // The server may name its events "open" and "error". Those have data, unlike the events of the connection.
          if ("data" in event) {
            const { type, data, lastEventId, origin } = event;
            // A new object does not know the ID that the stream resumes after.
            if (lastEventId) startId = "";
            // The native class cannot apply backpressure: what a listener does not accept yet waits, and is delivered
            // before a failure.
            hold = sink.deliver({ type, data, raw: data, lastEventId: lastEventId || startId, origin });
          } else if (event.type === "open") {
            isOpen = true;
            timeouts.stop();
            sink.open({ url: source.url, headers: new Headers() });
          } else if (source.readyState !== 2 && retry !== false && !lastEventIdParam)
            sink.reconnecting(toError(event));
          else end(event);
        };
        const listen = (name: string) => source.addEventListener(name, onNative);
        ["open", "error", "message", ...types.names()].forEach(listen);
        const unlisten = types.onName(listen);
        const end = (cause: unknown) => {
          source.close();
          unlisten();
          void Promise.resolve(hold).then(() => reject(cause as Error));
        };
        signal.addEventListener("abort", () => end(signal.reason));
      });
    } catch (cause) {
      throw toError(cause);
    }
  };
}
