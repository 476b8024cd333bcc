import { expect, inject, test } from "vitest";
import { openDocument } from "./frame.ts";

test.each([
  ["the browser's own class", "native"],
  ["ours, imported", "module"],
  ["ours, from the script-tag build", "script"],
])("a page that is written for EventSource works with %s", async (_name, which) => {
  // Of the same site as the test's page, so that it may have cookies.
  const origin = `http://${location.hostname}:${inject("dropInPort")}`;
  const { posted } = openDocument(`${origin}/page?class=${which}`);
  expect(await posted()).toEqual({
    failed: [],
    answer: "Because water finds its way",
    books: ["urn:uuid:1 1 true", "urn:uuid:2 2 true", "urn:uuid:3 3 true"],
    price: "tick 101.5 7",
    isNative: which === "native",
  });
});
