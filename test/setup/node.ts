import { afterEach, expect } from "vitest";

// Nothing the library does may end in an unhandled rejection or an uncaught error. Vitest fails the run for those by
// itself; this file only makes sure that each test leaves the console alone.
const written: unknown[][] = [];
for (const method of ["log", "info", "warn", "error", "debug"] as const) {
  const original = console[method];
  console[method] = (...args: unknown[]) => {
    written.push(args);
    original(...args);
  };
}

afterEach(() => {
  expect(written.splice(0), "console output").toEqual([]);
});
