import { expect, test } from "vitest";
import { release } from "../../src/stream/body.ts";

test.each(["cancel", "releaseLock"])(
  "to let go of a reader never fails, not even when %s does",
  async (what) => {
    const called: string[] = [];
    const reader = {
      // No mock, which would handle the rejection.
      async cancel() {
        called.push("cancel");
        throw new TypeError("broken");
      },
      releaseLock() {
        called.push("releaseLock");
        if (what === "releaseLock") throw new TypeError("broken");
      },
    };
    await release(reader as unknown as ReadableStreamDefaultReader<unknown>);
    expect(called).toEqual(["cancel", "releaseLock"]);
  },
);
