import { afterEach, describe, expect, test, vi } from "vitest";
import { createInterpreter, type InterpretOptions } from "../../src/stream/interpret.ts";
import type { StreamItem } from "../../src/core/types.ts";

afterEach(() => void vi.unstubAllGlobals());

const event = { type: "tick", data: "[DONE]", raw: "[DONE]", lastEventId: "4", origin: "https://a.test" };

/** Interprets one event; the attempt is over as soon as `stop` is called. */
function interpret(options: InterpretOptions, given: StreamItem = { ...event }, isWanted = true) {
  const calls: unknown[] = [];
  let attempt = 0;
  const result = createInterpreter(options, {
    attempt: () => attempt,
    isWanted: () => isWanted,
    complete: (last) => void calls.push(["complete", last]),
    deliver: (item) => void calls.push(["deliver", item]),
    fail: (failed, error) => void calls.push(["fail", failed, error]),
  })(given);
  return { calls, result, stop: () => attempt++ };
}

test("an event is delivered as it is without options", () => {
  const given = { ...event };
  const [[, delivered]] = interpret({}, given).calls as [[string, unknown]];
  expect(delivered).toBe(given);
  expect(given).toEqual(event);
});

test("a comment and a block without data are delivered untouched", () => {
  const decode = vi.fn<() => unknown>();
  const endOn = vi.fn<() => boolean>();
  const comment: StreamItem = { type: "", data: undefined, lastEventId: "4", comment: "beat" };
  expect(interpret({ decode, endOn }, comment).calls).toEqual([["deliver", comment]]);
  expect([decode, endOn].flatMap((called) => called.mock.calls)).toEqual([]);
});

test("endOn may have the last event delivered, decoded, before it completes the stream", async () => {
  const endOn = () => "deliver" as const;
  expect(interpret({ endOn }).calls).toEqual([
    ["deliver", event],
    ["complete", event],
  ]);
  const later = interpret({ endOn, decode: async () => 1 });
  expect(later.calls).toEqual([]);
  await later.result;
  const decoded = { ...event, data: 1 };
  expect(later.calls).toEqual([
    ["deliver", decoded],
    ["complete", decoded],
  ]);
});

test("a last event that cannot be decoded fails, and completes the stream all the same", () => {
  const decode = () => {
    throw new SyntaxError("not JSON");
  };
  const { calls } = interpret({ endOn: () => "deliver", decode });
  expect(calls).toMatchObject([
    ["fail", event, { code: "decode-failed" }],
    ["complete", event],
  ]);
});

test.each([
  { endOn: undefined, end: false },
  { endOn: "[DONE]", end: true },
  { endOn: "[done]", end: false },
  { endOn: "", end: false },
  { endOn: ({ type }: { type: string }) => type === "tick", end: true },
  { endOn: () => false, end: false },
])("endOn $endOn completes the stream: $end", ({ endOn, end }) => {
  expect(interpret({ endOn }).calls).toEqual([[end ? "complete" : "deliver", event]]);
});

test("a test for the end that throws is reported, and does not end the stream", () => {
  const reported = vi.fn<(error: unknown) => void>();
  vi.stubGlobal("reportError", reported);
  const error = new Error("test");
  const endOn = () => {
    throw error;
  };
  expect(interpret({ endOn }).calls).toEqual([["deliver", event]]);
  expect(reported.mock.calls).toEqual([[error]]);
});

describe("decoding", () => {
  test("that fails reports the event with an error that carries it and the cause, not the data in its message", async () => {
    const cause = new SyntaxError("s3cret");
    const decoders = [
      () => Promise.reject(cause),
      () => {
        throw cause;
      },
    ];
    for (const decode of decoders) {
      const { calls, result } = interpret({ decode });
      await result;
      expect(calls).toMatchObject([
        ["fail", event, { code: "decode-failed", event: { raw: "[DONE]" }, cause }],
      ]);
      expect((calls as [[0, 1, Error]])[0][2].message).not.toMatch(/DONE|s3cret/);
    }
  });

  test("is not done for an event without a listener", () => {
    const decode = vi.fn<() => unknown>();
    expect(interpret({ decode }, { ...event }, false).calls).toEqual([["deliver", event]]);
    expect(decode).not.toHaveBeenCalled();
  });

  test("discards the result and the failure of an attempt that is over", async () => {
    for (const decode of [() => Promise.resolve(1), () => Promise.reject(new Error("late"))]) {
      const { calls, result, stop } = interpret({ decode });
      stop();
      await result;
      expect(calls).toEqual([]);
    }
  });
});
