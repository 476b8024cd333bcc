import type { EventSource as Ours } from "../../src/eventsource.ts";
import { openLane, type Answer, type Lane } from "./lane.ts";

/** The class under test. Tests of extensions run with our class only. */
export type EventSourceClass = typeof Ours;
export type Source = InstanceType<EventSourceClass>;

/** The runtime of the suite. */
export interface Environment {
  /** Its name in `differences.ts`, such as `"deno"` or `"chromium worker"`. */
  readonly name: string;
  /** A page or its worker has a base URL, an origin and cookies. */
  readonly kind: "page" | "worker" | "server";
  /** Whether the class under test is ours. Then extensions are tested too. */
  readonly isOurs: boolean;
}

/** The tools of a test. */
export interface Context {
  readonly EventSource: EventSourceClass;
  readonly environment: Environment;
  /** Opens a lane of the server, with the answers to its first requests. */
  readonly lane: (...answers: Answer[]) => Promise<Lane>;
  /** Opens a source on a lane and records its events. It is closed after the test. */
  readonly open: (
    lane: Lane | string,
    init?: ConstructorParameters<EventSourceClass>[1],
    ...types: string[]
  ) => Heard;
  readonly watch: (source: Source, ...types: string[]) => Heard;
  /** Resolves after enough time for an unwanted reconnect after a few ms. */
  readonly settled: () => Promise<void>;
  /** The same server under another host name, and so another origin. */
  readonly otherOrigin: string;
}

/** An event, and `readyState` when it was dispatched. */
export interface HeardEvent {
  readonly type: string;
  readonly readyState: number;
  readonly event: MessageEvent<string>;
}

export interface Heard {
  readonly source: Source;
  /** All events so far. */
  readonly events: HeardEvent[];
  /** The next event. With a type, the next event of that type; events before it are skipped. */
  readonly next: (type?: string) => Promise<HeardEvent>;
}

export function createContext(
  EventSource: EventSourceClass,
  baseUrl: string,
  environment: Environment,
): { context: Context; cleanUp: () => void } {
  const opened: Source[] = [];
  const over = new AbortController();
  const watch: Context["watch"] = (source, ...types) => {
    opened.push(source);
    const events: HeardEvent[] = [];
    let asked = 0;
    let wake = () => {};
    for (const type of new Set(["open", "message", "error", ...types]))
      source.addEventListener(type, (event) => {
        events.push({
          type: event.type,
          readyState: source.readyState,
          event: event as MessageEvent<string>,
        });
        wake();
      });
    return {
      source,
      events,
      async next(type?: string) {
        for (;;) {
          while (asked === events.length) await new Promise<void>((resolve) => (wake = resolve));
          const event = events[asked++]!;
          if (type === undefined || event.type === type) return event;
        }
      },
    };
  };
  const context: Context = {
    EventSource,
    environment,
    lane: (...answers) => openLane(baseUrl, over.signal, ...answers),
    open: (lane, init, ...types) =>
      watch(new EventSource(typeof lane === "string" ? lane : lane.url, init), ...types),
    watch,
    async settled() {
      const lane = await openLane(baseUrl, over.signal, { body: "retry: 30\n\n", finish: "end" }, {});
      context.open(lane);
      await lane.requests(2);
    },
    otherOrigin: baseUrl.includes("127.0.0.1")
      ? baseUrl.replace("127.0.0.1", "localhost")
      : baseUrl.replace("localhost", "127.0.0.1"),
  };
  return {
    context,
    cleanUp() {
      for (const source of opened) source.close();
      over.abort();
    },
  };
}
