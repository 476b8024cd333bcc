import { describe, expect, it } from "vitest";
import { isMessage, type Message } from "../../src/shared/message.ts";

const place = { key: "a 1", lastEventId: "7" };
const news = {
  from: "a",
  after: "a 0",
  at: "a 1",
  items: [{ ...place, type: "tick", data: "x" }],
  state: undefined,
};

describe("A message of the channel", () => {
  it.each<[string, Message]>([
    ["a question", { from: "a", ask: place }],
    ["a command", { from: "a", wish: ["checkLiveness", 100] }],
    ["news", news],
    ["news for one tab", { ...news, to: "b", lost: place }],
  ])("is accepted: %s", (_name, message) => {
    expect(isMessage(structuredClone(message))).toBe(true);
  });

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["text", "open"],
    ["an empty object", {}],
    ["no sender", { ...news, from: undefined }],
    ["a sender that is no text", { ...news, from: 1 }],
    ["a command with the name of a method", { from: "a", wish: ["close", 0] }],
    ["a command with the name of a getter", { from: "a", wish: ["__proto__", 0] }],
    ["a command that is no list", { from: "a", wish: "open" }],
    ["a command without a time", { from: "a", wish: ["checkLiveness"] }],
    ["a question without a place", { from: "a", ask: {} }],
    ["a question with a number as ID", { from: "a", ask: { key: "a", lastEventId: 7 } }],
    ["news without items", { ...news, items: undefined }],
    ["news with an item that is null", { ...news, items: [null] }],
    ["news with an item without a key", { ...news, items: [{ type: "tick", data: "x", lastEventId: "1" }] }],
    ["news without a position", { ...news, at: undefined }],
    ["news for a number", { ...news, to: 5 }],
    ["news after a lost place that is text", { ...news, lost: "a 1" }],
  ])("is ignored when it is malformed: %s", (_name, data) => {
    expect(isMessage(data)).toBe(false);
  });
});
