import {
  createEventSource,
  type AnyEvent,
  type ConnectionStatus,
  type EventSourceClient,
  type EventSourceError,
  type EventSourceOptions,
  type EventSourceUrl,
  type TextEvents,
} from "./index.ts";

/** Options of `useEventSource`: those of `createEventSource`, and two callbacks. */
export interface UseEventSourceOptions<Events extends object = TextEvents> extends Omit<
  EventSourceOptions,
  "signal"
> {
  /** Hears every event, two of the same data too. A promise that it returns holds the reader back until it settles. */
  onEvent?: ((event: AnyEvent<Events>) => unknown) | undefined;
  /** Hears every error, those that a retry follows (`willRetry`, `delay`) and those of a single event. */
  onError?: ((error: EventSourceError) => unknown) | undefined;
  /** `false` leaves the connection closed, or closes it, until it is `true`. Default `true`. */
  open?: boolean | undefined;
  /**
   * Whose stream it is. Another one begins afresh: with a new client, without the events of the one before, and not after
   * their ID. It is handed to `create`, as `createSharedEventSource` needs it.
   */
  identity?: string | undefined;
  /** What makes the client, such as `createSharedEventSource`; it does not connect yet (`open: false`). Default `createEventSource`. */
  create?:
    | ((
        url: EventSourceUrl,
        options: EventSourceOptions & { identity?: string | undefined },
      ) => EventSourceClient<Events>)
    | undefined;
}

/** What a component shows. The same object until something changes. */
export interface EventSourceState<Events extends object = TextEvents> {
  /** The life of the connection; `idle` during server-side rendering. */
  readonly status: ConnectionStatus;
  /** The latest event of this URL, if any. For all of them there is `onEvent`. */
  readonly event: AnyEvent<Events> | undefined;
  /** The client, for `reconnect()`, `on` and the rest. Another one when options change that make another request. */
  readonly client: EventSourceClient<Events>;
}

/** A component's event source: whatever happens to its options, one connection at most. */
export interface Binding {
  readonly state: () => AnyState;
  readonly subscribe: (listener: () => void) => () => void;
  /** Whether a URL and options are those of the stream that it follows, and of the same user. */
  readonly isAt: (its: { url: EventSourceUrl; identity?: string | undefined }) => boolean;
  /** Takes over a URL and options; makes a new connection when their key is another one. */
  readonly follow: (url: EventSourceUrl, options: object) => void;
  /** Connects, in a moment; the result closes. */
  readonly mount: () => () => void;
}

/** The adapters are typed by their overloads. */
type AnyEvents = Record<string, unknown>;
type AnyState = EventSourceState<AnyEvents>;
type Fn = (...args: unknown[]) => unknown;

const ids = /* @__PURE__ */ new WeakMap<object, number>();
let lastId = 0;

/** What is the component's own, and no option of the request. */
const own = { onEvent: undefined, onError: undefined, open: false };

/** Calls in flight of functions that refresh credentials, which components share as they share the function. */
const refreshes = /* @__PURE__ */ new WeakMap<Fn, Promise<unknown>>();

/**
 * What makes the request, as a string: data by their value, functions by there being one, and what cannot be looked into
 * by its identity.
 */
function keyOf(stream: unknown, options: object): string {
  return JSON.stringify([stream, { ...options, ...own }], (_name, value: unknown) => {
    if (typeof value === "function") return "()";
    if (typeof value !== "object" || !value) return value;
    if (Symbol.iterator in value) return [...(value as Iterable<unknown>)];
    const prototype = Object.getPrototypeOf(value) as unknown;
    if (!prototype || prototype === Object.prototype) return value;
    if (!ids.has(value)) ids.set(value, ++lastId);
    return ids.get(value);
  });
}

/** The same options with functions that look up at call time which function to call. */
function withLatest(options: object, latest: () => object): object {
  const stable = Object.entries(options).map(([name, value]: [string, unknown]) => {
    const current = () => (latest() as Record<string, never>)[name]!;
    if (name === "retry" && value) return [name, withLatest(value, current)];
    if (typeof value !== "function") return [name, value];
    const call: Fn = (...args) => {
      const fn: Fn = current();
      return name === "onUnauthorized" ? share(fn, args) : fn(...args);
    };
    return [name, Object.assign(call, value)]; // a decoder of schemas has their names
  });
  return Object.fromEntries(stable) as object;
}

function share(refresh: Fn, args: unknown[]): Promise<unknown> {
  let call = refreshes.get(refresh);
  if (!call) {
    call = (async () => refresh(...args))().finally(() => refreshes.delete(refresh));
    refreshes.set(refresh, call);
  }
  return call;
}

/** Makes a binding; nothing connects before it is mounted. */
export function createBinding(url: EventSourceUrl, options: object): Binding {
  const listeners = new Set<() => void>();
  let key = keyOf(url, options);
  let latest: UseEventSourceOptions<AnyEvents> & { url: EventSourceUrl } = { ...options, url };
  let state: AnyState;
  let undo: (() => void)[] = [];
  let isMounted = false;

  const set = (news: Partial<AnyState>) => {
    state = { ...state, ...news };
    for (const listener of listeners) listener();
  };
  const streamOf = (its: Partial<typeof latest>) => keyOf([its.url, its.identity], own);

  function makeClient(event?: AnyState["event"]): void {
    const {
      url: target,
      create = createEventSource,
      ...given
    } = withLatest({ ...latest, ...own }, () => latest) as typeof latest;
    // To the default, `identity` is one of the members that fetch does not know.
    const client = create(target, given as EventSourceOptions) as AnyState["client"];
    for (const remove of undo) remove();
    undo = [
      client.onStatus((status) => set({ status })),
      client.onEvent((event) => set({ event })),
      // Apart: what shows the event may throw, and the callback hears it all the same.
      client.onEvent((event) => latest.onEvent?.(event)),
      client.onError((error) => latest.onError?.(error)),
    ];
    set({ client, event, status: client.status });
  }

  /** Opens or closes, as the component has it now. */
  const settle = () => {
    const { client, status } = state;
    if (isMounted && latest.open !== false) client.open();
    else if (status.state !== "idle") client.close();
  };

  makeClient();
  return {
    state: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    isAt: (its) => streamOf(its) === streamOf(latest),
    follow(itsUrl, itsOptions) {
      const itsKey = keyOf(itsUrl, itsOptions);
      const before = latest;
      const { client, event } = state;
      latest = { ...itsOptions, url: itsUrl };
      const isSameStream = streamOf(before) === streamOf(latest);
      if (itsKey !== key) {
        // Options that are refused leave the connection as it was.
        makeClient(isSameStream ? event : undefined);
        key = itsKey;
        client.close();
        // The same stream by other means, such as a new token, goes on where it was.
        if (isSameStream && before.lastEventId === latest.lastEventId)
          state.client.resumeFrom(client.lastEventId);
        settle();
      } else if ((before.open === false) !== (latest.open === false)) settle();
    },
    mount() {
      isMounted = true;
      // In a moment: React's strict mode mounts, unmounts and mounts again at once, and that shall be one request.
      void Promise.resolve()
        .then(settle)
        .catch((error: EventSourceError) => (latest.onError ?? globalThis.reportError)?.(error));
      return () => {
        isMounted = false;
        settle();
      };
    },
  };
}
