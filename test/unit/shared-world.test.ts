import { afterEach, describe, expect, test, vi } from "vitest";
import type { Message } from "../../src/shared/message.ts";
import { systemWorld } from "../../src/shared/world.ts";
import { until } from "../helpers/turns.ts";

afterEach(() => vi.unstubAllGlobals());

const message: Message = { from: "a", wish: ["open", 0] };

/** Meets the others, and writes down what happens. */
function meet(name = "a place") {
  const heard: Message[] = [];
  const calls: string[] = [];
  const meeting = systemWorld.meet(name, {
    receive: (what) => heard.push(what),
    lead: () => calls.push("lead"),
    robbed: () => calls.push("robbed"),
    alone: () => calls.push("alone"),
  });
  return { meeting, heard, calls };
}

describe("meeting", () => {
  test("the first leads, the others hear, and the next one leads when it has left", async () => {
    const [first, second, third] = [meet(), meet(), meet()];
    await until(() => first.calls.length > 0);
    first.meeting!.post(message);
    await until(() => second.heard.length > 0 && third.heard.length > 0);
    expect([first.heard, second.heard, third.heard]).toEqual([[], [message], [message]]);
    expect([second.calls, third.calls]).toEqual([[], []]);
    second.meeting!.leave();
    first.meeting!.leave();
    await until(() => third.calls.length > 0);
    third.meeting!.leave();
    expect([first.calls, second.calls, third.calls]).toEqual([["lead"], [], ["lead"]]);
  });

  test("whoever leaves at once never leads, and holds nothing", async () => {
    const first = meet();
    first.meeting!.leave();
    const second = meet();
    await until(() => second.calls.length > 0);
    second.meeting!.leave();
    expect(first.calls).toEqual([]);
  });

  test("other places are other places", async () => {
    const [here, there] = [meet("here"), meet("there")];
    await until(() => here.calls.length + there.calls.length === 2);
    here.meeting!.post(message);
    expect(there.heard).toEqual([]);
    here.meeting!.leave();
    there.meeting!.leave();
  });
});

test("whoever has the lead taken from it is told", async () => {
  const first = meet();
  await until(() => first.calls.length > 0);
  let give = () => {};
  const stolen = navigator.locks.request(
    "a place",
    { steal: true },
    () => new Promise<void>((resolve) => (give = resolve)),
  );
  await until(() => first.calls.length > 1);
  expect(first.calls).toEqual(["lead", "robbed"]);
  first.meeting!.leave();
  give();
  await stolen;
});

describe("where there is nothing to meet by", () => {
  test("no locks", () => {
    vi.stubGlobal("navigator", {});
    expect([systemWorld.scope(), meet().meeting]).toEqual(["tab", undefined]);
  });

  test("no navigator", () => {
    vi.stubGlobal("navigator", undefined);
    expect([systemWorld.scope(), meet().meeting]).toEqual(["tab", undefined]);
  });

  test("no channels", () => {
    vi.stubGlobal("BroadcastChannel", undefined);
    expect([systemWorld.scope(), meet().meeting]).toEqual(["tab", undefined]);
  });

  test("a channel that may not be opened", () => {
    vi.stubGlobal("BroadcastChannel", function () {
      throw new DOMException("Storage is blocked", "SecurityError");
    });
    expect([systemWorld.scope(), meet().meeting]).toEqual(["shared", undefined]);
  });

  test("locks that may not be asked for", async () => {
    const request = () => Promise.reject(new DOMException("No", "SecurityError"));
    vi.stubGlobal("navigator", { locks: { request } });
    const { meeting, calls } = meet();
    await until(() => calls.length > 0);
    expect(calls).toEqual(["alone"]);
    meeting!.leave();
  });
});

test("watches a page for its leaving and coming back, and stops", () => {
  const page = new EventTarget();
  const added = new Set<string>();
  vi.stubGlobal("addEventListener", (type: string, listener: () => void, capture: boolean) => {
    added.add(type);
    page.addEventListener(type, listener, capture);
  });
  vi.stubGlobal("removeEventListener", (type: string, listener: () => void, capture: boolean) => {
    added.delete(type);
    // Node's own takes no boolean here.
    page.removeEventListener(type, listener, { capture });
  });
  const seen: string[] = [];
  const stop = systemWorld.watch(
    () => seen.push("hide"),
    () => seen.push("show"),
  );
  const all = ["pagehide", "pageshow", "freeze", "resume"];
  for (const type of all) page.dispatchEvent(new Event(type));
  expect(seen).toEqual(["hide", "show", "hide", "show"]);
  expect([...added].toSorted()).toEqual(all.toSorted());
  stop();
  for (const type of all) page.dispatchEvent(new Event(type));
  expect([seen.length, added.size]).toEqual([4, 0]);
});

test("where nobody tells of pages there is nothing to watch", () => {
  systemWorld.watch(
    () => {},
    () => {},
  )();
});
