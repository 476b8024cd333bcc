import { inject, onTestFinished } from "vitest";
import type { Log } from "./event-stream-server.ts";

/** One test's own part of the event-stream server. */
export interface Lane {
  /** The URL of a route, see `event-stream-server.ts`. */
  url(route: string, query?: Record<string, string | number>): string;
  /** Lets the stream go on by one event: nothing comes before this request. */
  next(): Promise<void>;
  log(): Promise<Log>;
  /** Resolves when so many requests for streams were made. */
  requested(n: number): Promise<void>;
  /** Resolves when the server has seen all streams closed. */
  gone(): Promise<void>;
}

let lanes = 0;

export function openLane(): Lane {
  const key = `${Date.now()}-${Math.random()}-${++lanes}`;
  const base = inject("eventStreams").url;
  const url: Lane["url"] = (route, query = {}) =>
    `${base}${route}?${new URLSearchParams({ key, ...(query as Record<string, string>) })}`;
  const ask = async (route: string, query?: Record<string, string | number>) =>
    void (await (await fetch(url(route, query))).text());
  return {
    url,
    next: () => ask("/next"),
    log: async () => (await fetch(url("/log"))).json() as Promise<Log>,
    requested: (n) => ask("/requested", { n }),
    gone: () => ask("/gone"),
  };
}

/** Closes what a test opened when it is over: a browser has only six connections per server. */
export function closing<T extends { close(): void }>(source: T): T {
  onTestFinished(() => source.close());
  return source;
}
