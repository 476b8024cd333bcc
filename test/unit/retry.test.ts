import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EventSourceError, type EventSourceErrorCode } from "../../src/core/errors.ts";
import { isRetryable, retryAfter, retryDelay } from "../../src/connection/retry.ts";
import { retryDefaults } from "../helpers/retry-defaults.ts";

type RetryPolicy = typeof retryDefaults;

const LONGEST = 2 ** 31 - 1;
const defaults = {};

interface Situation {
  policy: RetryPolicy;
  failures: number;
  reconnectionTime: number | undefined;
  after: number;
  random: number;
}

const policies: fc.Arbitrary<RetryPolicy> = fc
  .record({
    initial: fc.oneof(fc.nat(100_000), fc.constantFrom(0, 1, Infinity)),
    factor: fc.double({ min: 1, max: 10, noNaN: true }),
    max: fc.oneof(fc.nat(1_000_000), fc.constantFrom(0, LONGEST, 2 ** 40, Infinity)),
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map((options): RetryPolicy => ({ ...retryDefaults, ...options }));

/** What a `retry` field may say, absurd values included. */
const reconnectionTimes = fc.oneof(
  fc.nat(100_000),
  fc.maxSafeNat(),
  fc.constantFrom(0, LONGEST - 1, LONGEST, LONGEST + 1, 2 ** 32, 99_999_999_999, 1e300, Infinity),
);

const situations: fc.Arbitrary<Situation> = fc.record({
  policy: policies,
  failures: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 100_000 })),
  reconnectionTime: fc.option(reconnectionTimes, { nil: undefined }),
  after: fc.oneof(fc.constant(0), reconnectionTimes),
  random: fc.double({ min: 0, max: 1, noNaN: true }),
});

const delayOf = ({ policy, failures, reconnectionTime, after, random }: Situation) =>
  retryDelay(policy, failures, reconnectionTime, after, random);

describe("the delay before a retry", () => {
  test.each([
    { random: 0, delays: [1000, 2000, 4000, 8000, 16_000, 20_000, 20_000] },
    { random: 1, delays: [1500, 3000, 6000, 12_000, 24_000, 30_000, 30_000] },
  ])("grows from 1 s to 30 s by default (random $random)", ({ random, delays }) => {
    expect(delays.map((_, n) => retryDelay(defaults, n + 1, undefined, 0, random))).toEqual(delays);
  });

  test.each([
    { says: "the retry field replaces the initial delay", reconnectionTime: 3000, after: 0, delay: 3000 },
    { says: "a retry field above max is the floor", reconnectionTime: 60_000, after: 0, delay: 60_000 },
    { says: "Retry-After is a floor", reconnectionTime: undefined, after: 5000, delay: 5000 },
    {
      says: "Retry-After below the own delay changes nothing",
      reconnectionTime: undefined,
      after: 10,
      delay: 1000,
    },
    { says: "Retry-After is capped by max", reconnectionTime: undefined, after: 3_600_000, delay: 30_000 },
    { says: "the higher of two floors counts", reconnectionTime: 7000, after: 9000, delay: 9000 },
    { says: "retry: 99999999999 is clamped", reconnectionTime: 99_999_999_999, after: 0, delay: LONGEST },
    { says: "a retry field of 400 digits is clamped", reconnectionTime: Infinity, after: 0, delay: LONGEST },
  ])("$says", ({ reconnectionTime, after, delay }) => {
    expect(retryDelay(defaults, 1, reconnectionTime, after, 0)).toBe(delay);
  });

  test("adds jitter on top of a floor, so that clients do not come back all at once", () => {
    expect(retryDelay(defaults, 1, undefined, 10_000, 1)).toBe(15_000);
    expect(retryDelay(defaults, 1, 10_000, 0, 1)).toBe(15_000);
    expect(retryDelay(defaults, 1, undefined, 99_000, 1)).toBe(45_000);
  });

  test("grows from the retry field with every failure in a row", () => {
    const delays = [1, 2, 3, 4, 5].map((failures) => retryDelay(defaults, failures, 3000, 0, 0));
    expect(delays).toEqual([3000, 6000, 12_000, 20_000, 20_000]);
  });

  test("is an integer that setTimeout can keep, whatever the server asks for", () => {
    fc.assert(
      fc.property(situations, (situation) => {
        const delay = delayOf(situation);
        expect(Number.isInteger(delay)).toBe(true);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(LONGEST);
      }),
      { numRuns: 500 },
    );
  });

  test("is never below the floor that the server sets", () => {
    fc.assert(
      fc.property(situations, (situation) => {
        const { policy, reconnectionTime = 0, after } = situation;
        const floor = Math.max(reconnectionTime, Math.min(after, policy.maxDelay));
        expect(delayOf(situation)).toBeGreaterThanOrEqual(Math.min(floor, LONGEST));
      }),
      { numRuns: 500 },
    );
  });

  test("is never above max where the server sets no floor, jitter included", () => {
    fc.assert(
      fc.property(situations, (situation) => {
        const delay = delayOf({ ...situation, reconnectionTime: undefined, after: 0 });
        expect(delay).toBeLessThanOrEqual(situation.policy.maxDelay);
      }),
      { numRuns: 500 },
    );
  });

  test("never shrinks as failures add up", () => {
    fc.assert(
      fc.property(situations, (situation) => {
        const later = delayOf({ ...situation, failures: situation.failures + 1 });
        expect(later).toBeGreaterThanOrEqual(delayOf(situation));
      }),
      { numRuns: 500 },
    );
  });

  test.each([0, 1])(
    "does not hammer the server that says retry: %i, or the user who sets initial to it",
    (ms) => {
      const delays = (policy: RetryPolicy, reconnectionTime: number | undefined) =>
        Array.from({ length: 20 }, (_, n) => retryDelay(policy, n + 1, reconnectionTime, 0, 0));
      for (const row of [
        delays(retryDefaults, ms),
        delays({ ...retryDefaults, initialDelay: ms }, undefined),
      ]) {
        expect(row[0]).toBeGreaterThanOrEqual(1);
        expect(row[14]).toBeGreaterThanOrEqual(16_000);
        expect(row[19]).toBe(20_000);
      }
    },
  );
});

describe("Retry-After", () => {
  const now = Date.UTC(2026, 10, 20, 12, 0, 0);

  test.each([
    { value: undefined, ms: 0 },
    { value: "", ms: 0 },
    { value: "0", ms: 0 },
    { value: "7", ms: 7000 },
    { value: " 120 ", ms: 120_000 },
    { value: "Fri, 20 Nov 2026 12:00:30 GMT", ms: 30_000 },
    { value: "Friday, 20-Nov-26 12:00:30 GMT", ms: 30_000 },
    { value: "Fri Nov 20 12:00:30 2026 GMT", ms: 30_000 },
    { value: "Fri, 20 Nov 2026 11:59:30 GMT", ms: 0 },
    { value: "Thu, 01 Jan 1970 00:00:00 GMT", ms: 0 },
    { value: "-5", ms: 0 },
    { value: "1.5", ms: 0 },
    { value: "soon", ms: 0 },
    { value: "NaN", ms: 0 },
    { value: "Infinity", ms: 0 },
    { value: "0x10", ms: 0 },
  ])("$value is $ms ms", ({ value, ms }) => {
    expect(retryAfter(new Headers(value === undefined ? {} : { "retry-after": value }), now)).toBe(ms);
  });

  test("without headers there is none", () => {
    expect(retryAfter(undefined, now)).toBe(0);
  });

  test("of a thousand digits still leads to a delay that setTimeout can keep", () => {
    const after = retryAfter(new Headers({ "retry-after": "9".repeat(1000) }), now);
    expect(retryDelay(defaults, 1, undefined, after, 0)).toBe(30_000);
    expect(retryDelay({ maxDelay: Infinity }, 1, undefined, after, 1)).toBe(LONGEST);
  });

  test("never gives a negative or unusable number, whatever the header says", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[ -~]*$/), (value) => {
        expect(retryAfter(new Headers({ "retry-after": value }), now)).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 300 },
    );
  });
});

describe("the default rules of what is worth a retry", () => {
  const codes: Record<EventSourceErrorCode, boolean> = {
    network: true,
    "stream-ended": true,
    "connect-timeout": true,
    "idle-timeout": true,
    "premature-end": true,
    "http-status": false,
    "content-type": false,
    "no-content": false,
    unauthorized: false,
    "event-too-large": false,
    "decode-failed": false,
    "retries-exhausted": false,
    unsupported: false,
    "invalid-option": false,
  };

  test.each(Object.entries(codes))("%s: %s", (code, expected) => {
    expect(isRetryable(new EventSourceError(code as EventSourceErrorCode, ""))).toBe(expected);
  });

  test("a refresh of credentials that failed says nothing about them, and is retried", () => {
    const cause = new Error("the token server is down");
    expect(isRetryable(new EventSourceError("unauthorized", "", { status: 401, cause }))).toBe(true);
  });

  test("of all statuses, 408, 425, 429 and 5xx except 501 and 505 are retried", () => {
    const retried = Array.from({ length: 500 }, (_, n) => n + 100).filter((status) =>
      isRetryable(new EventSourceError("http-status", "", { status })),
    );
    const server = Array.from({ length: 100 }, (_, n) => n + 500);
    expect(retried).toEqual([408, 425, 429, ...server.filter((n) => n !== 501 && n !== 505)]);
  });
});

test.each([1, 2, 9])("the defaults of the documentation hold for %i failures in a row", (failures) => {
  for (const random of [0, 0.3, 1])
    expect(retryDelay({}, failures, undefined, 0, random)).toBe(
      retryDelay(retryDefaults, failures, undefined, 0, random),
    );
});
