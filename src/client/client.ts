import { createConnection, type Environment } from "../connection/connection.ts";
import type { RetryOptions } from "../connection/retry.ts";
import type { ClosedStatus, ConnectionStatus } from "../connection/status.ts";
import { checkNumbers, type EventSourceError } from "../core/errors.ts";
import { both, createChannel, emit, listen, type Channel, type ListenerOptions } from "../core/listeners.ts";
import type { StreamItem, TextEvents } from "../core/types.ts";
import { chooseTransport } from "../http/choose-transport.ts";
import { startingId } from "../http/headers.ts";
import { isPlain } from "../http/request.ts";
import { createUrl, resolveUrl } from "../http/url.ts";
import { createDelivery } from "../stream/delivery.ts";
import { createInterpreter, type DecodedEvent, type Outcomes } from "../stream/interpret.ts";
import { createFeed, type Feed } from "../stream/iterate.ts";
import type { SchemaDecoder } from "./decode.ts";
import type { EventSourceClient, EventSourceUrl } from "./event-source-client.ts";
import type { EventSourceOptions } from "./options.ts";

/** Makes the function that adds listeners to a channel. */
function to<T>(
  channel: Channel<T>,
): (listener: (value: T) => unknown, options?: ListenerOptions) => () => void {
  return (listener, options) => listen(channel, listener, options);
}

/** A fatal error is thrown; any other end is quiet. */
function endLoop(loop: Feed<DecodedEvent>, { reason, error }: ClosedStatus): void {
  loop.end(reason === "error" ? { error } : undefined);
}

/** @internal `createEventSource` with its environment as an argument. */
export function createClient<Events extends object = TextEvents>(
  url: EventSourceUrl,
  options: EventSourceOptions,
  environment: Environment,
): EventSourceClient<Events> {
  const { decode, endOn, signal, open, onEvent, onStatus, onError, ...request } = options;
  const { retry } = request;
  checkNumbers(Object(retry) as object, "retry.");
  const address = createUrl(url, open === false);

  const byType = new Map<string, Channel<DecodedEvent>>();
  const everyEvent = createChannel<DecodedEvent>();
  const statuses = createChannel<ConnectionStatus>();
  const errors = createChannel<EventSourceError>();
  const comments = createChannel<string>();
  const checkpoints = createChannel<string>();
  const addedTypes = createChannel<string>();
  /** `for await` loops. */
  let loops: readonly Feed<DecodedEvent>[] = [];
  /** The type of the last event and its listeners: comparing costs less than a look-up. */
  let lastType: string | undefined;
  let lastChannel: Channel<DecodedEvent> | undefined;
  let openUrl = "";
  let closed: Promise<ClosedStatus>;
  let settleClosed: (status: ClosedStatus) => void;
  const renewClosed = () => {
    closed = new Promise((resolve) => (settleClosed = resolve));
  };
  renewClosed();
  let checkpoint = startingId(request, address);

  /**
   * The last event ID moves when an event is delivered. What was not delivered is sent again after a reconnect.
   */
  function deliver(item: StreamItem | DecodedEvent): PromiseLike<unknown> | undefined {
    if (item.raw === undefined) return deliverOther(item as StreamItem);
    const event = item as DecodedEvent;
    connection.lastEventId = event.lastEventId;
    connection.hasEvent = true;
    if (event.type !== lastType) lastChannel = byType.get((lastType = event.type));
    const channel = lastChannel;
    let hold: PromiseLike<unknown> | undefined;
    // Loops come first: the event is theirs too when a listener closes the client, which ends them.
    for (let i = 0, given = loops; i < given.length; i++) hold = both(hold, given[i]!.give(event));
    if (channel) hold = emit(channel, event, hold);
    return everyEvent.listeners.length ? emit(everyEvent, event, hold) : hold;
  }

  function deliverOther({ comment, lastEventId }: StreamItem): undefined {
    if (comment === undefined) connection.lastEventId = lastEventId;
    else void emit(comments, comment);
  }

  const outcomes: Outcomes = {
    attempt: () => connection.attempt,
    isWanted: (type) => byType.has(type) || everyEvent.listeners.length || loops.length,
    deliver,
    complete({ lastEventId }) {
      connection.lastEventId = lastEventId;
      connection.close("complete");
    },
    fail({ lastEventId }, error) {
      connection.lastEventId = lastEventId;
      void emit(errors, error);
    },
  };

  const connection = createConnection(
    {
      transport: chooseTransport(
        address,
        request,
        {
          names: () => [...byType.keys(), ...((decode as SchemaDecoder<object> | undefined)?.types ?? [])],
          onName: to(addedTypes),
        },
        environment.clock,
      ),
      retry: (retry ?? isPlain(request)) && (Object(retry) as RetryOptions),
      lastEventId: checkpoint,
      expectsEnd: endOn !== undefined,
      signal: signal ?? undefined,
      delivery: createDelivery(
        decode || endOn !== undefined ? createInterpreter(options, outcomes) : deliver,
        onProcessed,
      ),
      onClosed(status) {
        settleClosed(status);
        const ended = loops;
        loops = [];
        for (const loop of ended) endLoop(loop, status);
      },
      onStatus(status) {
        if (status.state === "open") openUrl = status.url;
        void emit(statuses, status);
      },
      onError: (error) => void emit(errors, error),
    },
    environment,
  );

  function onProcessed(): void {
    if (!checkpoints.listeners.length || checkpoint === connection.lastEventId) return;
    void emit(checkpoints, (checkpoint = connection.lastEventId));
  }

  const connect = (how: "open" | "reconnect") => {
    resolveUrl(address);
    // With an aborted signal it stays closed.
    if (connection.status.state === "closed" && !signal?.aborted) renewClosed();
    connection[how]();
  };
  const close = (reason?: unknown) => connection.close("client", reason);

  const client: EventSourceClient<Events> = {
    on(type: string, listener: (event: never) => unknown, how?: ListenerOptions) {
      let channel = byType.get(type);
      if (!channel) {
        channel = createChannel(() => {
          byType.delete(type);
          lastType = undefined;
        });
        byType.set(type, channel);
        lastType = undefined;
        lastType = undefined;
        void emit(addedTypes, type);
      }
      return listen<never>(channel as Channel<never>, listener, how);
    },
    onEvent: to(everyEvent as Channel<never>),
    onStatus: to(statuses),
    onError: to(errors),
    onComment: to(comments),
    onCheckpoint: to(checkpoints),
    get status() {
      return connection.status;
    },
    get lastEventId() {
      return connection.lastEventId;
    },
    set lastEventId(id) {
      connection.lastEventId = checkpoint = id;
    },
    get url() {
      return typeof address.url === "string" ? address.url : openUrl;
    },
    get readyState() {
      const { state } = connection.status;
      return state === "open" ? 1 : /idle|closed/.test(state) ? 2 : 0;
    },
    get closed() {
      return closed;
    },
    open: () => connect("open"),
    close,
    reconnect: () => connect("reconnect"),
    fail: (cause?: unknown) => connection.fail(cause),
    pause: (reason = "client") => connection.pause(reason),
    checkLiveness(timeout: number) {
      // `NaN` stands for `undefined`, which an option may be.
      checkNumbers({ timeout: timeout ?? NaN });
      connection.checkLiveness(timeout);
    },
    // Where `Symbol.dispose` is missing, nothing calls it.
    [Symbol.dispose ?? "dispose"]: close,
    [Symbol.asyncIterator]() {
      if (connection.status.state === "idle") client.open();
      const feed = createFeed<DecodedEvent>(close);
      const { status } = connection;
      if (status.state === "closed") endLoop(feed, status);
      else loops = [...loops, feed];
      return feed.iterator as AsyncIterableIterator<never>;
    },
  };
  if (onEvent) client.onEvent(onEvent as (event: unknown) => unknown);
  if (onStatus) client.onStatus(onStatus);
  if (onError) client.onError(onError);
  if (open !== false) client.open();
  return client;
}
