// Assertions of the suite, which also runs without a test framework.

/** Fails unless two values have the same text, as in JSON. `NaN`, `-0` and cycles are not supported. */
export function equal(actual: unknown, expected: unknown, what = "value"): void {
  const [found, wanted] = [print(actual), print(expected)];
  if (found !== wanted) throw new Error(`${what}: expected ${wanted}, found ${found}`);
}

export function ok(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(`expected: ${what}`);
}

/** Returns what `act` throws. Fails if it does not throw. */
export function thrown(act: () => unknown): unknown {
  let result: unknown;
  try {
    result = act();
  } catch (error) {
    return error;
  }
  (result as Partial<EventSource> | undefined)?.close?.();
  throw new Error("expected an exception");
}

function print(value: unknown): string {
  return value === undefined ? "undefined" : typeof value === "object" ? sorted(value) : show(value);
}

function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

function sorted(value: object | null): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return `[${value.map(print).join(", ")}]`;
  const entries = Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${key}: ${print(member)}`);
  return `{${entries.join(", ")}}`;
}
