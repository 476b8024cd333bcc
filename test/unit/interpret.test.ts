import { afterEach, describe, expect, test, vi } from "vitest";
import { createInterpreter, toEvent, type InterpretOptions } from "../../src/stream/interpret.ts";
import type { StreamItem } from "../../src/core/types.ts";

afterEach(() => void vi.unstubAllGlobals());

const item: StreamItem = { type: "tick", data: "[DONE]", lastEventId: "4" };

/** Interprets one item; the phase is over as soon as `stop` is called. */
function interpret(options: InterpretOptions, given = item, wanted = true) {
  const calls: unknown[] = [];
  let phase = 0;
  const result = createInterpreter(
    { ...options },
    {
      phase: () => phase,
      wants: () => wanted,
      complete: (event) => void calls.push(["complete", event]),
      hand: (event) => void calls.push(["hand", event]),
      refuse: (event, error) => calls.push(["refuse", event, error]),
    },
  )(toEvent(given, "https://a.test"));
  return { calls, result, stop: () => phase++ };
}

const event = { type: "tick", data: "[DONE]", raw: "[DONE]", lastEventId: "4", origin: "https://a.test" };

test("an event is what the server sent, with the text as data", () => {
  expect(interpret({}).calls).toEqual([["hand", event]]);
});

test("an item that has the text twice becomes the event itself, another one is left as it is", () => {
  const own = { ...item, raw: "[DONE]", origin: "https://a.test" };
  const [[, handed]] = interpret({}, own).calls as [[string, unknown]];
  expect(handed).toBe(own);
  expect(own).toEqual(event);
  expect(interpret({}, Object.freeze({ ...own, origin: undefined })).calls).toEqual([["hand", event]]);
  const foreign = Object.freeze({ ...item, origin: "https://b.test" });
  expect(interpret({ decode: () => 1 }, foreign).calls).toEqual([
    ["hand", { ...event, data: 1, origin: "https://b.test" }],
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
  expect(interpret({ endOn }).calls).toEqual([[end ? "complete" : "hand", event]]);
});

test("a test for the end that throws is reported, and does not end the stream", () => {
  const reported = vi.fn<(error: unknown) => void>();
  vi.stubGlobal("reportError", reported);
  const error = new Error("test");
  const endOn = () => {
    throw error;
  };
  expect(interpret({ endOn }).calls).toEqual([["hand", event]]);
  expect(reported.mock.calls).toEqual([[error]]);
});

describe("decoding", () => {
  test("that fails refuses the event with an error that carries it and the cause, not the data in its message", async () => {
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
        ["refuse", event, { code: "decode-failed", event: { raw: "[DONE]" }, cause }],
      ]);
      expect((calls as [[0, 1, Error]])[0][2].message).not.toMatch(/DONE|s3cret/);
    }
  });

  test("is not done for what nobody wants", () => {
    const decode = vi.fn<() => unknown>();
    expect(interpret({ decode }, item, false).calls).toEqual([["hand", event]]);
    expect(decode).not.toHaveBeenCalled();
  });

  test("drops what it began before the stream was over, its failure too", async () => {
    for (const decode of [() => Promise.resolve(1), () => Promise.reject(new Error("late"))]) {
      const { calls, result, stop } = interpret({ decode });
      stop();
      await result;
      expect(calls).toEqual([]);
    }
  });
});
