import type { Clock } from "./clock.ts";
import { createDeadline } from "./deadline.ts";
import { EventSourceError } from "./errors.ts";
import { attemptUrl } from "./http.ts";
import type { PerAttempt, StreamItem, Transport } from "./types.ts";

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
    /** What waits while a listener holds: nothing holds a native class back. */
    let items: StreamItem[] = [];
    let failure: unknown;
    let hasId = false;
    let wake = () => {};
    let source: EventSource | undefined;
    const fail = (error: unknown) => {
      failure ??= error || new Error("closed");
      wake();
    };
    const abort = () => {
      setDeadline();
      source?.close();
      fail(signal.reason);
    };

    setDeadline(connectTimeout, "connect-timeout");
    signal.addEventListener("abort", abort);
    const target = await attemptUrl(url, context, lastEventIdParam);
    signal.throwIfAborted();
    const Native = globalThis.EventSource;
    if (!Native) throw new EventSourceError("unsupported", "There is no native EventSource here");
    const opened = (source = new Native(target.href, { withCredentials }));

    // A server may name its events "open" and "error", too; those have data.
    const hear = (event: Event | MessageEvent<string>) => {
      if ("data" in event) {
        hasId ||= !!event.lastEventId;
        items.push({
          type: event.type,
          data: event.data,
          // The object is new and does not know what came before it.
          lastEventId: hasId ? event.lastEventId : lastEventId,
          origin: event.origin,
        });
        wake();
      } else if (event.type === "open") {
        setDeadline();
        sink.open({ url: opened.url, headers: new Headers() });
      } else {
        opened.close();
        fail(new EventSourceError("network", "The connection failed or was refused", { cause: event }));
      }
    };
    const listen = (name: string) => opened.addEventListener(name, hear);
    ["open", "error", "message", ...types.names()].forEach(listen);
    const unlisten = types.onName(listen);
    try {
      for (;;) {
        while (items.length) {
          const batch = items;
          items = [];
          await sink.deliver(batch);
        }
        if (failure) throw failure;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      opened.close();
      unlisten();
    }
  };
}
