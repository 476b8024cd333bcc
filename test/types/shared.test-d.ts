import { expectTypeOf, test } from "vitest";
import { z } from "zod";
import { json, schemas, type EventSourceClient, type EventSourceOptions } from "../../src/index.ts";
import {
  createSharedEventSource,
  type SharedEventSource,
  type SharedEventSourceOptions,
  type SharedStatus,
} from "../../src/shared.ts";
import { holds, type Is } from "./is.ts";

interface Events {
  tick: { price: number };
  message: string;
}

test("it takes what createEventSource takes, and gives what it gives", () => {
  const source = createSharedEventSource<Events>("/events", {
    decode: json,
    identity: "somebody",
    open: false,
  });
  holds<Is<typeof source, SharedEventSource<Events>>>();
  const client: EventSourceClient<Events> = source;
  const options: SharedEventSourceOptions = {} as EventSourceOptions;
  source.on("tick", ({ data }) => expectTypeOf(data.price).toBeNumber());
  // @ts-expect-error There is no such event.
  source.on("tock", () => {});
  expectTypeOf(client).toEqualTypeOf<EventSourceClient<Events>>();
  expectTypeOf(options.identity).toEqualTypeOf<string | undefined>();
});

test("its events come from schemas, too, and are text otherwise", () => {
  const typed = createSharedEventSource("/events", {
    decode: schemas({ tick: z.object({ price: z.number() }) }),
    open: false,
  });
  typed.on("tick", ({ data }) => expectTypeOf(data).toEqualTypeOf<{ price: number }>());
  createSharedEventSource("/events", { open: false }).onEvent(({ data }) => expectTypeOf(data).toBeString());
});

test("its status tells whom the connection is shared with, and narrows as ever", () => {
  const source = createSharedEventSource("/events", { open: false });
  holds<Is<SharedStatus["scope"], "shared" | "tab">>();
  source.onStatus((status) => {
    if (status.state === "waiting") expectTypeOf(status.delay).toBeNumber();
    expectTypeOf(status.scope).toEqualTypeOf<"shared" | "tab">();
  });
  void source.closed.then(({ reason, scope }) => [reason, scope]);
});

test("options of the wrong kind do not compile", () => {
  // @ts-expect-error A name is text.
  createSharedEventSource("/events", { identity: 1, open: false });
  // @ts-expect-error A number.
  createSharedEventSource("/events", { replay: "1", open: false });
});
