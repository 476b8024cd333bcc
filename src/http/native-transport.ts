import type { Clock } from "../core/clock.ts";
import { createDeadline } from "./deadline.ts";
import { EventSourceError } from "../core/errors.ts";
import { attemptUrl } from "./http.ts";
import type { PerAttempt, Transport } from "../core/types.ts";

/** The names of the events to listen for: a native class tells of no others. */
export interface EventTypes {
  readonly names: () => Iterable<string>;
  /** Calls back with every name that is added; the result ends that. */
  readonly onName: (listener: (name: string) => void) => () => void;
}

export interface NativeOptions {
  lastEventIdParam?: string | undefined;
  connectTimeout?: number | undefined;
}

/**
 * Makes attempts with the runtime's own `EventSource`, for where the bodies of responses do not stream. One object makes
 * one attempt: it is closed at its first error, since it would retry by rules of its own.
 */
export function createNativeTransport(
  url: PerAttempt<string | URL>,
  { lastEventIdParam, connectTimeout }: NativeOptions,
  withCredentials: boolean,
  types: EventTypes,
  clock: Clock,
): Transport {
  return async (context, sink) => {
    const { signal, lastEventId } = context;
    const setDeadline = createDeadline(clock, signal, sink.fail);
    let hasId = false;
    let hold: PromiseLike<void> | undefined;
    setDeadline(connectTimeout, "connect-timeout");
    const endDeadline = () => setDeadline();
    signal.addEventListener("abort", endDeadline);
    const target = await attemptUrl(url, context, lastEventIdParam);
    signal.throwIfAborted();
    const Native = globalThis.EventSource;
    if (!Native) throw new EventSourceError("unsupported", "There is no native EventSource here");
    const source = new Native(target.href, { withCredentials });

    await new Promise<void>((_, reject) => {
      // A server may name its events "open" and "error", too; those have data.
      const hear = (event: Event | MessageEvent<string>) => {
        if ("data" in event) {
          const { type, data, origin } = event;
          hasId ||= !!event.lastEventId;
          // The object is new and does not know what came before it. Nothing holds it back: what is not taken
          // waits, and comes before a failure.
          hold = sink.deliver({
            type,
            data,
            raw: data,
            lastEventId: hasId ? event.lastEventId : lastEventId,
            origin,
          });
        } else if (event.type === "open") {
          setDeadline();
          sink.open({ url: source.url, headers: new Headers() });
        } else end(new EventSourceError("network", "The connection failed", { cause: event }));
      };
      const listen = (name: string) => source.addEventListener(name, hear);
      ["open", "error", "message", ...types.names()].forEach(listen);
      const unlisten = types.onName(listen);
      const end = (error: unknown) => {
        source.close();
        unlisten();
        void Promise.resolve(hold).then(() => reject(error as Error));
      };
      signal.addEventListener("abort", () => end(signal.reason));
    });
  };
}
