import {
  createEventSource,
  type ClosedStatus,
  type ConnectionStatus,
  type EventSourceClient,
  type EventSourceOptions,
  type EventSourceUrl,
  type ListenerOptions,
  type TextEvents,
} from "../index.ts";
import { createHub } from "./hub.ts";
import { checkShared, keyOf } from "./key.ts";
import { createMember } from "./member.ts";
import type { Hub } from "./parts.ts";
import type { Scope, World } from "./world.ts";

/** Options of `createSharedEventSource`, beside those of `createEventSource`. */
export interface SharedEventSourceOptions<
  Events extends object = Record<string, unknown>,
> extends EventSourceOptions<Events> {
  /**
   * Who asks: a user's ID, say, or `"anonymous"`. Clients share a connection only when they name the same. Needed wherever
   * an option may carry credentials: a function as `headers`, `url`, `fetch`, `transport`, or `onUnauthorized`, and
   * `credentials: "include"`. Name it, too, where the server knows users by cookies of its own.
   */
  identity?: string | undefined;
  /** Names the stream in place of its URL. Needed where `url` is a function. */
  name?: string | undefined;
  /** How many past events a client that joins late is given, of those that are kept (1 Mi characters). Default 0. */
  replay?: number | undefined;
  /**
   * Most characters that wait in this tab for a slow listener or loop, 100 more for each event, else `event-too-large`, which
   * is fatal. Default 16 MiB (16777216).
   */
  maxBuffer?: number | undefined;
}

/** `scope` tells whom the connection is shared with: all tabs, or only this one where the platform keeps them apart. */
export type SharedStatus = ConnectionStatus & { readonly scope: Scope };

/** A subscription whose connection is shared. Not an interface: one that extends a client hides its events from inference. */
export type SharedEventSource<Events extends object = TextEvents> = {
  onStatus(listener: (status: SharedStatus) => unknown, options?: ListenerOptions): () => void;
  readonly status: SharedStatus;
  readonly closed: Promise<ClosedStatus & SharedStatus>;
  /** Has the shared connection made anew. */
  reconnect(): void;
} & EventSourceClient<Events>;

function copyOf(headers: EventSourceOptions["headers"]): EventSourceOptions["headers"] {
  return headers instanceof Headers ? new Headers(headers) : headers;
}

/** What `createSharedEventSource` makes, with the world passed in. */
export function createSharedClient<Events extends object = TextEvents>(
  url: EventSourceUrl,
  { identity, name, replay = 0, maxBuffer = 2 ** 24, ...options }: SharedEventSourceOptions,
  world: World,
): SharedEventSource<Events> {
  const { decode, endOn, signal, open = true, retry, lastEventId: given, ...others } = options;
  const { onEvent, onStatus, onError, ...passed } = others;
  // Copied, since every connection of the future is made from it, also by a later hub.
  const request = { ...passed, headers: copyOf(passed.headers) };
  checkShared({ identity, name, replay, maxBuffer }, url, request);
  // What a client makes of the events is its own affair; that there is an end to wait for is not.
  const connect = (from: string | undefined) =>
    createEventSource(target, {
      transport: "fetch",
      ...request,
      retry,
      endOn: endOn === undefined ? undefined : () => false,
      lastEventId: from,
      open: false,
    });
  let target = url;
  // Throws for wrong options, resolves the URL, and knows where the URL or a header says that the stream begins.
  const { lastEventId, url: resolved } = connect(given);
  if (typeof url !== "function") target = resolved;

  const member = createMember({
    replay,
    maxBuffer,
    reconnect: () => client.reconnect(),
    open: () => client.open(),
    getHub(from) {
      const key = keyOf(name ?? client.url, identity, { ...request, retry, endOn: endOn && "" });
      const there = world.hubs.get(key) as Hub | undefined;
      if (there?.has(from)) return there;
      const hub = createHub(key, connect, world, from);
      if (!there) world.hubs.set(key, hub);
      return hub;
    },
  });
  const client = createEventSource(target, {
    decode,
    endOn,
    onEvent,
    onStatus,
    onError,
    signal,
    lastEventId,
    transport: member.transport,
    // Whether and when there is another attempt is what the shared connection says.
    retry: retry !== false && {
      maxDelay: retry === true ? undefined : retry?.maxDelay,
      factor: 1,
      jitter: 0,
      shouldRetry: member.willRetry,
    },
    open: false,
  } as EventSourceOptions);
  let scope = world.scope();
  /** Completes a status, the first time that anybody looks at it. */
  function toShared(status: ConnectionStatus): SharedStatus {
    const hub = member.hub();
    scope = hub?.scope() ?? scope;
    const { is, attempt = 0 } = hub?.state() ?? {};
    if (!("scope" in status))
      Object.assign(status, {
        // Those of this client began when it did.
        ...("attempt" in status &&
          attempt && { attempt: attempt + Number(is === "failed" && status.state === "connecting") }),
        scope,
      });
    return status as SharedStatus;
  }
  // The first listener.
  client.onStatus((status) => {
    toShared(status);
    if (/closed|paused/.test(status.state)) member.leave();
  });

  const shared = {
    __proto__: client,
    get status() {
      return toShared(client.status);
    },
    reconnect() {
      const hub = member.hub();
      hub?.wish(["reconnect", 0]);
      // The way out of a promise that never settles.
      if (!hub || member.isBusy()) client.reconnect();
    },
  };
  if (open) client.open();
  return shared as unknown as SharedEventSource<Events>;
}
