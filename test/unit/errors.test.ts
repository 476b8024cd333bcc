import { describe, expect, test } from "vitest";
import { EventSourceError, toEventSourceError, type EventSourceErrorCode } from "../../src/core/errors.ts";

describe("an EventSourceError", () => {
  test("is an Error with a name, a code and only what is known", () => {
    const error = new EventSourceError("network", "The connection was lost");
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe("EventSourceError");
    expect(`${error}`).toBe("EventSourceError: The connection was lost");
    expect("status" in error || "headers" in error || "cause" in error).toBe(false);
    expect(error.stack).toContain("errors.test.ts");
  });

  test("can be told apart by its code in an exhaustive switch", () => {
    const kind = (code: EventSourceErrorCode): "request" | "stream" | "mistake" => {
      switch (code) {
        case "network":
        case "http-status":
        case "content-type":
        case "no-content":
        case "unauthorized":
        case "connect-timeout":
        case "retries-exhausted":
          return "request";
        case "idle-timeout":
        case "event-too-large":
        case "decode-failed":
        case "premature-end":
        case "stream-ended":
          return "stream";
        case "unsupported":
        case "invalid-option":
          return "mistake";
        default:
          return code satisfies never;
      }
    };
    expect(kind(new EventSourceError("premature-end", "").code)).toBe("stream");
  });

  test("prints as JSON with all that is known, but for headers", () => {
    const headers = new Headers({ "content-type": "text/html", "retry-after": "7" });
    headers.append("set-cookie", "session=s3cret");
    headers.append("set-cookie", "other=s3cret");
    const error = new EventSourceError("http-status", "Expected a stream", {
      status: 503,
      headers,
      body: "<h1>Busy</h1>",
      attempt: 2,
      willRetry: true,
      delay: 1500,
      cause: new TypeError("underneath"),
    });
    const printed = JSON.stringify(error);
    expect(printed).not.toContain("s3cret");
    expect(JSON.parse(printed)).toEqual({
      name: "EventSourceError",
      code: "http-status",
      message: "Expected a stream",
      status: 503,
      body: "<h1>Busy</h1>",
      attempt: 2,
      willRetry: true,
      delay: 1500,
      cause: "TypeError: underneath",
    });
  });

  test("has headers that are not enumerable, so that logging it prints no cookie", () => {
    const headers = new Headers({ "set-cookie": "s3cret" });
    const error = new EventSourceError("http-status", "The server answered 503", { status: 503, headers });
    expect(error.headers).toBe(headers);
    expect(Object.keys(error)).not.toContain("headers");
    expect(JSON.stringify(error)).not.toContain("s3cret");
  });

  test("has no control characters in its message", () => {
    expect(new EventSourceError("content-type", 'found "a\r\n\u0000\u009fb"').message).toBe('found "a b"');
  });

  test("prints the event that could not be decoded, and the option that was refused", () => {
    const event = { type: "tick", raw: "{", lastEventId: "4" };
    expect(JSON.parse(JSON.stringify(new EventSourceError("decode-failed", "", { event })))).toMatchObject({
      event,
    });
    expect(new EventSourceError("invalid-option", "", { option: "retry.maxDelay" }).toJSON()).toMatchObject({
      option: "retry.maxDelay",
    });
  });

  const circular: { self?: unknown } = {};
  circular.self = circular;
  test.each<[name: string, cause: unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["an empty string", ""],
    ["a string", "because"],
    ["a number", 0],
    ["a bigint", 1n],
    ["an object without a prototype", Object.create(null)],
    ["a symbol", Symbol("why")],
    ["a circular object", circular],
    ["another one of these errors", new EventSourceError("network", "inner", { cause: "innermost" })],
  ])("prints as JSON when its cause is %s", (_, cause) => {
    const error = new EventSourceError("network", "outer", { cause });
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ code: "network", message: "outer" });
  });
});

describe("an unknown failure", () => {
  test("becomes the cause of an error", () => {
    const cause = new TypeError("fetch failed");
    expect(toEventSourceError(cause, "network", "The connection failed")).toMatchObject({
      code: "network",
      message: "The connection failed",
      cause,
    });
  });

  test("becomes the cause of an error even when it is a revoked proxy", () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(toEventSourceError(proxy, "network", "The connection failed").code).toBe("network");
  });

  test("passes through when it is one of ours", () => {
    const error = new EventSourceError("idle-timeout", "");
    expect(toEventSourceError(error, "network", "")).toBe(error);
  });
});
