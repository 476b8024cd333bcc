import { equal, ok, thrown } from "./check.ts";
import type { Context, Source } from "./context.ts";
import { ours, spec, type SpecTest } from "./spec.ts";

const never = "about:blank";
const descriptor = (object: object, name: PropertyKey) => Object.getOwnPropertyDescriptor(object, name);

/** The descriptor of an accessor of the prototype. */
function accessor({ EventSource }: Context, name: string): unknown {
  const shape = descriptor(EventSource.prototype, name)!;
  return { ...shape, get: typeof shape.get, set: typeof shape.set };
}

/** A source that is closed at once, for tests that need no connection. */
function closed({ EventSource }: Context, init?: { withCredentials?: boolean }): Source {
  const source = new EventSource(never, init);
  source.close();
  return source;
}

/** "9.2.2 The EventSource interface" */
export const interfaceTests: readonly SpecTest[] = [
  spec('"interface EventSource : EventTarget": the class and its prototype inherit', ({ EventSource }) => {
    ok(Object.getPrototypeOf(EventSource) === EventTarget, "the class inherits from EventTarget");
    ok(
      Object.getPrototypeOf(EventSource.prototype) === EventTarget.prototype,
      "the prototype inherits from EventTarget.prototype",
    );
  }),

  spec('"interface EventSource": the name of the class and the tag of its instances', (context) => {
    const { EventSource } = context;
    equal(descriptor(EventSource, "name"), {
      value: "EventSource",
      writable: false,
      enumerable: false,
      configurable: true,
    });
    equal(descriptor(EventSource.prototype, Symbol.toStringTag), {
      value: "EventSource",
      writable: false,
      enumerable: false,
      configurable: true,
    });
    equal(Object.prototype.toString.call(closed(context)), "[object EventSource]");
    ok(EventSource.prototype.constructor === EventSource, "prototype.constructor");
    equal(descriptor(EventSource.prototype, "constructor")?.enumerable, false);
    equal(descriptor(EventSource, "prototype")?.writable, false);
  }),

  spec(
    '"constructor(USVString url, optional EventSourceInit eventSourceInitDict = {})": length is 1',
    (context) => {
      equal(context.EventSource.length, 1);
    },
  ),

  spec('"constructor(…)": throws a TypeError without new or without arguments', ({ EventSource }) => {
    const call = EventSource as unknown as (url?: string) => unknown;
    ok(thrown(() => call(never)) instanceof TypeError, "TypeError without new");
    const construct = EventSource as unknown as new () => unknown;
    ok(thrown(() => new construct()) instanceof TypeError, "TypeError without arguments");
  }),

  spec('"USVString url": an object is converted by its toString method, a symbol throws', (context) => {
    const { EventSource } = context;
    const url = { toString: () => "about:blank#made" } as URL;
    const source = new EventSource(url);
    source.close();
    equal(source.url, "about:blank#made");
    ok(thrown(() => new EventSource(Symbol("url") as unknown as string)) instanceof TypeError, "TypeError");
  }),

  spec(
    '"optional EventSourceInit": undefined and null are accepted, other non-objects throw',
    ({ EventSource }) => {
      for (const init of [undefined, null, {}, () => {}])
        new EventSource(never, init as { withCredentials?: boolean }).close();
      for (const init of [1, "a", true])
        ok(thrown(() => new EventSource(never, init as never)) instanceof TypeError, `TypeError for ${init}`);
    },
  ),

  spec('"const unsigned short CONNECTING = 0; OPEN = 1; CLOSED = 2"', (context) => {
    for (const [value, name] of ["CONNECTING", "OPEN", "CLOSED"].entries())
      for (const target of [context.EventSource, context.EventSource.prototype])
        equal(
          descriptor(target, name),
          { value, writable: false, enumerable: true, configurable: false },
          name,
        );
    equal(Object.keys(closed(context)).includes("OPEN"), false);
    equal(closed(context).CLOSED, 2);
  }),

  spec('"readonly attribute" url, withCredentials, readyState: getters of the prototype', (context) => {
    const shape = { get: "function", set: "undefined", enumerable: true, configurable: true };
    for (const name of ["url", "withCredentials", "readyState"]) {
      equal(accessor(context, name), shape, name);
      const { prototype } = context.EventSource;
      ok(
        thrown(() => Reflect.get(prototype, name)) instanceof TypeError,
        `TypeError for ${name} without an instance`,
      );
    }
  }),

  spec('"attribute EventHandler" onopen, onmessage, onerror: accessors of the prototype', (context) => {
    const shape = { get: "function", set: "function", enumerable: true, configurable: true };
    for (const name of ["onopen", "onmessage", "onerror"]) equal(accessor(context, name), shape, name);
  }),

  spec('"undefined close()": an enumerable method of the prototype', (context) => {
    const { value, writable, enumerable, configurable } = descriptor(context.EventSource.prototype, "close")!;
    equal(
      { type: typeof value, length: (value as () => void).length, writable, enumerable, configurable },
      { type: "function", length: 0, writable: true, enumerable: true, configurable: true },
    );
    equal(closed(context).close(), undefined);
  }),

  spec('"readonly attribute": assigning changes nothing', (context) => {
    const source = closed(context);
    const url = source.url;
    for (const name of ["url", "withCredentials", "readyState", "OPEN"]) Reflect.set(source, name, "changed");
    equal([source.url, source.withCredentials, source.readyState, source.OPEN], [url, false, 2, 1]);
  }),

  spec(
    "\"The url attribute's getter must return the serialization of this EventSource object's url.\"",
    (context) => {
      for (const [given, serialized] of [
        ["HTTP://127.0.0.1:9/a/../b c?q=\u00e4#f", "http://127.0.0.1:9/b%20c?q=%C3%A4#f"],
        ["http://127.0.0.1:80", "http://127.0.0.1/"],
      ]) {
        const source = new context.EventSource(given!);
        source.close();
        equal(source.url, serialized);
      }
    },
  ),

  spec('"If urlRecord is failure, then throw a "SyntaxError" DOMException."', ({ EventSource }) => {
    for (const url of ["http://", "http://127.0.0.1:99999/", "http://[::1", "http://this is invalid/"]) {
      const error = thrown(() => new EventSource(url));
      ok(error instanceof DOMException, "a DOMException");
      equal([error.name, error.code], ["SyntaxError", 12]);
    }
  }),

  spec(
    '"encoding-parsing a URL given url, relative to settings": a page or worker is the base',
    ({ EventSource }) => {
      const base = globalThis.document?.baseURI ?? globalThis.location.href;
      for (const url of ["", "a?b", "/a", "../a", "//127.0.0.1/a", "?a"]) {
        const source = new EventSource(url);
        source.close();
        equal(source.url, new URL(url, base).href);
      }
    },
    ({ kind }) => kind !== "server",
  ),

  spec(
    '"relative to settings": without a page, a relative URL is a SyntaxError',
    ({ EventSource }) => {
      const error = thrown(() => new EventSource("/a"));
      ok(error instanceof DOMException && error.name === "SyntaxError", "a SyntaxError");
    },
    ({ kind }) => kind === "server",
  ),

  spec('"When the object is created, [withCredentials] must be initialized to false."', (context) => {
    equal(closed(context).withCredentials, false);
    equal(closed(context, {}).withCredentials, false);
    equal(closed(context, { withCredentials: false }).withCredentials, false);
  }),

  spec(
    '"If the value of eventSourceInitDict\'s withCredentials member is true, … set … to true"',
    (context) => {
      equal(closed(context, { withCredentials: true }).withCredentials, true);
      equal(closed(context, { withCredentials: "yes" as unknown as boolean }).withCredentials, true);
    },
  ),

  spec(
    '"the readyState attribute … must return the value …": CONNECTING after construction',
    async (context) => {
      const { source, events } = context.open(await context.lane());
      equal([source.readyState, events.length], [0, 0]);
    },
  ),

  spec('"EventHandler": null by default, keeps a function, and converts non-objects to null', (context) => {
    const source = closed(context);
    for (const name of ["onopen", "onmessage", "onerror"] as const) {
      equal(source[name], null);
      const handler = () => {};
      source[name] = handler;
      ok(source[name] === handler, "the function");
      for (const other of [1, "handler", undefined, null, true]) {
        source[name] = handler;
        source[name] = other as null;
        equal(source[name], null, `${name} = ${String(other)}`);
      }
    }
  }),

  spec(
    '"[LegacyTreatNonObjectAsNull]": an object that is not callable is kept and not called',
    async (context) => {
      const heard = context.open(await context.lane({ body: "data: a\n\n" }));
      let calls = 0;
      const handler = { handleEvent: () => calls++ } as unknown as () => void;
      heard.source.onmessage = handler;
      await heard.next("message");
      ok(heard.source.onmessage === handler, "the object");
      equal(calls, 0);
    },
  ),

  spec(
    '"event handler": called with the event, on the object, in the order of its first assignment',
    async (context) => {
      const { source } = context.open(await context.lane({ body: "data: a\n\n" }));
      const calls: string[] = [];
      const done = new Promise<void>((resolve) => {
        source.onmessage = () => calls.push("replaced");
        source.addEventListener("message", () => calls.push("listener"));
        source.onmessage = function (event) {
          calls.push(`handler ${this === source} ${event.data} ${arguments.length}`);
        };
        source.addEventListener("message", () => resolve());
      });
      await done;
      equal(calls, ["handler true a 1", "listener"]);
    },
  ),

  spec('"deactivate an event handler": null removes it from the order', async (context) => {
    const { source } = context.open(await context.lane({ body: "data: a\n\n" }));
    const calls: string[] = [];
    const done = new Promise<void>((resolve) => {
      source.onmessage = () => calls.push("first");
      source.addEventListener("message", () => calls.push("listener"));
      source.onmessage = null;
      source.onmessage = () => calls.push("again");
      source.addEventListener("message", () => resolve());
    });
    await done;
    equal(calls, ["listener", "again"]);
  }),

  spec('"EventTarget": once, signal, listener objects and removal are supported', async (context) => {
    const { source } = context.open(
      await context.lane({ body: "data: a\n\ndata: b\n\nevent: end\ndata\n\n" }),
    );
    const calls: string[] = [];
    const removed = () => calls.push("removed");
    const controller = new AbortController();
    source.addEventListener("message", removed);
    source.removeEventListener("message", removed);
    source.addEventListener("message", () => calls.push("once"), { once: true });
    source.addEventListener("message", () => calls.push("aborted"), { signal: controller.signal });
    source.addEventListener("message", { handleEvent: () => calls.push("object") });
    controller.abort();
    await new Promise((resolve) => source.addEventListener("end", resolve));
    equal(calls, ["once", "object", "object"]);
  }),

  spec('"EventTarget": custom events can be dispatched', (context) => {
    const source = closed(context);
    let heard: Event | undefined;
    source.addEventListener("own", (event) => (heard = event));
    const event = new Event("own");
    equal(source.dispatchEvent(event), true);
    ok(heard === event, "the event");
  }),

  ours("The class can be subclassed", ({ EventSource }) => {
    class Mine extends EventSource {
      constructor() {
        super(never);
      }
    }
    const source = new Mine();
    source.close();
    ok(source instanceof EventSource && source.readyState === 2, "a source");
  }),
];
