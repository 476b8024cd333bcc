import { describe, expect, test } from "vitest";
import { EventSourceError } from "../../src/core/errors.ts";
import { deferred } from "../helpers/deferred.ts";
import { settled } from "../helpers/fake-clock.ts";
import { abortListeners, item, machine } from "../helpers/machine.ts";
import { opened } from "../helpers/play.ts";

const network = () => new EventSourceError("network", "reset");

describe("pause()", () => {
  test("drops the connection and says why, and open() resumes after the last event", async () => {
    const { source, attempts, clock } = await opened();
    await attempts[0]!.give(item("a", "7"));
    source.pause("hidden");
    expect(source.status).toEqual({ state: "paused", reason: "hidden" });
    expect(source.readyState).toBe(0);
    expect(attempts[0]!.context.signal.aborted).toBe(true);
    expect(clock.pending).toBe(0);
    source.open();
    expect(source.status).toEqual({ state: "connecting", attempt: 1 });
    expect(attempts[1]!.context.lastEventId).toBe("7");
  });

  test("says `client` where no reason is given", async () => {
    const { source } = await opened();
    source.pause();
    expect(source.status).toEqual({ state: "paused", reason: "client" });
  });

  test("holds for as long as nobody opens, also while the page goes offline and online", async () => {
    const { connection, clock, page, attempts } = machine();
    connection.open();
    await attempts[0]!.fail(network());
    connection.pause("asked");
    page.goOffline();
    await page.goOnline();
    await clock.advance(10_000_000);
    expect(connection.status).toEqual({ state: "paused", reason: "asked" });
    expect(attempts).toHaveLength(1);
  });

  test("tells the newest reason: whoever paused before can see that it is no longer up to him", async () => {
    const { source } = await opened();
    source.pause("hidden");
    const { status } = source;
    source.pause("logged out");
    expect(source.status).toEqual({ state: "paused", reason: "logged out" });
    expect(source.status).not.toBe(status);
  });

  test("inside a status listener leaves the error as it was published", async () => {
    const { source, attempts } = await opened();
    source.onStatus(({ state }) => state === "waiting" && source.pause());
    const errors: EventSourceError[] = [];
    source.onError((error) => errors.push(error));
    await attempts[0]!.fail(network());
    expect(source.status.state).toBe("paused");
    expect(errors).toMatchObject([{ willRetry: true }]);
  });

  test("neither ends a loop nor settles `closed`, and the loop goes on after open()", async () => {
    const { source, attempts } = await opened();
    let isOver = false;
    void source.closed.then(() => (isOver = true));
    const iterator = source[Symbol.asyncIterator]();
    const next = iterator.next();
    source.pause();
    await settled();
    source.open();
    await attempts[1]!.answer();
    await attempts[1]!.give(item("a"));
    expect((await next).value).toMatchObject({ data: "a" });
    expect(isOver).toBe(false);
  });

  test("delivers nothing more, also not from the same chunk, and what is left comes again", async () => {
    const { source, attempts } = await opened();
    const heard: string[] = [];
    source.onEvent(({ data }) => {
      heard.push(data);
      source.pause();
    });
    await attempts[0]!.give(item("a", "1"), item("b", "2"));
    expect(heard).toEqual(["a"]);
    source.open();
    expect(attempts[1]!.context.lastEventId).toBe("1");
  });

  test("leaves the caller's signal in charge: aborting it closes", async () => {
    const controller = new AbortController();
    const { source } = await opened({ signal: controller.signal });
    source.pause();
    expect(abortListeners(controller.signal)).toBe(1);
    controller.abort();
    expect(source.status).toEqual({ state: "closed", reason: "client" });
    expect(abortListeners(controller.signal)).toBe(0);
  });

  test("begins anew: earlier failures do not count when it is opened again", async () => {
    const { connection, clock, attempts } = machine({ retry: { maxRetries: 1, maxElapsedTime: 60_000 } });
    connection.open();
    await attempts[0]!.fail(network());
    connection.pause("asked");
    await clock.advance(3_600_000);
    connection.open();
    await attempts[1]!.fail(network());
    expect(connection.status).toMatchObject({ state: "waiting", attempt: 1, delay: 1000 });
  });
});

describe("check()", () => {
  test("asks the transport of the open connection, and nobody else", async () => {
    const asked: number[] = [];
    const { source, attempts } = await opened({}, { checkLiveness: (within) => asked.push(within) });
    source.checkLiveness(100);
    expect(asked).toEqual([100]);
    await attempts[0]!.fail(network());
    source.checkLiveness(200);
    source.reconnect();
    source.checkLiveness(300);
    expect(asked).toEqual([100]);
  });

  test("does nothing where the transport cannot tell", async () => {
    const { source } = await opened();
    const { status } = source;
    source.checkLiveness(1);
    expect(source.status).toBe(status);
  });
});

describe("assigning lastEventId", () => {
  test("tells where the next connection resumes", async () => {
    const { source, attempts } = await opened();
    source.lastEventId = "41";
    expect(source.lastEventId).toBe("41");
    source.reconnect();
    expect(attempts[1]!.context.lastEventId).toBe("41");
  });

  test("does not yield to a comment", async () => {
    const { source, attempts } = await opened();
    await attempts[0]!.give(item("a", "1"));
    source.lastEventId = "50";
    await attempts[0]!.give({ type: "", data: undefined, lastEventId: "1", comment: "beat" });
    expect(source.lastEventId).toBe("50");
  });

  test("yields to an event that comes before", async () => {
    const { source, attempts } = await opened();
    source.lastEventId = "41";
    await attempts[0]!.give(item("a", "9"));
    expect(source.lastEventId).toBe("9");
  });
});

describe("an iterator", () => {
  test("made by a listener of an event begins with the next event", async () => {
    const { source, attempts } = await opened();
    let iterator: AsyncIterableIterator<{ data: string }> | undefined;
    source.on("message", () => void (iterator ??= source[Symbol.asyncIterator]()));
    await attempts[0]!.give(item("1", "1"), item("2", "2"), item("3", "3"));
    expect((await iterator!.next()).value).toMatchObject({ data: "2" });
    expect((await iterator!.next()).value).toMatchObject({ data: "3" });
  });

  test("made in a status listener that closes and opens again is not ended by that close", async () => {
    const { source, attempts } = await opened();
    let iterator: AsyncIterableIterator<{ data: string }> | undefined;
    source.onStatus(({ state }) => {
      if (state !== "waiting") return;
      source.close();
      source.open();
      iterator = source[Symbol.asyncIterator]();
    });
    await attempts[0]!.fail(network());
    const next = iterator!.next();
    await attempts[1]!.answer();
    await attempts[1]!.give(item("x"));
    expect(await next).toMatchObject({ done: false, value: { data: "x" } });
  });
});

describe("onCheckpoint", () => {
  test("tells of an ID once its event was handed over, and once only", async () => {
    const { source, attempts } = await opened();
    const told: string[] = [];
    source.onEvent(({ data }) => void told.push(`event ${data}`));
    source.onCheckpoint((id) => told.push(`id ${id}`));
    await attempts[0]!.give(item("a", "1"), item("b", "1"), item("c", "2"));
    expect(told).toEqual(["event a", "id 1", "event b", "event c", "id 2"]);
  });

  test("waits for the promises of listeners", async () => {
    const { source, attempts } = await opened();
    const gate = deferred();
    const ids: string[] = [];
    source.onEvent(() => gate.promise);
    source.onCheckpoint((id) => ids.push(id));
    await attempts[0]!.give(item("a", "1"));
    expect(source.lastEventId).toBe("1");
    expect(ids).toEqual([]);
    gate.resolve();
    await settled();
    expect(ids).toEqual(["1"]);
  });

  test("waits until an iterator asks for the next event, or leaves", async () => {
    const { source, attempts } = await opened();
    const ids: string[] = [];
    source.onCheckpoint((id) => ids.push(id));
    const iterator = source[Symbol.asyncIterator]();
    const first = iterator.next();
    await attempts[0]!.give(item("a", "1"), item("b", "2"));
    await first;
    expect(ids).toEqual([]);
    await iterator.next();
    expect(ids).toEqual(["1"]);
    await iterator.return!();
    expect(ids).toEqual(["1", "2"]);
  });

  test.each(["close", "the end"])("a loop that is still busy at %s holds back its ID", async (how) => {
    const { source, attempts } = await opened({ retry: false });
    const ids: string[] = [];
    source.onCheckpoint((id) => ids.push(id));
    const iterator = source[Symbol.asyncIterator]();
    const first = iterator.next();
    await attempts[0]!.give(item("a", "1"));
    await first;
    if (how === "close") source.close();
    else await attempts[0]!.end();
    await settled();
    expect(source.status.state).toBe("closed");
    expect(ids).toEqual([]);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(ids).toEqual(["1"]);
  });

  test("a listener that is still busy when a reconnect lets go of it holds back its ID and those after it", async () => {
    const { source, attempts } = await opened();
    const gate = deferred();
    const ids: string[] = [];
    source.onCheckpoint((id) => ids.push(id));
    source.onEvent(({ data }) => (data === "a" ? gate.promise : undefined));
    await attempts[0]!.give(item("a", "1"));
    source.reconnect();
    await attempts[1]!.answer();
    await attempts[1]!.give(item("b", "2"));
    expect([source.lastEventId, ids]).toEqual(["2", []]);
    gate.resolve();
    await settled();
    expect(ids).toEqual(["2"]);
  });

  test("tells of an ID that comes without an event", async () => {
    const { source, attempts } = await opened();
    const ids: string[] = [];
    source.onCheckpoint((id) => ids.push(id));
    await attempts[0]!.give({ type: "", data: undefined, lastEventId: "5" });
    expect(ids).toEqual(["5"]);
  });
});
