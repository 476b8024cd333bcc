import { test } from "vitest";
import { EventSource as Ours, type EventSourceErrorEvent } from "../../src/eventsource.ts";
import * as everything from "../../src/global.ts";
import { holds, type Is } from "./is.ts";

declare const native: EventSource;
declare const ours: Ours;

test("an instance is one of the DOM's", () => {
  const asNative: EventSource = ours;
  const inField: { source: EventSource } = { source: ours };
  return [asNative, inField];
});

test("the class is one of the DOM's", () => {
  const asNative: typeof EventSource = Ours;
  globalThis.EventSource = Ours;
  return asNative;
});

test("a native instance is ours but for the coming members", () => {
  const asOurs: Pick<
    Ours,
    "url" | "withCredentials" | "readyState" | "onopen" | "onmessage" | "onerror" | "close" | "dispatchEvent"
  > &
    EventTarget = native as typeof native & { readyState: 0 | 1 | 2 };
  // @ts-expect-error the coming standard's member is not there
  const complete: Ours = native;
  return [asOurs, complete];
});

test("code that was written for the DOM's class compiles unchanged", () => {
  const use = () => {
    const source = new Ours(new URL("https://example.com/"), { withCredentials: true });
    source.onmessage = (event) => JSON.parse(event.data);
    source.onerror = (event: Event) => event.type;
    source.onopen = null;
    const onTick = (event: MessageEvent) => event.data;
    source.addEventListener("tick", onTick);
    source.removeEventListener("tick", onTick);
    source.addEventListener("error", (event) => event.type, { once: true });
    source.addEventListener("tick", { handleEvent: (event: Event) => event.type });
    source.close();
    return source.readyState === Ours.CLOSED;
  };
  return use;
});

test("data are text, and error events tell what happened", () => {
  ours.onmessage = function (event) {
    holds<Is<typeof event.data, string>>();
    holds<Is<typeof this, Ours>>();
  };
  ours.addEventListener("tick", (event) => {
    holds<Is<typeof event, MessageEvent<string>>>();
  });
  ours.addEventListener("error", (event) => {
    holds<Is<typeof event, EventSourceErrorEvent>>();
    holds<Is<typeof event.status, number | undefined>>();
    holds<Is<typeof event.willRetry, boolean>>();
  });
});

test("the extensions are options, and what is none is refused", () => {
  const source = new Ours("/", {
    fetch: (url, init) => fetch(url, init),
    headers: () => ({ authorization: "Bearer" }),
    method: "POST",
    body: "a",
    signal: new AbortController().signal,
    lastEventId: "1",
  });
  // @ts-expect-error there is no such option
  const other = new Ours("/", { header: {} });
  // @ts-expect-error it is read-only
  source.url = "";
  // @ts-expect-error one argument is needed
  const none = new Ours();
  return [source, other, none];
});

test("the script-tag build has it beside the main entry", () => {
  holds<Is<typeof everything.EventSource, typeof Ours>>();
  return everything.createEventSource;
});
