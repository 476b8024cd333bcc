import { describe, expect, it } from "vitest";
import { shownCause, shownHeaders, shownUrl } from "../../src/debug/redact.ts";
import { EventSourceError } from "../../src/core/errors.ts";

describe("shownUrl", () => {
  it.each([
    ["https://example.com/prices", "https://example.com/prices"],
    ["https://example.com/prices?token=abc&after=7", "https://example.com/prices?token=…&after=…"],
    ["https://example.com/prices?abc", "https://example.com/prices?…"],
    ["https://example.com/prices?YWJj==&a=1", "https://example.com/prices?…&a=…"],
    ["https://example.com/prices?a=b=c", "https://example.com/prices?a=…"],
    ["https://example.com/prices?", "https://example.com/prices?"],
    ["https://example.com/prices?a=1#abc", "https://example.com/prices?a=…"],
    ["https://example.com/prices#abc?a=1", "https://example.com/prices"],
    ["https://user:abc@example.com/prices", "https://example.com/prices"],
    ["https://us&er:abc@example.com/@home", "https://example.com/@home"],
    ["/prices?token=abc", "/prices?token=…"],
    ["about:event-stream", "about:event-stream"],
    ["", ""],
  ])("shows %s as %s", (url, shown) => {
    expect(shownUrl(url, false)).toBe(shown);
    expect(shownUrl(url, true)).toBe(url);
  });
});

describe("shownHeaders", () => {
  const headers = new Headers({
    Authorization: "Bearer abc",
    Cookie: "sid=abc",
    "Last-Event-ID": "7",
    "X-Tenant": "abc",
    "X-Accept": "abc",
    Accept: "text/event-stream",
    "Content-Type": "text/plain",
    "Content-Encoding": "gzip",
    "Cache-Control": "no-store",
    "Retry-After": "9",
    Server: "nginx",
    Via: "1.1 proxy",
    "X-Accel-Buffering": "no",
  });

  it("shows all names, and the values of harmless headers", () => {
    expect(shownHeaders(headers, false)).toEqual({
      authorization: "…",
      cookie: "…",
      "last-event-id": "…",
      "x-tenant": "…",
      "x-accept": "…",
      accept: "text/event-stream",
      "content-type": "text/plain",
      "content-encoding": "gzip",
      "cache-control": "no-store",
      "retry-after": "9",
      server: "nginx",
      via: "1.1 proxy",
      "x-accel-buffering": "no",
    });
  });

  it("shows all values if they are to be revealed", () => {
    expect(shownHeaders(headers, true)).toEqual(Object.fromEntries(headers));
  });
});

describe("shownCause", () => {
  const circle = new TypeError("abc");
  circle.cause = circle;
  const system = Object.assign(new Error("connect ECONNREFUSED 10.0.0.7:80"), { code: "ECONNREFUSED" });
  it.each([
    ["nothing", undefined, undefined],
    ["an error", new TypeError("abc"), "TypeError"],
    ["a system error, several causes down", new TypeError("fetch failed", { cause: system }), "ECONNREFUSED"],
    [
      "an HTTP/2 error",
      Object.assign(new Error("abc"), { code: "ERR_HTTP2_STREAM_ERROR" }),
      "ERR_HTTP2_STREAM_ERROR",
    ],
    ["an error that is its own cause", circle, "TypeError"],
    ["an abort", new DOMException("abc", "AbortError"), "AbortError"],
    ["an EventSourceError", new EventSourceError("connect-timeout", "abc"), "connect-timeout"],
    ["a code that may be a secret", Object.assign(new Error("abc"), { code: "4/0AbC-d9" }), "Error"],
    ["a name that may be a secret", Object.assign(new Error("abc"), { name: "token=4" }), undefined],
    ["text", "abc", undefined],
    ["null", null, undefined],
  ])("reads the code or name of %s", (_what, cause, shown) => {
    expect(shownCause(cause)).toBe(shown);
  });
});
