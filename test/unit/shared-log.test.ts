import { describe, expect, test } from "vitest";
import { createLog, weigh, type Entry } from "../../src/shared/log.ts";

let keys = 0;
const item = (id: string, data = id): Entry => ({
  type: "message",
  data,
  lastEventId: id,
  key: `key ${++keys}`,
});
const items = (...ids: string[]) => ids.map((id) => item(id));
const ids = (list: readonly Entry[]) => list.map(({ lastEventId }) => lastEventId);
const data = (list: readonly Entry[]) => list.map((it) => it.data);

describe("a log", () => {
  test("numbers what is appended and finds it by number", () => {
    const log = createLog(1e6);
    log.begin({ key: "start", lastEventId: "x" });
    expect(ids(log.append(items("a", "b", "c")))).toEqual(["a", "b", "c"]);
    expect([log.start(), log.end()]).toEqual([0, 3]);
    expect(ids(log.from(1))).toEqual(["b", "c"]);
    expect(ids(log.from(3))).toEqual([]);
    expect([0, 1, 2, 3].map((number) => log.before(number).lastEventId)).toEqual(["x", "a", "b", "c"]);
    expect([0, 2, 3].map((number) => log.item(number)?.data)).toEqual(["a", "c", undefined]);
  });

  test("finds where an item is by its key, and else by its ID, the last that has it", () => {
    const log = createLog(1e6);
    log.begin({ key: "start", lastEventId: "x" });
    const [a, b, nameless, c] = [item("a"), item("b"), item("b", "without an ID"), item("c")];
    log.append([a, b, nameless, c]);
    expect([a, b, nameless, c].map(({ key }) => log.find(key))).toEqual([1, 2, 3, 4]);
    expect(["x", "a", "b", "c"].map((id) => log.find(undefined, id))).toEqual([0, 1, 3, 4]);
    expect(log.find(b.key, "c")).toBe(2);
    expect(log.find("start")).toBe(0);
    expect([log.find("other"), log.find("other", "y"), log.find("other", "")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("knows where its last events begin, comments and bare IDs not counted", () => {
    const log = createLog(1e6);
    log.append([
      ...items("a", "b"),
      { type: "", data: undefined, lastEventId: "b", comment: "beat", key: "comment" },
      item("c"),
    ]);
    expect([0, 1, 2, 3, 99].map(log.last)).toEqual([4, 3, 1, 0, 0]);
  });

  test("stays where it is when it is ahead, whatever without an ID of its own comes between", () => {
    const log = createLog(1e6);
    log.append(items("7", "8", "9"));
    const beat: Entry = { type: "", data: undefined, lastEventId: "7", comment: "beat", key: "beat" };
    const told = [beat, item("7", "without an ID"), ...items("8", "9", "10")];
    log.rewind(1);
    expect(ids(log.append(told.slice(0, 4)))).toEqual(["9", "9"]);
    expect(log.before(log.end()).lastEventId).toBe("9");
    // The same once more: each is found, and none is taken for what comes after all others.
    log.rewind(1);
    expect(ids(log.append(told))).toEqual(["10"]);
  });

  test("keeps no more than its limit, and knows what is before what it keeps", () => {
    const log = createLog(weigh(item("0")) * 10);
    for (let id = 1; id <= 95; id++) log.append(items(String(id)));
    expect(log.end()).toBe(95);
    expect(log.end() - log.start()).toBeLessThanOrEqual(10);
    expect(log.end() - log.start()).toBeGreaterThanOrEqual(5);
    expect(log.before(log.start()).lastEventId).toBe(String(log.start()));
    expect(log.find(log.before(log.start()).key)).toBe(log.start());
    expect(log.item(log.start())?.lastEventId).toBe(String(log.start() + 1));
    log.append([item("huge", "x".repeat(1e5))]);
    expect([log.start(), log.end(), log.before(96).lastEventId]).toEqual([96, 96, "huge"]);
  });

  test.each(["type", "data", "lastEventId", "comment"])("counts the characters of the %s", (name) => {
    const log = createLog(1e4);
    for (let id = 0; id < 20; id++) log.append([{ ...item(String(id)), [name]: "x".repeat(1900) }]);
    expect(log.end() - log.start()).toBeLessThanOrEqual(5);
    expect(log.weight(19)).toBeGreaterThan(1900);
  });

  test("keeps what somebody waits for, and tells how much that is", () => {
    const each = weigh(item("10"));
    const log = createLog(each * 10);
    for (let id = 10; id < 60; id++) log.append(items(String(id)), 5);
    expect([log.start(), log.weight(5), log.weight(49), log.weight(50)]).toEqual([5, each * 45, each, 0]);
    log.append(items("60"), 40);
    expect(log.start()).toBe(40);
  });
});

describe("a log that is ahead", () => {
  /** Has 1 to 5, of which a new leader knows the first two. */
  function rewound(...more: Entry[]) {
    const log = createLog(1e6);
    log.append([...items("1", "2", "3", "4", "5"), ...more]);
    log.rewind(2);
    return log;
  }

  test("leaves out what comes again", () => {
    const log = rewound();
    expect(ids(log.append(items("3", "4", "5", "6")))).toEqual(["6"]);
    expect(ids(log.from(0))).toEqual(["1", "2", "3", "4", "5", "6"]);
  });

  test("takes what did not come again for gone", () => {
    expect(ids(rewound().append(items("4", "6")))).toEqual(["6"]);
    expect(ids(rewound().append(items("6", "7")))).toEqual(["6", "7"]);
  });

  test("does not take the event of a server that counts anew for one that comes again", () => {
    expect(ids(rewound().append(items("1", "2", "3", "4")))).toEqual(["1", "2", "3", "4"]);
  });

  test("leaves out several events of one ID as often as they were there", () => {
    const log = createLog(1e6);
    log.append([item("1"), item("2", "a"), item("2", "b"), item("3")]);
    log.rewind(1);
    expect(data(log.append([item("2", "a"), item("2", "b"), item("2", "c"), item("3"), item("4")]))).toEqual([
      "c",
      "4",
    ]);
  });

  test("never leaves out an event without an ID that equals one of before", () => {
    const log = createLog(1e6);
    log.append([item("", "beat"), item("", "beat")]);
    log.rewind(1);
    expect(data(log.append([item("", "beat"), item("", "beat")]))).toEqual(["beat", "beat"]);
  });

  test("leaves out the very item that it has, with or without an ID", () => {
    const log = createLog(1e6);
    const [a, b, c] = [item("", "a"), item("", "b"), item("", "c")];
    log.append([a, b]);
    log.rewind(0);
    expect(data(log.append([a, b, c]))).toEqual(["c"]);
  });

  test("may be rewound to before what it keeps", () => {
    const log = createLog(weigh(item("1")) * 4);
    log.append(items("1", "2", "3", "4", "5"));
    expect(log.start()).toBe(3);
    log.rewind(1);
    expect(ids(log.append(items("4", "5", "6")))).toEqual(["6"]);
  });

  test("may be rewound again before all came again", () => {
    const log = rewound();
    log.append(items("3"));
    log.rewind(1);
    expect(ids(log.append(items("2", "3", "4", "5", "6")))).toEqual(["6"]);
  });
});
