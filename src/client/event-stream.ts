/// <reference lib="esnext.disposable" preserve="true" />
import { EventSourceError, toEventSourceError } from "../core/errors.ts";
import { createInterpreter, type DecodedEvent } from "../stream/interpret.ts";
import { createFeed, createPump } from "../stream/iterate.ts";
import type { ReadEventsOptions } from "./options.ts";
import type { AnyEvent, ServerSentEvent, StreamItem, TextEvents, Transport } from "../core/types.ts";

/** One finite event stream. It is read a chunk ahead of you at most, so that the server waits for you; leaving the loop closes. */
export interface EventStream<Events extends object = TextEvents> {
  /** The response, once it is known to be an event stream; its body is ours. `undefined` when a bare stream is read. */
  readonly response: Promise<Response | undefined>;
  /** The ID of the last event handed to you. */
  readonly lastEventId: string;
  /** Ends the stream and releases it. */
  close(): void;
  /** Same as `close()`. */
  [Symbol.dispose](): void;
  /** Reads on. Leaving the loop closes; a failure throws. */
  [Symbol.asyncIterator](): AsyncIterableIterator<AnyEvent<Events>>;
}

export function createEventStream<Events extends object>(
  options: ReadEventsOptions,
  transport: Transport,
): EventStream<Events> {
  const { endOn, signal } = options;
  let { lastEventId = "" } = options;
  const controller = new AbortController();
  // Asking the signal would take as long as handing an event over.
  let isOver = false;
  let settle: [resolve: (response?: Response) => void, reject: (error: unknown) => void];
  const response = new Promise<Response | undefined>((...how) => (settle = how));
  // Whoever iterates sees the error there.
  response.catch(() => {});

  const interpret = createInterpreter(options, {
    phase: () => isOver,
    wants: () => true,
    complete(event) {
      lastEventId = event.lastEventId;
      close();
      return undefined;
    },
    hand(event) {
      lastEventId = event.lastEventId;
      feed.give(event);
      return undefined;
    },
    refuse: (_, error) => finish(error),
  });
  const pump = createPump<StreamItem>((item) => {
    // Our own reader made it: with data it is an event already.
    if (item.data !== undefined) return interpret(item as ServerSentEvent);
    lastEventId = item.lastEventId;
    return undefined;
  });
  const close = () => finish();
  /** A time that is over is no wish to stop: what has come so far must not pass for all of it. */
  const abort = () => {
    const cause: unknown = signal!.reason;
    const isTimeout = (cause as Error | undefined)?.name === "TimeoutError";
    finish(isTimeout && new EventSourceError("network", "The signal timed out", { cause }));
  };
  const feed = createFeed<DecodedEvent>(pump.hold, close);

  function finish(error?: EventSourceError | false): void {
    // Closing is no failure, whatever it interrupts.
    if (isOver) return;
    isOver = true;
    signal?.removeEventListener("abort", abort);
    controller.abort(signal?.reason);
    pump.clear();
    if (error) Object.assign(error, { attempt: 1, willRetry: false });
    settle[1](error || controller.signal.reason);
    feed.end(error);
  }

  signal?.addEventListener("abort", abort);
  if (signal?.aborted) abort();
  transport(
    { attempt: 1, lastEventId, signal: controller.signal },
    {
      open: (_, answer) => settle[0](answer),
      deliver: (item) => (isOver ? undefined : pump.push(item)),
      fail: (error) => finish(error as EventSourceError),
      retry() {},
    },
  ).then(
    () => {
      settle[0]();
      finish(
        endOn === undefined
          ? undefined
          : new EventSourceError("premature-end", "The stream ended before the event of endOn"),
      );
    },
    (cause) => finish(toEventSourceError(cause, "network", "The connection was lost")),
  );

  return {
    response,
    get lastEventId() {
      return lastEventId;
    },
    close,
    // Where `Symbol.dispose` is missing there is nothing that would call it.
    [Symbol.dispose ?? "dispose"]: close,
    [Symbol.asyncIterator]: () =>
      feed.iterator as AsyncIterableIterator<unknown> as AsyncIterableIterator<AnyEvent<Events>>,
  };
}
