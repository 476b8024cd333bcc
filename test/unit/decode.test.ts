import { describe, expect, test } from "vitest";
import { json, schema, schemas, type StandardSchema } from "../../src/client/decode.ts";

const standard = <T>(validate: StandardSchema<T>["~standard"]["validate"]): StandardSchema<T> => ({
  "~standard": { version: 1, vendor: "test", validate },
});

const price = standard<{ price: number }>((value) =>
  typeof (value as { price?: unknown } | undefined)?.price === "number"
    ? { value: value as { price: number } }
    : { issues: [{ message: "price: expected a number" }, { message: "and more" }] },
);

const doubled = standard<number>(async (value) => {
  await Promise.resolve();
  return typeof value === "number" ? { value: value * 2 } : { issues: [{ message: "expected a number" }] };
});

/** The schema's input. */
const anything = standard<unknown>((value) => ({ value: [value] }));

describe("json", () => {
  test("decodes any JSON value", () => {
    expect(json('{"a":[1,null]}')).toEqual({ a: [1, null] });
    expect(json("0")).toBe(0);
  });

  test("decodes empty data as undefined", () => {
    expect(json("")).toBeUndefined();
  });

  test.each([" ", "undefined", "{", "[DONE]"])("throws for %j", (raw) => {
    expect(() => json(raw)).toThrow(SyntaxError);
  });
});

describe.each([
  ["schema", (one: StandardSchema) => schema(one)],
  ["schemas", (one: StandardSchema) => schemas({ tick: one })],
] as const)("%s", (_, decoderOf) => {
  const decode = (one: StandardSchema, raw: string) => decoderOf(one)(raw, { type: "tick" });

  test("returns the output of a synchronous schema", () => {
    expect(decode(price, '{"price":4}')).toEqual({ price: 4 });
  });

  test("returns a promise of the output of an asynchronous schema", async () => {
    await expect(decode(doubled, "21")).resolves.toBe(42);
  });

  test("returns undefined if that is the output", () => {
    expect(
      decode(
        standard(() => ({ value: undefined })),
        "1",
      ),
    ).toBeUndefined();
  });

  test("throws the first issue of a synchronous schema, with all issues as a member", () => {
    expect(() => decode(price, '{"price":"4"}')).toThrow(
      expect.objectContaining({
        message: "price: expected a number",
        issues: [{ message: "price: expected a number" }, { message: "and more" }],
      }) as Error,
    );
  });

  test("rejects with the issue of an asynchronous schema", async () => {
    await expect(decode(doubled, '"x"')).rejects.toThrow("expected a number");
  });

  test("throws for an empty list of issues, as Standard Schema requires", () => {
    expect(() =>
      decode(
        standard(() => ({ issues: [] })),
        "1",
      ),
    ).toThrow(TypeError);
  });

  test("throws if the data is not JSON", () => {
    expect(() => decode(price, "not JSON")).toThrow(SyntaxError);
  });

  test("validates undefined if the data is empty", () => {
    expect(decode(anything, "")).toEqual([undefined]);
    expect(() => decode(price, "")).toThrow("price: expected a number");
  });
});

describe("schemas", () => {
  const decode = schemas({ tick: price, number: doubled });

  test.each(["other", "message", "constructor", "toString", "hasOwnProperty", "__proto__", ""])(
    "returns the text of an event named %j, which has no schema",
    (type) => {
      expect(decode("not JSON", { type })).toBe("not JSON");
      expect(decode("", { type })).toBe("");
    },
  );

  test.each(["constructor", "__proto__"])("uses the schema of the event name %j if there is one", (type) => {
    const own = schemas(Object.fromEntries([[type, price]]));
    expect(own('{"price":4}', { type })).toEqual({ price: 4 });
    expect(() => own("{}", { type })).toThrow("price: expected a number");
  });

  test("lists the names that have a schema", () => {
    expect(decode.types).toEqual(["tick", "number"]);
  });
});
