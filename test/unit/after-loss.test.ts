import { afterEach, describe, expect, it, vi } from "vitest";
import { afterLoss, type Loss } from "../../src/connection/after-loss.ts";
import type { RetryContext, RetryOptions } from "../../src/connection/retry.ts";
import { EventSourceError, type EventSourceErrorCode } from "../../src/core/errors.ts";

afterEach(() => void vi.unstubAllGlobals());

const errorOf = (code: EventSourceErrorCode, status?: number, retryAfter?: string) =>
  new EventSourceError(code, "failed", {
    status,
    ...(retryAfter && { headers: new Headers({ "retry-after": retryAfter }) }),
  });

const lossOf = (facts: Partial<Loss> = {}): Loss => ({
  error: errorOf("network"),
  failures: 1,
  elapsed: 0,
  reconnectionTime: undefined,
  isOffline: false,
  date: 0,
  random: 0,
  ...facts,
});

const noJitter: RetryOptions = { jitter: 0 };

describe("After a loss", () => {
  it.each<[string, Partial<Loss>, RetryOptions | false, number]>([
    ["the first failure waits for initialDelay", {}, noJitter, 1000],
    ["the third failure waits for four times as long", { failures: 3 }, noJitter, 4000],
    ["the delay grows up to maxDelay", { failures: 20 }, noJitter, 30_000],
    ["jitter is added on top", { random: 1 }, { jitter: 0.5 }, 1500],
    ["the server's retry field replaces initialDelay", { reconnectionTime: 5 }, noJitter, 5],
    ["retry: 0 is 1 ms, so that it grows", { reconnectionTime: 0 }, noJitter, 1],
    ["Retry-After is a minimum", { error: errorOf("http-status", 503, "7") }, noJitter, 7000],
    ["Retry-After is capped by maxDelay", { error: errorOf("http-status", 429, "99") }, noJitter, 30_000],
    ["an ended stream is retried", { error: errorOf("stream-ended") }, noJitter, 1000],
    ["an idle timeout is retried", { error: errorOf("idle-timeout") }, noJitter, 1000],
    [
      "offline, maxDelay is the fallback, and no retry is spent",
      { isOffline: true, failures: 9 },
      { maxRetries: 1 },
      30_000,
    ],
    [
      "shouldRetry may retry what is fatal",
      { error: errorOf("http-status", 404) },
      { ...noJitter, shouldRetry: () => true },
      1000,
    ],
    ["shouldRetry may leave it to the rules", {}, { ...noJitter, shouldRetry: () => undefined }, 1000],
  ])("%s", (_name, facts, retry, delay) => {
    expect(afterLoss(lossOf(facts), retry)).toBe(delay);
  });

  it.each<[string, Partial<Loss>, RetryOptions | false, object]>([
    ["204 closes as asked by the server", { error: errorOf("no-content", 204) }, {}, { reason: "server" }],
    [
      "204 closes although shouldRetry wants to retry",
      { error: errorOf("no-content", 204) },
      { shouldRetry: () => true },
      { reason: "server" },
    ],
    [
      "404 closes with the error",
      { error: errorOf("http-status", 404) },
      {},
      { reason: "error", error: { status: 404 } },
    ],
    ["501 closes with the error", { error: errorOf("http-status", 501) }, {}, { reason: "error" }],
    [
      "another Content-Type closes with the error",
      { error: errorOf("content-type") },
      {},
      { reason: "error" },
    ],
    [
      "shouldRetry may close",
      {},
      { shouldRetry: () => false },
      { reason: "error", error: { code: "network" } },
    ],
    [
      "without retry an ended stream is the end",
      { error: errorOf("stream-ended") },
      false,
      { reason: "server" },
    ],
    [
      "without retry a failure closes with the error",
      {},
      false,
      { reason: "error", error: { code: "network" } },
    ],
    [
      "without retry a missing endOn event is an error",
      { error: errorOf("premature-end") },
      false,
      { reason: "error" },
    ],
    [
      "maxRetries is exhausted by one more failure",
      { failures: 3 },
      { maxRetries: 2 },
      { reason: "error", error: { code: "retries-exhausted", cause: { code: "network" }, willRetry: false } },
    ],
    [
      "maxElapsedTime counts the delay that would follow",
      { elapsed: 9500 },
      { maxElapsedTime: 10_000, jitter: 0 },
      { reason: "error", error: { code: "retries-exhausted" } },
    ],
  ])("%s", (_name, facts, retry, closed) => {
    expect(afterLoss(lossOf(facts), retry)).toMatchObject({ state: "closed", ...closed });
  });

  it("shouldRetry gets the facts and the verdict of the rules", () => {
    const contexts: RetryContext[] = [];
    const error = errorOf("http-status", 404);
    afterLoss(lossOf({ error, failures: 2, elapsed: 30 }), {
      shouldRetry: (context) => (contexts.push(context), undefined),
    });
    expect(contexts).toEqual([{ error, attempt: 2, elapsed: 30, willRetry: false }]);
  });

  it("a shouldRetry that throws is reported, and the rules decide", () => {
    const reported = vi.fn<(error: unknown) => void>();
    vi.stubGlobal("reportError", reported);
    const thrown = new Error("mistake");
    const shouldRetry = () => {
      throw thrown;
    };
    expect(afterLoss(lossOf(), { ...noJitter, shouldRetry })).toBe(1000);
    expect(reported.mock.calls).toEqual([[thrown]]);
  });
});
