import { chooseTransport } from "./choose-transport.ts";
import { createConnection, type Environment } from "../connection/connection.ts";
import type { SchemaDecoder } from "./decode.ts";
import { createChannel, emit, listen, type Channel, type ListenerOptions } from "../core/listeners.ts";
import type { EventSourceError } from "../core/errors.ts";
import type { EventSourceClient, EventSourceUrl } from "./event-source-client.ts";
import { isPlain, originOf, parseUrl, startingId } from "../http/http.ts";
import { createInterpreter, toEvent, type DecodedEvent } from "../stream/interpret.ts";
import { createFeed, createPump } from "../stream/iterate.ts";
import { splitOptions, type EventSourceOptions } from "./options.ts";
import { baseUrl } from "../core/page.ts";
import { defaultRetry, type RetryPolicy } from "../connection/retry.ts";
import type { ClosedStatus, ConnectionStatus } from "../connection/status.ts";
import type { StreamItem, TextEvents } from "../core/types.ts";

/** What adds listeners to a channel. */
function to<T>(channel: Channel<T>): (listener: (value: T) => unknown, how?: ListenerOptions) => () => void {
  return (listener, how) => listen(channel, listener, how);
}

/** @internal The same with the world passed in. */
export function createClient<Events extends object = TextEvents>(
  url: EventSourceUrl,
  options: EventSourceOptions,
  environment: Environment,
): EventSourceClient<Events> {
  const [ours, init] = splitOptions(options);
  const { decode, endOn, signal, retry } = ours;
  // What is not opened yet, such as a client made during server-side rendering, needs no page to resolve against.
  const isUnresolved = options.open === false && !baseUrl();
  const target = typeof url === "function" ? undefined : parseUrl(url, isUnresolved ? "http://a" : undefined);

  const byType = new Map<string, Channel<DecodedEvent>>();
  /** The name of the event before, and who listens to it. */
  let lastType: string | undefined;
  let lastChannel: Channel<DecodedEvent> | undefined;
  const everyEvent = createChannel<DecodedEvent>();
  const statuses = createChannel<ConnectionStatus>();
  const errors = createChannel<EventSourceError>();
  const comments = createChannel<string>();
  const deliveries = createChannel<string>();
  const newNames = createChannel<string>();
  const news: ConnectionStatus[] = [];
  let isClosed = false;
  let openUrl = "";
  let origin = "";
  /** The last event ID whose event is dealt with, as far as anybody was told. */
  let deliveredId = startingId(ours, target);
  let settle: (status: ClosedStatus) => void;
  let closed: Promise<ClosedStatus>;
  const renew = () => {
    closed = new Promise((resolve) => (settle = resolve));
  };
  renew();

  const interpret = createInterpreter(ours, {
    phase: () => connection.status,
    wants: (type) => byType.get(type)?.listeners.length || everyEvent.listeners.length,
    complete({ lastEventId }) {
      connection.lastEventId = lastEventId;
      connection.close("complete");
      return undefined;
    },
    // The last event ID moves with the event, so that what was not handed over is sent again after a reconnect.
    hand(event) {
      connection.lastEventId = event.lastEventId;
      // Looking a name up takes longer than all the rest.
      if (event.type !== lastType) lastChannel = byType.get((lastType = event.type));
      if (lastChannel) void emit(lastChannel, event);
      return everyEvent.listeners.length ? emit(everyEvent, event) : undefined;
    },
    refuse({ lastEventId }, error) {
      connection.lastEventId = lastEventId;
      void emit(errors, error);
    },
  });

  const pump = createPump<StreamItem>((item) => {
    if (item.data !== undefined) return interpret(toEvent(item, origin));
    if (item.comment === undefined) connection.lastEventId = item.lastEventId;
    else void emit(comments, item.comment);
    return undefined;
  }, delivered);

  /** Tells of the last event ID once nobody holds its event any more. */
  function delivered(): void {
    if (!deliveries.listeners.length || deliveredId === connection.lastEventId) return;
    void emit(deliveries, (deliveredId = connection.lastEventId));
  }

  const connection = createConnection(
    {
      transport: chooseTransport(
        url,
        ours,
        init,
        {
          names: () => [...byType.keys(), ...((decode as SchemaDecoder<object> | undefined)?.types ?? [])],
          onName: to(newNames),
        },
        environment.clock,
      ),
      // "A request body is never replayed silently": only a plain GET or HEAD is sent twice unasked.
      retry: (retry ?? isPlain(init)) && {
        ...defaultRetry,
        ...(splitOptions(Object(retry) as object, "retry.")[0] as RetryPolicy),
      },
      lastEventId: deliveredId,
      endless: endOn !== undefined,
      signal: signal ?? undefined,
      onStatus(status) {
        if (status.state === "open") {
          openUrl = status.url;
          origin = originOf(openUrl);
        }
        if (isClosed) renew();
        isClosed = status.state === "closed";
        if (status.state === "closed") settle(status);
        // A listener that changes the status does not make the others hear it before this one.
        if (news.push(status) > 1) return;
        // Nor does an event come before the status that explains it.
        pump.hold(1, 0);
        while (news[0]) {
          void emit(statuses, news[0]);
          news.shift();
        }
        pump.hold(-1, 0);
      },
      onError: (error) => void emit(errors, error),
      deliver: pump.push,
      drop: pump.clear,
    },
    environment,
  );

  const connect = (how: "open" | "reconnect") => {
    if (typeof url !== "function") parseUrl(url);
    connection[how]();
  };
  const close = (reason?: unknown) => connection.close("client", reason);

  const client = {
    on(type: string, listener: (event: DecodedEvent) => unknown, how?: ListenerOptions) {
      let channel = byType.get(type);
      if (!channel) {
        byType.set(type, (channel = createChannel()));
        lastType = undefined;
        void emit(newNames, type);
      }
      return listen(channel, listener, how);
    },
    onEvent: to(everyEvent),
    onStatus: to(statuses),
    onError: to(errors),
    onComment: to(comments),
    onCheckpoint: to(deliveries),
    get status() {
      return connection.status;
    },
    get lastEventId() {
      return connection.lastEventId;
    },
    set lastEventId(id) {
      connection.lastEventId = deliveredId = id;
    },
    get url() {
      return target ? (isUnresolved ? String(url) : target.href) : openUrl;
    },
    get readyState() {
      const { state } = connection.status;
      return state === "open" ? 1 : state === "idle" || state === "closed" ? 2 : 0;
    },
    get closed() {
      return closed;
    },
    open: () => connect("open"),
    close,
    reconnect: () => connect("reconnect"),
    pause: (reason = "client") => connection.pause(reason),
    checkLiveness: (timeout: number) => connection.checkLiveness(timeout),
    // Where `Symbol.dispose` is missing there is nothing that would call it.
    [Symbol.dispose ?? "dispose"]: close,
    [Symbol.asyncIterator]() {
      const { iterator, give, end } = createFeed<DecodedEvent>(pump.hold, close);
      // What was closed before, and is not told to everybody yet, does not end this one.
      const old = news.slice(1);
      const finish = (status: ConnectionStatus) => {
        if (status.state !== "closed" || old.includes(status)) return;
        undoGive();
        undoFinish();
        end(status.reason === "error" && status.error);
      };
      const undoGive = listen(everyEvent, give);
      const undoFinish = listen(statuses, finish);
      if (connection.status.state === "idle") client.open();
      finish(connection.status);
      return iterator;
    },
  };
  // A transport may deliver at once, but whoever makes a client listens to it right after. Fake timers fake `queueMicrotask`.
  pump.hold(1, 0);
  void Promise.resolve().then(() => pump.hold(-1, 0));
  if (options.open !== false) client.open();
  return client as unknown as EventSourceClient<Events>;
}
