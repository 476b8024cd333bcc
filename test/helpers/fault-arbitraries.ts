import fc from "fast-check";
import type { ConnectionPlan, Fault } from "./fault-proxy.ts";
import type { LogEntry, ReplayOptions } from "./replaying-server.ts";

/** Where a fault strikes: in the head of a response (some 180 bytes), soon after it, or later. */
const place = fc.oneof(
  { arbitrary: fc.nat(200), weight: 1 },
  { arbitrary: fc.integer({ min: 150, max: 700 }), weight: 4 },
);

/** Faults of every kind; those that must be waited out are rarer. */
export const anyFault: fc.Arbitrary<Fault> = fc.oneof(
  {
    arbitrary: fc.record({
      kind: fc.constant("cut" as const),
      by: fc.constantFrom("fin" as const, "rst" as const),
      after: place,
    }),
    weight: 12,
  },
  {
    arbitrary: fc.record({
      kind: fc.constant("truncate" as const),
      how: fc.constantFrom("complete" as const, "between" as const, "inside" as const),
      after: fc.nat(500),
    }),
    weight: 4,
  },
  { arbitrary: fc.record({ kind: fc.constant("stall" as const), after: place }), weight: 1 },
  {
    arbitrary: fc.record({
      kind: fc.constant("answer" as const),
      status: fc.constantFrom(200 as const, 401 as const, 429 as const, 503 as const),
    }),
    weight: 3,
  },
);

/** How bytes are forwarded: as they come, in small packets, one byte at a time, slowly. */
const pace: fc.Arbitrary<Omit<ConnectionPlan, "fault">> = fc.oneof(
  { arbitrary: fc.constant({}), weight: 6 },
  { arbitrary: fc.record({ split: fc.integer({ min: 2, max: 60 }) }), weight: 3 },
  { arbitrary: fc.constant({ split: 1 }), weight: 1 },
  { arbitrary: fc.constant({ split: 200, delay: 1 }), weight: 1 },
);

/** One connection on which something goes wrong. */
export const anyConnection: fc.Arbitrary<ConnectionPlan> = fc
  .tuple(anyFault, pace)
  .map(([fault, how]) => ({ fault, ...how }));

/** A plan of faults that the standard's class survives: it knows no timeouts, and every status but 200 is final. */
export const plainPlan: fc.Arbitrary<ConnectionPlan[]> = fc
  .array(
    anyConnection.filter(({ fault: { kind } }) => kind === "cut" || kind === "truncate"),
    { minLength: 3, maxLength: 24 },
  )
  // Its reconnection time is 3 s until the server has told another, which the first connection lets through.
  .map((plan) => [{ fault: { kind: "cut", by: "fin", after: 500 } }, ...plan]);

/** A plan of some faults, each of which may last for a while. */
export const anyPlan: fc.Arbitrary<ConnectionPlan[]> = fc
  .array(fc.tuple(anyConnection, fc.integer({ min: 1, max: 3 })), { minLength: 3, maxLength: 12 })
  .map((entries) => entries.flatMap(([entry, count]) => Array<ConnectionPlan>(count).fill(entry)));

const text = fc
  .array(fc.constantFrom("a", " ", ":", "é", "€", "🌊", "\ufeff", "\0", "data: ", "id: 7", "\n"), {
    maxLength: 12,
  })
  .map((parts) => parts.join(""));

/** A log of `length` events, made of a few blocks that repeat. */
export const logOf = (length: number): fc.Arbitrary<LogEntry[]> =>
  fc
    .array(
      fc.record({
        type: fc.option(fc.constantFrom("tick", "error", "open", "__proto__", "é"), { nil: undefined }),
        data: fc.oneof({ arbitrary: text, weight: 9 }, { arbitrary: fc.constant(undefined), weight: 1 }),
        comment: fc.option(fc.constantFrom("", " beat", "é€"), { nil: undefined, freq: 3 }),
      }),
      { minLength: 1, maxLength: 6 },
    )
    .map((blocks) => Array.from({ length }, (_, i) => blocks[i % blocks.length]!));

/** How the server sends its log. */
export const anyServing: fc.Arbitrary<Pick<ReplayOptions, "framing" | "encoding" | "lineEnd">> = fc.record({
  framing: fc.constantFrom("chunked", "close"),
  encoding: fc.oneof(
    { arbitrary: fc.constant("identity" as const), weight: 3 },
    { arbitrary: fc.constantFrom("gzip" as const, "br" as const), weight: 2 },
  ),
  lineEnd: fc.constantFrom("\n", "\r\n", "\r"),
});
