import { describe, expect, test } from "vitest";
import { json, schemas, type StandardSchema } from "../../src/client/decode.ts";

const standard = <T>(validate: StandardSchema<T>["~standard"]["validate"]): StandardSchema<T> => ({
  "~standard": { version: 1, vendor: "test", validate },
});

const price = standard<{ price: number }>((value) =>
  typeof (value as { price?: unknown }).price === "number"
    ? { value: value as { price: number } }
    : { issues: [{ message: "price: expected a number" }, { message: "and more" }] },
);

const doubled = standard<number>(async (value) => {
  await Promise.resolve();
  return typeof value === "number" ? { value: value * 2 } : { issues: [{ message: "expected a number" }] };
});

describe("json", () => {
  test("decodes any JSON value", () => {
    expect(json('{"a":[1,null]}')).toEqual({ a: [1, null] });
    expect(json("0")).toBe(0);
  });

  test.each(["", "undefined", "{", "[DONE]"])("throws for %j", (raw) => {
    expect(() => json(raw)).toThrow(SyntaxError);
  });
});

describe("schemas", () => {
  const decode = schemas({ tick: price, number: doubled });

  test("hands out what a synchronous schema made of the JSON", () => {
    expect(decode('{"price":4}', { type: "tick" })).toEqual({ price: 4 });
  });

  test("hands out what an asynchronous schema made of the JSON", async () => {
    await expect(decode("21", { type: "number" })).resolves.toBe(42);
  });

  test("throws the first issue of a synchronous schema, with all of them beside it", () => {
    expect(() => decode('{"price":"4"}', { type: "tick" })).toThrow(
      expect.objectContaining({
        message: "price: expected a number",
        issues: [{ message: "price: expected a number" }, { message: "and more" }],
      }) as Error,
    );
  });

  test("rejects with the issue of an asynchronous schema", async () => {
    await expect(decode('"x"', { type: "number" })).rejects.toThrow("expected a number");
  });

  test("refuses data for an empty list of issues too, as Standard Schema says", () => {
    const empty = schemas({ tick: standard(() => ({ issues: [] })) });
    expect(() => empty("1", { type: "tick" })).toThrow(TypeError);
  });

  test("throws for what is not JSON, where there is a schema", () => {
    expect(() => decode("not JSON", { type: "tick" })).toThrow(SyntaxError);
  });

  test.each(["other", "message", "constructor", "toString", "hasOwnProperty", "__proto__", ""])(
    "hands out the text of an event named %j, which has no schema",
    (type) => {
      expect(decode("not JSON", { type })).toBe("not JSON");
    },
  );

  test.each(["constructor", "__proto__"])(
    "uses a schema for the event name %j where there is one",
    (type) => {
      const own = schemas(Object.fromEntries([[type, price]]));
      expect(own('{"price":4}', { type })).toEqual({ price: 4 });
      expect(() => own("{}", { type })).toThrow("price: expected a number");
    },
  );

  test("hands out a value that the schema makes undefined", () => {
    expect(schemas({ tick: standard(() => ({ value: undefined })) })("1", { type: "tick" })).toBeUndefined();
  });
});
