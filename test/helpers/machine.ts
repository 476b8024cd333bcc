import { getEventListeners } from "node:events";
import { createConnection, type Connection, type Environment } from "../../src/connection/connection.ts";
import type { EventSourceError } from "../../src/core/errors.ts";
import type { RetryOptions } from "../../src/connection/retry.ts";
import type { ConnectionStatus } from "../../src/connection/status.ts";
import { createDelivery } from "../../src/stream/delivery.ts";
import type { AttemptContext, OpenStream, Sink, StreamItem, Transport } from "../../src/core/types.ts";
import { createFakeClock, settled, type FakeClock } from "./fake-clock.ts";

/** One attempt, to be played by the test. */
export interface Attempt {
  readonly context: AttemptContext;
  readonly sink: Sink;
  /** The server answers with an event stream. */
  answer(stream?: Partial<OpenStream>): Promise<void>;
  /** Items arrive. */
  give(...items: StreamItem[]): Promise<void>;
  /** The server ends the stream. */
  end(): Promise<void>;
  /** The attempt fails. */
  fail(reason: unknown): Promise<void>;
}

/** A transport whose attempts are played by the test. */
export function scriptedTransport(onAttempt?: (attempt: Attempt) => void): {
  transport: Transport;
  attempts: Attempt[];
} {
  const attempts: Attempt[] = [];
  const transport: Transport = (context, sink) =>
    new Promise((resolve, reject) => {
      const attempt: Attempt = {
        context,
        sink,
        async answer(stream) {
          sink.open({ url: "http://example.test/events", headers: new Headers(), ...stream });
          await settled();
        },
        async give(...items) {
          for (const item of items) void sink.deliver(item);
          await settled();
        },
        async end() {
          resolve();
          await settled();
        },
        async fail(reason) {
          reject(reason as Error);
          await settled();
        },
      };
      attempts.push(attempt);
      onAttempt?.(attempt);
    });
  return { transport, attempts };
}

/** A page that is online until it is told otherwise. */
export function fakePage(): {
  whenOnline: Environment["whenOnline"];
  goOffline(): void;
  goOnline(): Promise<void>;
  watchers(): number;
} {
  let offline = false;
  const watchers = new Set<() => void>();
  return {
    whenOnline(callback) {
      if (!offline) return undefined;
      watchers.add(callback);
      return () => watchers.delete(callback);
    },
    goOffline() {
      offline = true;
    },
    async goOnline() {
      offline = false;
      for (const callback of watchers) callback();
      await settled();
    },
    watchers: () => watchers.size,
  };
}

export interface MachineOptions {
  retry?: false | RetryOptions;
  lastEventId?: string;
  endless?: boolean;
  signal?: AbortSignal;
  random?: () => number;
  /** Runs inside each callback, with what called: `status connecting`, `error`, `deliver`. */
  inside?: (callback: string) => void;
  onAttempt?: (attempt: Attempt) => void;
}

export interface Machine {
  readonly connection: Connection;
  readonly clock: FakeClock;
  readonly page: ReturnType<typeof fakePage>;
  readonly attempts: Attempt[];
  /** The attempt made last. */
  readonly attempt: Attempt;
  readonly statuses: ConnectionStatus[];
  /** The states that came since it was asked last. */
  states(): string[];
  readonly errors: EventSourceError[];
  readonly items: StreamItem[];
}

/** A connection with a scripted transport, a fake clock and a fake page. */
export function machine({
  retry,
  lastEventId = "",
  endless = false,
  signal,
  random = () => 0,
  inside,
  onAttempt,
}: MachineOptions = {}): Machine {
  const clock = createFakeClock();
  const page = fakePage();
  const { transport, attempts } = scriptedTransport(onAttempt);
  const statuses: ConnectionStatus[] = [];
  const errors: EventSourceError[] = [];
  const items: StreamItem[] = [];
  let told = 0;
  const connection = createConnection(
    {
      transport,
      retry: retry ?? {},
      lastEventId,
      expectsEnd: endless,
      signal,
      onStatus(status) {
        statuses.push(status);
        inside?.(`status ${status.state}`);
      },
      onError(error) {
        errors.push(error);
        inside?.("error");
      },
      delivery: createDelivery<StreamItem>((item) => {
        items.push(item);
        connection.lastEventId = item.lastEventId;
        connection.hasEvent ||= item.data !== undefined;
        inside?.("deliver");
        return undefined;
      }),
    },
    { clock, random, whenOnline: page.whenOnline },
  );
  return {
    connection,
    clock,
    page,
    attempts,
    get attempt() {
      return attempts.at(-1)!;
    },
    statuses,
    states() {
      const news = statuses.slice(told).map(describe);
      told = statuses.length;
      return news;
    },
    errors,
    items,
  };
}

/** `closed client`, `connecting 2`, `waiting 1`, … */
export function describe(status: ConnectionStatus): string {
  switch (status.state) {
    case "connecting":
    case "waiting":
      return `${status.state} ${status.attempt}`;
    case "paused":
    case "closed":
      return `${status.state} ${status.reason}`;
    default:
      return status.state;
  }
}

/** An item with data. */
export function item(data: string, lastEventId = ""): StreamItem {
  return { type: "message", data, lastEventId };
}

/** How many abort listeners a signal has. */
export function abortListeners(signal: AbortSignal): number {
  return getEventListeners(signal, "abort").length;
}
