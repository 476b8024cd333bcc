import { expectTypeOf, it } from "vitest";
import { trace, traceFetch, type EventSourceHint, type TraceLog, type TraceRecord } from "../../src/debug.ts";
import {
  createEventSource,
  fetchEvents,
  json,
  type ConnectionStatus,
  type FetchLike,
} from "../../src/index.ts";
import { createSharedEventSource } from "../../src/shared.ts";
import { EventSource } from "../../src/eventsource.ts";
import { holds, type Is } from "./is.ts";

it("trace takes every client, whatever its events are", () => {
  const log: TraceLog = () => {};
  expectTypeOf(trace(createEventSource("/prices", { open: false }), log)).toEqualTypeOf<() => void>();
  trace(createEventSource<{ tick: { price: number } }>("/prices", { decode: json, open: false }), log);
  trace(createSharedEventSource("/prices", { identity: "anonymous", open: false }), log, {
    reveal: true,
    silence: 5000,
    marks: true,
  });
  // @ts-expect-error There is no such option.
  trace(createEventSource("/prices", { open: false }), log, { secrets: true });
  // @ts-expect-error An EventSource has no status.
  trace(new EventSource("/prices"), log);
});

it("traceFetch returns a function that every fetch option takes", () => {
  const fetch = traceFetch((record) => JSON.stringify(record));
  holds<Is<typeof fetch, FetchLike>>();
  createEventSource("/prices", { fetch });
  fetchEvents("/prices", { fetch: traceFetch(() => {}, { fetch: globalThis.fetch, reveal: false }) });
  new EventSource("/prices", { fetch });
});

it("TraceRecord is a union discriminated by kind", () => {
  const record = {} as TraceRecord;
  expectTypeOf(record.at).toBeNumber();
  if (record.kind === "hint") expectTypeOf(record.hint).toEqualTypeOf<EventSourceHint>();
  if (record.kind === "response") expectTypeOf(record.took).toBeNumber();
  if (record.kind === "status") expectTypeOf(record.state).toEqualTypeOf<ConnectionStatus["state"]>();
  // @ts-expect-error Only some records have a URL.
  void record.url;
});

it("ConnectionStatus has no member that a record would reveal unnoticed", () => {
  type Member<S> = S extends object ? keyof S : never;
  type Known = "state" | "attempt" | "delay" | "reason" | "url" | "headers" | "error";
  holds<Is<Member<ConnectionStatus>, Known>>();
});
