import { describe, expect, test } from "vitest";
import { EventSourceError } from "../../src/core/errors.ts";
import { bearer } from "../../src/http/bearer.ts";
import { keyOf } from "../../src/shared/key.ts";
import { createSharedEventSource, type SharedEventSourceOptions } from "../../src/shared.ts";

const url = "https://example.com/events";

function refusal(options: SharedEventSourceOptions, at: string | (() => string) = url): string | undefined {
  try {
    createSharedEventSource(at, { open: false, ...options });
  } catch (error) {
    if (error instanceof EventSourceError && error.code === "invalid-option") return error.option;
    throw error;
  }
  return undefined;
}

describe("what may carry credentials is refused without an identity", () => {
  test.each<[string, SharedEventSourceOptions]>([
    ["bearer", { headers: bearer(() => "secret") }],
    ["a function as headers", { headers: () => ({}) }],
    ["onUnauthorized", { onUnauthorized: () => {} }],
    ["a fetch of one's own", { fetch }],
    ["a transport of one's own", { transport: () => Promise.resolve() }],
    ["cookies", { credentials: "include" }],
    ["an object of the runtime, which may hold a certificate", { dispatcher: {} }],
    ["a client certificate", { tls: { cert: "A" } }],
  ])("%s", (_, options) => {
    expect(refusal(options)).toBe("identity");
    expect(refusal({ ...options, identity: "somebody" })).toBeUndefined();
  });

  test("a url function, which needs a name, too", () => {
    expect(refusal({}, () => url)).toBe("identity");
    expect(refusal({ identity: "somebody" }, () => url)).toBe("name");
    expect(refusal({ identity: "somebody", name: "prices" }, () => url)).toBeUndefined();
  });

  test("what is the same for all needs none", () => {
    expect(refusal({})).toBeUndefined();
    expect(refusal({ headers: { a: "b" }, credentials: "same-origin" })).toBeUndefined();
  });
});

describe("refused, naming the option", () => {
  test.each<[string, object]>([
    ["identity", { identity: 1 }],
    ["identity", { identity: "" }],
    ["identity", { identity: null }],
    ["name", { name: {} }],
    ["replay", { replay: -1 }],
    ["replay", { replay: "1" }],
    ["maxBuffer", { maxBuffer: Number.NaN }],
    ["method", { method: "POST", retry: {} }],
    ["body", { method: "POST", body: "x" }],
    ["transport", { transport: "native" }],
    ["idleTimeout", { idleTimeout: "1" }],
    ["retry.factor", { retry: { factor: -1 } }],
  ])("%s %j", (option, options) => {
    expect(refusal(options)).toBe(option);
  });
});

describe("a key", () => {
  const key = (options: SharedEventSourceOptions = {}, identity?: string) => keyOf(url, identity, options);

  test("is the same whatever the order of the options, and however headers are written", () => {
    const one = key({ headers: { A: "1", b: "2" }, idleTimeout: 5, credentials: "omit" }, "u");
    const other = key(
      {
        credentials: "omit",
        idleTimeout: 5,
        headers: new Headers([
          ["B", "2"],
          ["a", "1"],
        ]),
      },
      "u",
    );
    expect(one).toBe(other);
    expect(key({ retry: { maxDelay: 5, initialDelay: 1 } })).toBe(
      key({ retry: { initialDelay: 1, maxDelay: 5 } }),
    );
    expect(key({ idleTimeout: undefined })).toBe(key());
  });

  test("differs where the request or the answer may", () => {
    const keys = [
      key(),
      key({}, ""),
      key({}, "u"),
      key({ headers: { a: "1" } }),
      key({ headers: { a: "2" } }),
      key({ retry: false }),
      key({ retry: { maxDelay: 5 } }),
      key({ credentials: "omit" }),
      key({ idleTimeout: 5 }),
      key({ lastEventIdParam: "after" }),
      keyOf("other", undefined, {}),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  test("has nothing of what a function gives, and leaves out what only the runtime understands", () => {
    const circular: Record<string, unknown> = {};
    circular["self"] = circular;
    expect(key({ headers: () => ({ a: "secret" }), dispatcher: circular })).toBe(
      key({ headers: () => ({}) }),
    );
  });
});
