import { describe, expect, test } from "vitest";
import { createLog, weigh } from "../../src/shared-log.ts";
import type { StreamItem } from "../../src/types.ts";

const item = (id: string, data = id): StreamItem => ({ type: "message", data, lastEventId: id });
const items = (...ids: string[]) => ids.map((id) => item(id));
const ids = (list: readonly StreamItem[] | undefined) => list?.map(({ lastEventId }) => lastEventId);
const data = (list: readonly StreamItem[]) => list.map((it) => it.data);

describe("a log", () => {
  test("numbers what is appended and finds it by number", () => {
    const log = createLog(1e6);
    log.reset(10, "x");
    expect(ids(log.append(items("a", "b", "c")))).toEqual(["a", "b", "c"]);
    expect([log.start(), log.end()]).toEqual([10, 13]);
    expect(ids(log.from(11))).toEqual(["b", "c"]);
    expect(ids(log.from(13))).toEqual([]);
    expect(log.from(9)).toBeUndefined();
    expect(["x", "a", "b", "c"]).toEqual([10, 11, 12, 13].map(log.idBefore));
  });

  test("finds what comes after an ID, the last that has it, and after the one it began with", () => {
    const log = createLog(1e6);
    log.reset(0, "x");
    log.append([item("a"), item("b"), item("b", "without an ID"), item("c")]);
    expect(ids(log.after("a"))).toEqual(["b", "b", "c"]);
    expect(ids(log.after("b"))).toEqual(["c"]);
    expect(ids(log.after("c"))).toEqual([]);
    expect(ids(log.after("x"))).toEqual(["a", "b", "b", "c"]);
    expect(log.after("y")).toBeUndefined();
  });

  test("gives the last events, comments and bare IDs not counted", () => {
    const log = createLog(1e6);
    log.append([
      ...items("a", "b"),
      { type: "", data: undefined, lastEventId: "b", comment: "beat" },
      item("c"),
    ]);
    expect(ids(log.last(2))).toEqual(["b", "c"]);
    expect(log.last(0)).toEqual([]);
    expect(ids(log.last(99))).toEqual(["a", "b", "c"]);
  });

  test("keeps no more than its limit, and knows the ID before what it keeps", () => {
    const log = createLog(weigh(item("0")) * 10);
    for (let id = 1; id <= 95; id++) log.append(items(String(id)));
    expect(log.end()).toBe(95);
    expect(log.end() - log.start()).toBeLessThanOrEqual(10);
    expect(log.end() - log.start()).toBeGreaterThanOrEqual(5);
    const kept = log.from(log.start())!;
    expect(log.idBefore(log.start())).toBe(String(log.start()));
    expect(ids(kept)![0]).toBe(String(log.start() + 1));
    log.append([item("huge", "x".repeat(1e5))]);
    expect([log.start(), log.end(), log.idBefore(96)]).toEqual([96, 96, "huge"]);
  });
});

describe("a log that was ahead", () => {
  /** Has 1 to 5, of which the new leader knows the first two. */
  function rewound(...more: StreamItem[]) {
    const log = createLog(1e6);
    log.append([...items("1", "2", "3", "4", "5"), ...more]);
    log.rewind(2, "2");
    return log;
  }

  test("leaves out what comes again, and numbers it", () => {
    const log = rewound();
    expect([log.end(), log.idBefore(2)]).toEqual([2, "2"]);
    expect(ids(log.append(items("3", "4", "5", "6")))).toEqual(["6"]);
    expect(ids(log.from(0))).toEqual(["1", "2", "3", "4", "5", "6"]);
  });

  test("takes what did not come again for gone", () => {
    expect(ids(rewound().append(items("4", "6")))).toEqual(["6"]);
    expect(ids(rewound().append(items("6", "7")))).toEqual(["6", "7"]);
  });

  test("leaves out several events of one ID as often as they were there", () => {
    const log = createLog(1e6);
    log.append([item("1"), item("2", "a"), item("2", "b"), item("3")]);
    log.rewind(1, "1");
    expect(data(log.append([item("2", "a"), item("2", "b"), item("2", "c"), item("3"), item("4")]))).toEqual([
      "c",
      "4",
    ]);
  });

  test("never leaves out an event without an ID that equals one of before", () => {
    const log = createLog(1e6);
    log.append([item("", "beat"), item("", "beat")]);
    log.rewind(1, "");
    expect(data(log.append([item("", "beat"), item("", "beat")]))).toEqual(["beat", "beat"]);
  });

  test("may be rewound again before all came again", () => {
    const log = rewound();
    log.append(items("3"));
    log.rewind(1, "1");
    expect(ids(log.append(items("2", "3", "4", "5", "6")))).toEqual(["6"]);
  });

  test("may be rewound to before what it keeps", () => {
    const log = createLog(1e6);
    log.reset(10, "9");
    log.append(items("10", "11"));
    log.rewind(8, "7");
    expect([log.start(), log.end(), log.idBefore(8)]).toEqual([8, 8, "7"]);
    expect(ids(log.append(items("8", "9", "10", "11", "12")))).toEqual(["8", "9", "12"]);
  });
});
