import type { EventSourceClient, ServerSentEvent } from "../../src/index.ts";

/** Reads a client to its end and gives what it delivered, in order, to `take`. */
export type Consumer = (
  source: EventSourceClient,
  take: (event: ServerSentEvent) => void,
) => Promise<unknown>;

/** The names of the events that the logs of `fault-arbitraries.ts` hold. */
export const TYPES = ["message", "tick", "error", "open", "__proto__", "é"] as const;

const turn = () => new Promise(setImmediate);

/** Every way to get events out of a client, with a consumer that is done at once and with one that is not. */
export const consumers: Record<string, Consumer> = {
  onEvent(source, take) {
    source.onEvent(take);
    return source.closed;
  },
  "on(type)"(source, take) {
    for (const type of TYPES) source.on(type, take);
    return source.closed;
  },
  async "onEvent, asynchronous"(source, take) {
    let isBusy = false;
    source.onEvent(async (event) => {
      if (isBusy) throw new Error("An event came while the one before it was held");
      isBusy = true;
      take(event);
      await turn();
      isBusy = false;
    });
    await source.closed;
    await turn();
  },
  "onEvent, asynchronous, with a reconnect() of its own now and then"(source, take) {
    let count = 0;
    source.onEvent(async (event) => {
      take(event);
      if (++count % 7 === 0) source.reconnect();
      await turn();
    });
    return source.closed;
  },
  async "onEvent, with pauses and checks of its own"(source, take) {
    const open = () => source.status.state === "paused" && source.open();
    const actions = [
      () => source.checkLiveness(40),
      () => {
        source.pause();
        setImmediate(open);
      },
      () => {
        source.pause();
        open();
      },
    ];
    let count = 0;
    source.onEvent(async (event) => {
      take(event);
      if (++count % 5 === 0) actions[(count / 5) % actions.length]!();
      await turn();
    });
    await source.closed;
    await turn();
  },
  async "for await, paused by a listener"(source, take) {
    source.onEvent(({ lastEventId }) => {
      if (Number(lastEventId) % 9 > 0) return;
      source.pause();
      setImmediate(() => source.status.state === "paused" && source.open());
    });
    for await (const event of source) {
      await turn();
      take(event);
    }
  },
  async "for await"(source, take) {
    for await (const event of source) take(event);
  },
  async "for await, asynchronous"(source, take) {
    for await (const event of source) {
      await turn();
      take(event);
    }
  },
  async "for await, broken off and begun again"(source, take) {
    for (let count = 0; source.status.state !== "closed" || count;) {
      count = 0;
      source.open();
      for await (const event of source) {
        take(event);
        if (++count === 5) break;
      }
    }
  },
};
