/// <reference lib="esnext.disposable" preserve="true" />
import { EventSourceError, toEventSourceError } from "../core/errors.ts";
import { createInterpreter, type DecodedEvent } from "../stream/interpret.ts";
import { createDelivery } from "../stream/delivery.ts";
import { createFeed } from "../stream/iterate.ts";
import type { ReadEventsOptions } from "./options.ts";
import type { AnyEvent, StreamItem, TextEvents, Transport } from "../core/types.ts";

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

/** Makes an event stream of one attempt of a transport. */
export function createEventStream<Events extends object>(
  options: ReadEventsOptions,
  transport: Transport,
): EventStream<Events> {
  const { decode, endOn, signal } = options;
  let { lastEventId = "" } = options;
  const controller = new AbortController();
  /** Becomes `undefined` at the end. */
  let attempt: object | undefined = controller;
  let settle!: [resolve: (response?: Response) => void, reject: (error: unknown) => void];
  const response = new Promise<Response | undefined>((...functions) => (settle = functions));
  // The loop throws the error; a stream whose `response` is not used must not be an unhandled rejection.
  response.catch(() => {});

  const close = () => finish();
  const feed = createFeed<DecodedEvent>(close);

  function deliver(item: StreamItem | DecodedEvent): PromiseLike<unknown> | undefined {
    lastEventId = item.lastEventId;
    return item.raw === undefined ? undefined : feed.give(item as DecodedEvent);
  }

  const delivery = createDelivery<StreamItem>(
    decode || endOn !== undefined
      ? createInterpreter(options, {
          attempt: () => attempt,
          isWanted: () => true,
          deliver,
          complete(event) {
            lastEventId = event.lastEventId;
            finish();
          },
          fail: (_event, error) => fail(error),
        })
      : deliver,
  );

  /** Only the first call counts. */
  function finish(failure?: { readonly error: unknown }): void {
    if (!attempt) return;
    attempt = undefined;
    signal?.removeEventListener("abort", abort);
    delivery.end();
    feed.end(failure);
    controller.abort(signal?.reason);
    settle[1](failure ? failure.error : controller.signal.reason);
  }

  function fail(cause: unknown): void {
    const error = toEventSourceError(cause, "network", "The transport failed");
    finish({ error: Object.assign(error, { attempt: 1, willRetry: false }) });
  }

  // As fetch does: an answer that was stopped must not pass for a whole one.
  const abort = () => finish({ error: signal!.reason });

  signal?.addEventListener("abort", abort);
  // The transport is called all the same, to release a body that it has already.
  if (signal?.aborted) abort();
  transport(
    { attempt: 1, lastEventId, signal: controller.signal },
    {
      open: (_stream, opened) => settle[0](opened),
      deliver: delivery.begin(),
      fail,
      retry() {},
      reconnecting() {},
    },
  ).then(() => {
    settle[0]();
    if (endOn === undefined) finish();
    else fail(new EventSourceError("premature-end", "The stream ended before the endOn event"));
  }, fail);

  return {
    response,
    get lastEventId() {
      return lastEventId;
    },
    close,
    // Where `Symbol.dispose` is missing, nothing calls it.
    [Symbol.dispose ?? "dispose"]: close,
    [Symbol.asyncIterator]: () => feed.iterator as AsyncIterableIterator<never>,
  };
}
