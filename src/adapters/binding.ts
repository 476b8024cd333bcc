import {
  createEventSource,
  type AnyEvent,
  type ConnectionStatus,
  type EventSourceClient,
  type EventSourceError,
  type EventSourceOptions,
  type EventSourceUrl,
  type TextEvents,
} from "../index.ts";

/** Options of `useEventSource`: those of `createEventSource`, and two callbacks. */
export interface UseEventSourceOptions<Events extends object = TextEvents> extends Omit<
  EventSourceOptions,
  "signal" | "onEvent"
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
  /** Calls back with every change, and gives the undo. A listener must not throw. */
  readonly subscribe: (listener: () => void) => () => void;
  /** Whether a URL and options are those of the stream that it follows, and of the same user. */
  readonly isAt: (its: { url: EventSourceUrl; identity?: string | undefined }) => boolean;
  /** Takes over a URL and options; makes a new connection when their key is another one. */
  readonly follow: (next: Followed) => void;
  /** Connects, in a moment; the result closes. */
  readonly mount: () => () => void;
}

/** The adapters are typed by their overloads. */
type AnyEvents = Record<string, unknown>;
type AnyState = EventSourceState<AnyEvents>;
/** A URL and options, as the component has them now. */
type Followed = UseEventSourceOptions<AnyEvents> & { url: EventSourceUrl };
type Fn = (...args: unknown[]) => unknown;

const ids = /* @__PURE__ */ new WeakMap<object, number>();
let lastId = 0;

/** What is the component's own, and no option of the request. */
const own = { onError: undefined, onEvent: undefined, open: false };

/** Calls in flight of functions that refresh credentials, which components share as they share the function. */
const refreshes = /* @__PURE__ */ new WeakMap<Fn, Promise<unknown>>();

/**
 * What makes the request, as a string: data by their value, functions by there being one, and what cannot be looked into
 * by its identity.
 */
function keyOf(followed: object): string {
  // `own` goes first to fix the order of the members, and last to win.
  return JSON.stringify({ ...own, ...followed, ...own }, (_name, value: object) => {
    if (typeof value === "function") return "()";
    if (Object(value) !== value) return value;
    if (Symbol.iterator in value) return [...(value as Iterable<unknown>)];
    if (value.constructor === Object) return value;
    const id = ids.get(value) ?? ++lastId;
    ids.set(value, id);
    return id;
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
  const call =
    refreshes.get(refresh) ?? (async () => refresh(...args))().finally(() => refreshes.delete(refresh));
  refreshes.set(refresh, call);
  return call;
}

/** Hands an error that nobody takes to the runtime. */
export function report(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

/** Makes a binding; nothing connects before it is mounted. */
export function createBinding(first: Followed): Binding {
  const listeners = new Set<() => void>();
  let latest = first;
  let key = keyOf(first);
  let state: AnyState;
  let undo: (() => void)[] = [];
  let isMounted = false;

  const set = (news: Partial<AnyState>) => {
    state = { ...state, ...news };
    for (const listener of listeners) listener();
  };
  const streamOf = (its: Partial<Followed>) => keyOf([its.url, its.identity]);

  function makeClient(next: Followed, event?: AnyState["event"]): void {
    const { create = createEventSource, ...request } = { ...next, ...own };
    const { url, ...given } = withLatest(request, () => latest) as Followed;
    // To the default, `identity` is one of the members that fetch does not know.
    const client = create(url, given as EventSourceOptions) as AnyState["client"];
    // Options that are refused leave the connection as it was, with the functions that it had.
    latest = next;
    for (const remove of undo) remove();
    undo = [
      client.onStatus((status) => set({ status })),
      client.onEvent((news) => {
        // Whoever shows the event may ask for another stream: its own callback hears it all the same.
        const { onEvent } = latest;
        set({ event: news });
        return onEvent?.(news);
      }),
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

  makeClient(first);
  return {
    state: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    isAt: (its) => streamOf(its) === streamOf(latest),
    follow(next) {
      const nextKey = keyOf(next);
      const before = latest;
      if (nextKey === key) {
        latest = next;
        if ((before.open === false) !== (next.open === false)) settle();
        return;
      }
      const { client, event } = state;
      const isSameStream = streamOf(next) === streamOf(before);
      makeClient(next, isSameStream ? event : undefined);
      key = nextKey;
      client.close();
      // The same stream by other means, such as a new token, goes on where it was.
      if (isSameStream && before.lastEventId === next.lastEventId)
        state.client.lastEventId = client.lastEventId;
      settle();
    },
    mount() {
      isMounted = true;
      // In a moment: React's strict mode mounts, unmounts and mounts again at once, and that shall be one request.
      void Promise.resolve()
        .then(settle)
        .catch((error: EventSourceError) => (latest.onError ?? report)(error));
      return () => {
        isMounted = false;
        settle();
      };
    },
  };
}
