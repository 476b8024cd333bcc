import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { elsewhere, features } from "./features.ts";
import { installLimit, installPeers } from "./install.ts";
import { openLab, type Client } from "./lab.ts";
import { probes, type Probe } from "./probes.ts";
import { cellsOf, completed, parts, quoted } from "./tables.ts";

const lab = openLab();
beforeAll(installPeers, installLimit);
afterAll(() => lab[Symbol.asyncDispose]());

const probed: Readonly<Record<string, Probe>> = probes;

test("every row has a probe or is found out elsewhere, and every probe has a row", () => {
  expect(features.map(({ id }) => id).toSorted()).toEqual([...Object.keys(probes), ...elsewhere].toSorted());
});

test("what no probe finds out has a source", async () => {
  for (const { id, values } of await completed())
    for (const [client, value] of Object.entries(values))
      if (typeof value === "object") {
        expect(value.value, `${id}, ${client}`).not.toBe("");
        expect(value.source, `${id}, ${client}`).toMatch(/^(https:\/\/\S+|docs\/\w+\.md)$/);
      }
});

describe("the clients do what the tables say:", () => {
  const rows = features.filter(({ id }) => !elsewhere.includes(id));

  test.each(rows)("$title", async ({ id, values }) => {
    const said = Object.entries(values).filter(([, value]) => typeof value === "string");
    const found = await Promise.all(
      said.map(async ([client]) => [client, await probed[id]!(lab, client as Client)] as const),
    );
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(said));
  });
});

test("the pages quote the tables (node test/peers/tables.ts --write)", async () => {
  for (const part of await parts()) expect(cellsOf(quoted(part)), part.file).toEqual(cellsOf(part.table));
});
