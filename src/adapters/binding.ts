import {
  createEventSource,
  type EventSourceError,
  type EventSourceOptions,
  type EventSourceUrl,
} from "../index.ts";
import { report } from "../core/listeners.ts";
import { withLatest, type StandIn } from "./latest.ts";
import type { EventSourceState, UseEventSourceOptions } from "./options.ts";
import { requestKey } from "./request-key.ts";

/** The event source of one component. It has one connection at most, however its options change. */
export interface Binding {
  readonly state: () => AnyState;
  /** Listens to changes of `state`. Returns an unsubscribe function. A listener must not throw. */
  readonly subscribe: (listener: () => void) => () => void;
  /** Whether a URL and identity are those of the current stream. */
  readonly isAt: (target: { url: EventSourceUrl; identity?: string | undefined }) => boolean;
  /** Takes over a URL and options. Makes a new client if they require another request. */
  readonly follow: (next: Followed) => void;
  /** Connects in a microtask. Returns `unmount`. */
  readonly mount: () => () => void;
  /** Closes. */
  readonly unmount: () => void;
}

/** The signatures of the hooks give the types. */
type AnyEvents = Record<string, unknown>;
type AnyState = EventSourceState<AnyEvents>;
/** The URL and options that the component has now. */
type Followed = UseEventSourceOptions<AnyEvents> & { url: EventSourceUrl };

/** The members that belong to the component and not to the request. */
const own = { enabled: undefined, onError: undefined, onEvent: undefined, onStatus: undefined, open: false };

/** The state of a stream without events. */
export const empty = { event: undefined, data: undefined, error: undefined };

// `own` comes first to fix the order of the members, and last to override them.
const keyOf = (followed: object) => requestKey({ ...own, ...followed, ...own });
const streamOf = ({ url, identity }: Partial<Followed>) => requestKey([url, identity]);

/** Makes a binding. It does not connect before it is mounted. */
export function createBinding(first: Followed): Binding {
  const listeners = new Set<() => void>();
  let latest = first;
  let key = keyOf(first);
  let state: AnyState;
  let unsubscribe: (() => void)[] = [];
  let refresh: StandIn | undefined;
  let isMounted = false;

  const set = (changes: Partial<AnyState>) => {
    state = { ...state, ...changes };
    for (const listener of listeners) listener();
  };

  function makeClient(next: Followed, kept: Partial<AnyState>): void {
    const { createClient, identity, ...request } = { ...next, ...own };
    const { url, ...options } = withLatest(request, () => latest) as Followed;
    const client = createClient
      ? createClient(url, { ...(options as EventSourceOptions), identity })
      : (createEventSource(url, options as EventSourceOptions) as AnyState["client"]);
    // Nothing throws from here on: options that are refused leave the connection and its functions as they were.
    latest = next;
    refresh = options.onUnauthorized as StandIn | undefined;
    for (const end of unsubscribe) end();
    unsubscribe = [
      client.onStatus((status) => {
        const { onStatus } = latest;
        set(status.state === "open" ? { status, error: undefined } : { status });
        return onStatus?.(status);
      }),
      client.onEvent((event) => {
        // Read first: rendering the event may replace the options, but this event belongs to the old ones.
        const { onEvent } = latest;
        set({ event, data: event.data, error: undefined });
        return onEvent?.(event);
      }),
      client.onError((error) => {
        const { onError } = latest;
        set({ error });
        return onError?.(error);
      }),
    ];
    set({ client, status: client.status, ...kept });
  }

  /** Opens or closes the client, as the component has it now. */
  const settle = () => {
    const { client, status } = state;
    if (isMounted && latest.enabled !== false) client.open();
    else if (status.state !== "idle") client.close();
  };

  const unmount = () => {
    isMounted = false;
    settle();
  };

  makeClient(first, empty);
  return {
    state: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    isAt: (target) => streamOf(target) === streamOf(latest),
    follow(next) {
      const nextKey = keyOf(next);
      const before = latest;
      if (nextKey === key) {
        latest = next;
        refresh?.replace(next.onUnauthorized!);
        if ((before.enabled === false) !== (next.enabled === false)) settle();
        return;
      }
      const { client } = state;
      const isSameStream = streamOf(next) === streamOf(before);
      makeClient(next, isSameStream ? {} : empty);
      key = nextKey;
      client.close();
      // The same stream by another request, for example with a new token, resumes.
      if (isSameStream && before.lastEventId === next.lastEventId)
        state.client.lastEventId = client.lastEventId;
      settle();
    },
    mount() {
      isMounted = true;
      // React's strict mode mounts, unmounts and mounts again at once. That should be one request.
      void Promise.resolve()
        .then(settle)
        .catch((error: EventSourceError) => {
          set({ error });
          (latest.onError ?? report)(error);
        });
      return unmount;
    },
    unmount,
  };
}
