import { EventSourceError, type Sink, type StreamItem, type Transport } from "../index.ts";
import { fromPlain, type SharedState } from "./message.ts";
import type { Hub, Member } from "./parts.ts";

export interface MemberOptions {
  /** A hub that has what comes after an ID, or will. */
  readonly getHub: (lastEventId: string) => Hub;
  /** See `SharedEventSourceOptions`. */
  readonly replay: number;
  readonly maxBuffer: number;
  /** Has the client begin a new attempt: in place of the running one, which lets go of busy listeners, or where there is none. */
  readonly reconnect: () => void;
  readonly open: () => void;
}

/**
 * A client's way into a hub: a transport that reads the log of the hub. What waits for a slow client waits there, so that
 * it holds nobody else up. An attempt of the client lasts as long as one of the shared connection.
 */
export function createMember({ getHub, replay, maxBuffer, reconnect, open }: MemberOptions): {
  readonly transport: Transport;
  readonly hub: () => Hub | undefined;
  readonly leave: () => void;
  /** Whether a listener or loop holds an event. */
  readonly isBusy: () => boolean;
  /** Whether another attempt follows the last failure. */
  readonly willRetry: () => boolean;
} {
  let hub: Hub | undefined;
  let sink: Sink | undefined;
  let isOpen = false;
  /** A new attempt follows as soon as nobody holds an event any more. */
  let again = false;
  /** The failure that the client is told of then: to one that is told at once, what it holds would be lost. */
  let late: SharedState | undefined;
  /**
   * The shared connection is over: where its items end. What waits is handed over before the client is told. Somebody else
   * may open it again meanwhile, which is not for those that did not.
   */
  let over: number | undefined;
  /** Whether there has been a connection, or an attempt at one, since the client asked for it. */
  let isTold = false;
  let cause: EventSourceError | undefined;
  let willRetry = true;
  /** The failure that the client knows of. */
  let told: SharedState | undefined;
  let wake = () => {};

  /** The number of the next item, or of the one that is being handed over. */
  let next: number;
  let wanted = replay;
  /** Tells a client that starts after no event where the others are. */
  let greeting: StreamItem | undefined;
  /** What is being handed over, and the ID of what was before. */
  let flight: StreamItem | undefined;
  let handedId = "";

  function handedOver(item: StreamItem): void {
    handedId = item.lastEventId;
    if (item !== greeting) next++;
    flight = greeting = undefined;
  }

  function fail(error: EventSourceError, again: boolean): void {
    willRetry = again;
    sink?.fail(error);
  }

  function leave(): void {
    hub?.remove(member);
    hub = undefined;
  }

  const member: Member = {
    next: () => next,
    read(end) {
      const { log } = hub!;
      if (next === Infinity) {
        next = handedId ? log.find(undefined, handedId)! : log.last(wanted);
        wanted = 0;
        if (!handedId) greeting = { type: "", data: undefined, lastEventId: log.before(next).lastEventId };
        // What it asked for by itself is not too much.
      } else if (next < end && log.weight(next) > maxBuffer)
        fail(
          new EventSourceError("event-too-large", `More than ${maxBuffer} characters wait for a listener`),
          false,
        );
      wake();
    },
    tell(state) {
      if (over !== undefined) return;
      const isFirst = !isTold;
      isTold = true;
      if (state.is === "connecting") {
        if (!sink) open();
        else if (isOpen && flight) again = true;
        else if (isOpen) reconnect();
      } else if (!sink) {
        if (state.is === "open") open();
      } else if (state.is === "open") {
        if (isOpen) return;
        isOpen = true;
        const checkLiveness = (within: number) => hub?.wish(["checkLiveness", within]);
        sink.open({ url: state.url, headers: new Headers([...state.headers]), checkLiveness });
        wake();
      } else if (state.is === "failed") {
        if (flight) {
          late = state;
          again = false;
          return;
        }
        told = state;
        sink.retry(state.error.delay!);
        fail(fromPlain(state.error), true);
      } else if (isFirst) {
        // It was over before.
        hub!.wish(["open", 0]);
      } else {
        over = hub!.log.end();
        again = false;
        late = undefined;
        cause = state.error && fromPlain(state.error);
        wake();
      }
    },
  };

  return {
    hub: () => hub,
    isBusy: () => !!flight,
    willRetry: () => willRetry,
    leave,
    async transport({ lastEventId, signal }, current) {
      sink = current;
      isOpen = again = false;
      over = late = undefined;
      willRetry = true;
      signal.addEventListener("abort", () => {
        sink = undefined;
        wake();
      });
      // What the last attempt did not hand over, this one does, unless the client wants to be somewhere else.
      const place = hub ? [handedId, flight?.lastEventId].lastIndexOf(lastEventId) : -1;
      if (place < 0) {
        flight = greeting = undefined;
        handedId = lastEventId;
        next = Infinity;
        if (!hub?.has(lastEventId)) {
          leave();
          hub = getHub(lastEventId);
        }
        hub.add(member);
      } else if (flight && place) handedOver(flight);
      else flight = undefined;
      const state = hub!.state();
      isTold = !!state && state.is !== "closed";
      if (state?.is === "open" || (state?.is === "failed" && state !== told)) member.tell(state);
      else if (state && state.is !== "connecting") hub!.wish(["open", 0]);

      while (!signal.aborted) {
        const item = greeting ?? (next === over ? undefined : hub!.log.item(next));
        if ((isOpen || over !== undefined) && item) {
          flight = item;
          const held = current.deliver(item);
          if (held) await held;
          // The next attempt sees to it.
          if (signal.aborted) return;
          handedOver(item);
          if (late) {
            member.tell(late);
            // The others are further already, and a listener may have closed it.
            if (again && hub) open();
            return;
          }
          if (again) return reconnect();
        } else if (over !== undefined) {
          willRetry = false;
          if (cause) throw cause;
          return;
        } else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}
