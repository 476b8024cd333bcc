import { afterEach, expect, test, vi } from "vitest";
import { decodeFailed, isEnd, toEvent } from "../../src/interpret.ts";

afterEach(() => void vi.unstubAllGlobals());

const event = toEvent({ type: "tick", data: "[DONE]", lastEventId: "4" }, "https://a.test");

test("an event is what the server sent, with the text as data", () => {
  expect(event).toEqual({
    type: "tick",
    data: "[DONE]",
    raw: "[DONE]",
    lastEventId: "4",
    origin: "https://a.test",
  });
});

test.each([
  { endOn: undefined, end: false },
  { endOn: "[DONE]", end: true },
  { endOn: "[done]", end: false },
  { endOn: "", end: false },
  { endOn: ({ type }: { type: string }) => type === "tick", end: true },
  { endOn: () => false, end: false },
])("endOn $endOn completes the stream: $end", ({ endOn, end }) => {
  expect(isEnd(event, endOn)).toBe(end);
});

test("a test for the end that throws is reported, and does not end the stream", () => {
  const reported = vi.fn<(error: unknown) => void>();
  vi.stubGlobal("reportError", reported);
  const error = new Error("test");
  const endOn = () => {
    throw error;
  };
  expect(isEnd(event, endOn)).toBe(false);
  expect(reported.mock.calls).toEqual([[error]]);
});

test("the error for data that could not be decoded carries the event and the cause, not the data in its message", () => {
  const cause = new SyntaxError("s3cret");
  const error = decodeFailed(event, cause);
  expect(error).toMatchObject({ code: "decode-failed", event: { raw: "[DONE]" }, cause });
  expect(error.message).not.toMatch(/DONE|s3cret/);
});
