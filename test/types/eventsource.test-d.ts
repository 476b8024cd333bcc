import { test } from "vitest";
import { ErrorEvent, EventSource as Ours, type EventSourceConstructor } from "../../src/eventsource.ts";
import * as main from "../../src/index.ts";
import { holds, type Is } from "./is.ts";

declare const native: EventSource;
declare const ours: Ours;
type Native = typeof EventSource;

test("An instance is an instance of the DOM's class", () => {
  const asNative: EventSource = ours;
  const inField: { source: EventSource } = { source: ours };
  return [asNative, inField];
});

test("The class is the DOM's class", () => {
  const asNative: Native = Ours;
  globalThis.EventSource = Ours;
  return asNative;
});

test("A native instance is an instance of the class", () => {
  const asOurs: Ours = native;
  const inField: { source: Ours } = { source: native };
  return [asOurs, inField];
});

test("The native class is the class", () => {
  const asOurs: typeof Ours = EventSource;
  const asConstructor: EventSourceConstructor = EventSource;
  return [asOurs, asConstructor];
});

test("A class that may be either infers handlers and listeners", () => {
  const use = (Either: Native | typeof Ours) => {
    const source = new Either("/", { withCredentials: true });
    source.onopen = (event) => holds<Is<typeof event, Event>>();
    source.onmessage = (event) => holds<Is<typeof event, MessageEvent>>();
    source.onerror = (event) => holds<Is<typeof event, Event>>();
    source.addEventListener("tick", (event) => event.data);
    source.addEventListener("error", (event) => event.type);
    return source.readyState === Either.CLOSED;
  };
  return use;
});

test("The class can be extended", () => {
  class Mine extends Ours {
    override close(): void {
      super.close();
    }
  }
  const source: Ours = new Mine("/");
  return source;
});

test("Code for the DOM's class compiles unchanged", () => {
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

test("The data of an event is a string, and an error event is an ErrorEvent", () => {
  ours.onmessage = function (event) {
    holds<Is<typeof event.data, string>>();
    holds<Is<typeof this, Ours>>();
  };
  ours.onerror = (event) => holds<Is<typeof event, ErrorEvent>>();
  ours.addEventListener("tick", (event) => {
    holds<Is<typeof event, MessageEvent<string>>>();
  });
  ours.addEventListener("error", (event) => {
    holds<Is<typeof event, ErrorEvent>>();
    holds<Is<typeof event.code, number | undefined>>();
    holds<Is<typeof event.message, string | undefined>>();
    holds<Is<typeof event.error, main.EventSourceError | undefined>>();
  });
  return new ErrorEvent("error", { code: 401, message: "Unauthorized" });
});

test("The extensions are options, and other names do not compile", () => {
  const source = new Ours("/", {
    fetch: (url, init) => fetch(url, init),
    headers: () => ({ authorization: "Bearer" }),
    method: "POST",
    body: "a",
    signal: new AbortController().signal,
    lastEventId: "1",
    lastEventIdParam: "since",
    maxEventSize: 1000,
  });
  // @ts-expect-error there is no such option
  const other = new Ours("/", { header: {} });
  // @ts-expect-error it is read-only
  source.url = "";
  // @ts-expect-error one argument is needed
  const none = new Ours();
  return [source, other, none];
});

test("The main entry exports the class and its error event", () => {
  holds<Is<typeof main.EventSource, typeof Ours>>();
  holds<Is<typeof main.ErrorEvent, typeof ErrorEvent>>();
  const source: main.EventSource = ours;
  return source;
});
