import { beforeAll, describe, expect, test } from "vitest";
import { gates, measure, minified, notInReadEvents, quotedTable, toTable, type Size } from "./sizes.ts";

describe("sizes, minified and compressed by brotli, parser included", () => {
  let sizes: Size[] = [];

  beforeAll(async () => {
    sizes = await Promise.all(gates.map(measure));
  }, 120_000);

  test.each(gates)("$name stays below $limit bytes", ({ name, limit }) => {
    expect(sizes.find((size) => size.name === name)!.brotli).toBeLessThanOrEqual(limit);
  });

  test("README quotes the measured figures (node test/house/sizes.ts --write)", () => {
    // However a formatter pads the cells, and whatever the columns are called.
    const rows = (markdown: string) =>
      markdown
        .split("\n")
        .slice(2)
        .map((line) => line.replaceAll(/ *\| */g, "|"));
    expect(rows(quotedTable())).toEqual(rows(toTable(sizes)));
  });
});

describe("what is not used is not shipped", () => {
  const shipped = async (name: string, texts: readonly string[]) => {
    const code = await minified(gates.find((gate) => gate.name === name)!);
    return texts.filter((text) => code.includes(text));
  };

  test("readEvents brings no reconnecting and no helpers", async () => {
    expect(await shipped("`readEvents`", notInReadEvents)).toEqual([]);
  });

  test("createEventSource brings no helpers", async () => {
    expect(await shipped("`createEventSource`", ["Bearer", "~standard", "JSON.parse"])).toEqual([]);
  });

  test("an import for nothing is nothing", async () => {
    const nothing = { name: "nothing", entry: { code: 'import "everspring";' }, limit: 0, aim: 0 };
    expect((await minified(nothing)).trim()).toBe("");
  });
});

test("the table has one decimal and counts 1000 bytes to the kB", () => {
  expect(toTable([{ name: "`a`", brotli: 1949, gzip: 12_050, esbuild: undefined }])).toBe(
    [
      "| import | brotli | gzip    | brotli (esbuild) |",
      "| ------ | ------ | ------- | ---------------- |",
      "| `a`    | 1.9 kB | 12.1 kB | –                |",
    ].join("\n"),
  );
});
