import { type } from "arktype";
import * as v from "valibot";
import { expectTypeOf, test } from "vitest";
import { z } from "zod";
import { trace } from "../../src/debug.ts";
import {
  createEventSource,
  fetchEvents,
  json,
  readEvents,
  schema,
  schemas,
  type AnyEvent,
  type AnyEventSourceClient,
  type Decoder,
  type EventSourceClient,
  type EventSourceOptions,
  type EventStream,
  type ServerSentEvent,
} from "../../src/index.ts";
import { followPage } from "../../src/lifecycle.ts";
import { rememberLastEventId } from "../../src/resume.ts";
import type { SharedEventSource } from "../../src/shared.ts";
import { fails, holds, type Is, type IsAny } from "./is.ts";

interface Tick {
  symbol: string;
  price: number;
}
type Prices = { tick: Tick; halt: { until: string }; message: string };

const body = new ReadableStream<Uint8Array>();

const tick = z.object({ symbol: z.string(), price: z.number() });

test("data is a string and any name is allowed without a map and a decoder", () => {
  const source = createEventSource("/prices");
  holds<Is<typeof source, EventSourceClient<Record<string, string>>>>();
  source.on("anything", (event) => {
    holds<Is<typeof event, ServerSentEvent<"anything", string>>>();
    holds<Is<typeof event.type, "anything">>();
    holds<Is<typeof event.data, string>>();
    holds<Is<typeof event.raw, string>>();
  });
  source.onEvent((event) => {
    holds<Is<typeof event, ServerSentEvent<string, string>>>();
  });
});

test("options without a decoder leave data a string", () => {
  const source = createEventSource("/prices", { open: false, decode: undefined });
  holds<Is<typeof source, EventSourceClient>>();
  const none = createEventSource("/prices", undefined);
  holds<Is<typeof none, EventSourceClient>>();
});

test("a hand-written map names the events and their data", () => {
  const source = createEventSource<Prices>("/prices", { decode: json });
  source.on("tick", (event) => {
    holds<Is<typeof event, ServerSentEvent<"tick", Tick>>>();
    holds<Is<typeof event.data.price, number>>();
    // @ts-expect-error no such member of the data
    void event.data.volume;
  });
  source.on("message", ({ data }) => holds<Is<typeof data, string>>());
  // @ts-expect-error no such event
  source.on("tock", () => {});
  // @ts-expect-error the listener takes something else
  source.on("tick", (event: ServerSentEvent<"tick", { volume: number }>) => event);
  // @ts-expect-error the listener is for another event
  source.on("tick", (event: ServerSentEvent<"halt", { until: string }>) => event);
  // The status of the connection is another channel.
  // @ts-expect-error
  source.on("error", () => {});
  // @ts-expect-error
  source.on("open", () => {});
});

test("a map may be an interface", () => {
  interface Map {
    tick: Tick;
  }
  const source = createEventSource<Map>("/prices", { decode: json });
  source.on("tick", ({ data }) => holds<Is<typeof data, Tick>>());
  // @ts-expect-error no such event
  source.on("message", () => {});
});

test("a hand-written map whose data is not a string requires decode", () => {
  // @ts-expect-error data would be a string
  createEventSource<Prices>("/prices");
  // @ts-expect-error data would be a string
  createEventSource<Prices>("/prices", { open: false });
  // @ts-expect-error data would be a string
  createEventSource<Prices>("/prices", undefined);
  // @ts-expect-error data would be a string
  createEventSource<Prices>("/prices", { decode: undefined });
  // @ts-expect-error decode may be missing
  createEventSource<Prices>("/prices", {} as { decode?: Decoder });
  // @ts-expect-error data would be a string
  fetchEvents<Prices>("/chat");
  // @ts-expect-error data would be a string
  fetchEvents<Prices>("/chat", { method: "POST" });
  // @ts-expect-error data would be a string
  readEvents<Prices>(body);
  // @ts-expect-error data would be a string
  readEvents<Prices>(body, { endOn: "bye" });
  // @ts-expect-error the annotation is a hand-written map, too
  const annotated: EventSourceClient<Prices> = createEventSource("/prices");
  // @ts-expect-error the annotation is a hand-written map, too
  const open: EventSourceClient<Prices> = createEventSource("/prices", { open: true });
  void [annotated, open];
});

test("a hand-written map accepts every decoder", () => {
  createEventSource<{ tick: Tick }>("/prices", { decode: (raw) => JSON.parse(raw) });
  createEventSource<{ tick: Tick }>("/prices", {
    async decode(raw, event) {
      holds<Is<typeof raw, string>>();
      holds<Is<typeof event, ServerSentEvent>>();
      return {};
    },
  });
  fetchEvents<Prices>("/chat", { decode: {} as Decoder });
  readEvents<Prices>(body, { decode: json });
  const annotated: EventSourceClient<Prices> = createEventSource("/prices", { decode: json });
  void annotated;
});

test("a hand-written map needs no decode where data may be a string", () => {
  const source = createEventSource<{ tick: string }>("/prices");
  holds<Is<typeof source, EventSourceClient<{ tick: string }>>>();
  const open = createEventSource<{ tick: string; light: "red" | "green" }>("/prices", { open: false });
  open.on("light", ({ data }) => holds<Is<typeof data, "red" | "green">>());
  createEventSource<{ tick: unknown; either: string | number }>("/prices");
  createEventSource<Record<string, unknown>>("/prices", {});
  fetchEvents<{ message: string }>("/chat");
  readEvents<{ message: string }>(body, {});
});

test("onEvent has the union of all events, discriminated by type", () => {
  const source = createEventSource<Prices>("/prices", { decode: json });
  source.onEvent((event) => {
    holds<Is<typeof event, AnyEvent<Prices>>>();
    holds<Is<(typeof event)["type"], "tick" | "halt" | "message">>();
    // @ts-expect-error not before the type is known
    void event.data.price;
    switch (event.type) {
      case "tick":
        return holds<Is<typeof event.data, Tick>>();
      case "halt":
        return holds<Is<typeof event.data.until, string>>();
      case "message":
        return holds<Is<typeof event.data, string>>();
      default:
        return event satisfies never;
    }
  });
});

test("for await yields the same union", async () => {
  for await (const event of createEventSource<Prices>("/prices", { decode: json })) {
    holds<Is<typeof event, AnyEvent<Prices>>>();
    if (event.type === "tick") holds<Is<typeof event.data.price, number>>();
  }
  for await (const event of createEventSource("/prices"))
    holds<Is<typeof event, ServerSentEvent<string, string>>>();
  for await (const event of fetchEvents<Prices>("/chat", { decode: json }))
    holds<Is<typeof event, AnyEvent<Prices>>>();
  for await (const event of readEvents<Prices>(body, { decode: json }))
    holds<Is<typeof event, AnyEvent<Prices>>>();
  for await (const { data } of fetchEvents("/chat")) holds<Is<typeof data, string>>();
  for await (const { data } of readEvents(new Response(body))) holds<Is<typeof data, string>>();
});

test("json without a map gives unknown", async () => {
  const source = createEventSource("/prices", { decode: json });
  source.on("tick", ({ data }) => holds<Is<typeof data, unknown>>());
  source.onEvent(({ data }) => holds<Is<typeof data, unknown>>());
  for await (const { data } of fetchEvents("/chat", { decode: json })) holds<Is<typeof data, unknown>>();
  for await (const { data } of readEvents(body, { decode: json })) holds<Is<typeof data, unknown>>();
});

test("callbacks beside the decoder are typed by it", () => {
  createEventSource("/prices", { onEvent: (event) => holds<Is<typeof event, ServerSentEvent>>() });
  createEventSource("/prices", {
    onEvent: (event) => holds<Is<typeof event, ServerSentEvent<string, unknown>>>(),
    decode: json,
  });
  createEventSource("/prices", {
    onEvent: (event) => holds<Is<typeof event, ServerSentEvent<"tick", Tick>>>(),
    decode: schemas({ tick }),
  });
  createEventSource("/prices", {
    onEvent: (event) => holds<Is<typeof event, ServerSentEvent<string, Tick>>>(),
    decode: schema(tick),
  });
  // An inline decoder goes first, unless its parameters are typed.
  createEventSource("/prices", {
    decode: (raw) => Number(raw),
    onEvent: (event) => holds<Is<typeof event.data, number>>(),
  });
  createEventSource("/prices", {
    onEvent: (event) => holds<Is<typeof event.data, number>>(),
    decode: async (raw: string) => Number(raw),
  });
  createEventSource<Prices>("/prices", {
    onEvent: (event) => holds<Is<typeof event, AnyEvent<Prices>>>(),
    decode: (raw) => JSON.parse(raw),
  });
  createEventSource("/prices", {
    decode: json,
    // @ts-expect-error the data is unknown
    onEvent: (event: ServerSentEvent<"tick", Tick>) => event,
  });
  // @ts-expect-error the type of a parameter does not decode the data
  createEventSource("/prices", { onEvent: (event: ServerSentEvent<string, Tick>) => event });
});

test("options in a variable that may hold a decoder give unknown, not string", async () => {
  const options: EventSourceOptions = { decode: json };
  createEventSource("/prices", options).onEvent(({ data }) => holds<Is<typeof data, unknown>>());
  for await (const { data } of fetchEvents("/chat", options)) holds<Is<typeof data, unknown>>();
  for await (const { data } of readEvents(body, options)) holds<Is<typeof data, unknown>>();
  createEventSource("/prices", { lastEventId: "1" }).onEvent(({ data }) => holds<Is<typeof data, string>>());
});

test("a custom decoder types data by its awaited result", async () => {
  const numbers = createEventSource("/n", { decode: (raw) => Number(raw) });
  numbers.on("n", ({ data }) => holds<Is<typeof data, number>>());
  const later = createEventSource("/n", { decode: async (raw) => ({ text: raw }) });
  later.on("n", ({ data }) => holds<Is<typeof data, { text: string }>>());
  for await (const { data } of later) holds<Is<typeof data, { text: string }>>();
  createEventSource("/n", {
    decode(raw, event) {
      holds<Is<typeof raw, string>>();
      holds<Is<typeof event, ServerSentEvent>>();
      return event.type;
    },
  });
});

test("nothing is ever any, not even when the decoder says so", async () => {
  const source = createEventSource("/prices", { decode: (raw) => JSON.parse(raw) });
  source.on("tick", ({ data }) => {
    fails<IsAny<typeof data>>();
    holds<Is<typeof data, unknown>>();
    // @ts-expect-error unknown has no members
    void data.price;
  });
  source.onEvent((event) => {
    fails<IsAny<typeof event>>();
    fails<IsAny<typeof event.data>>();
  });
  const later = createEventSource("/prices", { decode: async (raw) => JSON.parse(raw) });
  later.on("tick", ({ data }) => holds<Is<typeof data, unknown>>());
  for await (const event of fetchEvents("/chat", { decode: (raw) => JSON.parse(raw) }))
    fails<IsAny<typeof event.data>>();
  for await (const event of readEvents(body, { decode: (raw) => JSON.parse(raw) }))
    fails<IsAny<typeof event.data>>();
  const stream = readEvents(body);
  fails<IsAny<Awaited<typeof stream.response>>>();
  holds<Is<Awaited<typeof stream.response>, Response | undefined>>();
});

test("schemas infers the map from zod", () => {
  const source = createEventSource("/prices", {
    decode: schemas({
      tick: z.object({ symbol: z.string(), price: z.number() }),
      halt: z.object({ until: z.string().transform((text) => new Date(text)) }),
    }),
  });
  source.on("tick", ({ data }) => holds<Is<typeof data, { symbol: string; price: number }>>());
  // The output of the schema, not its input.
  source.on("halt", ({ data }) => holds<Is<typeof data.until, Date>>());
  source.onEvent((event) => {
    holds<Is<typeof event.type, "tick" | "halt">>();
    if (event.type === "tick") holds<Is<typeof event.data.price, number>>();
  });
  // @ts-expect-error no schema of that name
  source.on("tock", () => {});
});

test("schemas infers the map from valibot", async () => {
  const source = createEventSource("/prices", {
    decode: schemas({ tick: v.object({ symbol: v.string(), price: v.number() }) }),
  });
  source.on("tick", ({ data }) => holds<Is<typeof data, { symbol: string; price: number }>>());
  // @ts-expect-error no schema of that name
  source.on("tock", () => {});
  for await (const event of source) holds<Is<typeof event.type, "tick">>();
});

test("schemas infers the map from arktype", () => {
  const source = createEventSource("/prices", {
    decode: schemas({ tick: type({ symbol: "string", price: "number" }) }),
  });
  source.on("tick", ({ data }) => holds<Is<typeof data, { symbol: string; price: number }>>());
  // @ts-expect-error no schema of that name
  source.on("tock", () => {});
});

test("schema types every event by one schema", async () => {
  const source = createEventSource("/prices", { decode: schema(tick) });
  holds<Is<typeof source, EventSourceClient<Record<string, Tick>>>>();
  createEventSource("/prices", { decode: schema(v.literal(2)) }).on("n", ({ data }) =>
    holds<Is<typeof data, 2>>(),
  );
  createEventSource("/prices", { decode: schema(type("string")) }).onEvent(({ data }) =>
    holds<Is<typeof data, string>>(),
  );
  for await (const { data } of fetchEvents("/chat", { decode: schema(tick) })) holds<Is<typeof data, Tick>>();
  for await (const { data } of readEvents(body, { decode: schema(tick) })) holds<Is<typeof data, Tick>>();
  // @ts-expect-error not a schema
  schema({ price: "number" });
});

test("a hand-written map beside schemas must agree with them", () => {
  const source = createEventSource<{ tick: Tick }>("/prices", { decode: schemas({ tick }) });
  holds<Is<typeof source, EventSourceClient<{ tick: Tick }>>>();
  // The data of a name without a schema is a string.
  createEventSource<{ tick: Tick; message: string }>("/prices", { decode: schemas({ tick }) });
  createEventSource<{ tick: { price: number } }>("/prices", { decode: schemas({ tick, halt: z.string() }) });
  createEventSource<{ tick: Tick }>("/prices", { decode: schema(tick) });
  const annotated: EventSourceClient<{ tick: Tick }> = createEventSource("/", { decode: schemas({ tick }) });
  void annotated;
  // @ts-expect-error another data type
  createEventSource<{ tick: Tick }>("/prices", { decode: schemas({ tick: z.number() }) });
  // @ts-expect-error another data type
  createEventSource<{ tick: Tick }>("/prices", { decode: schema(z.number()) });
  // @ts-expect-error another data type
  createEventSource<{ tick: string }>("/prices", { decode: schemas({ tick }) });
  // @ts-expect-error a name without a schema is text
  createEventSource<{ tick: Tick; halt: Tick }>("/prices", { decode: schemas({ tick }) });
  // @ts-expect-error another data type
  fetchEvents<{ tick: Tick }>("/chat", { decode: schemas({ tick: z.number() }) });
  // @ts-expect-error another data type
  readEvents<{ tick: Tick }>(body, { decode: schemas({ tick: z.number() }) });
  const decode = schemas({ tick: z.number() });
  // @ts-expect-error another data type
  const wrong: EventSourceClient<{ tick: Tick }> = createEventSource("/prices", { decode });
  void wrong;
});

test("schemas of several libraries go into one map, and into fetchEvents and readEvents", async () => {
  const decode = schemas({ a: z.literal(1), b: v.literal(2), c: type("string") });
  for await (const event of fetchEvents("/chat", { decode })) {
    if (event.type === "a") holds<Is<typeof event.data, 1>>();
    else if (event.type === "b") holds<Is<typeof event.data, 2>>();
    else holds<Is<typeof event, ServerSentEvent<"c", string>>>();
  }
  const stream = readEvents(body, { decode });
  holds<Is<typeof stream, EventStream<{ a: 1; b: 2; c: string }>>>();
});

test("schemas takes nothing but Standard Schemas", () => {
  // @ts-expect-error not a schema
  schemas({ tick: { price: "number" } });
  // @ts-expect-error not a schema
  schemas({ tick: (value: unknown) => value });
});

test("clients and streams can be stored by type", () => {
  const source: EventSourceClient<Prices> = createEventSource<Prices>("/prices", { decode: json });
  const stream: EventStream<Prices> = fetchEvents<Prices>("/chat", { decode: json });
  const text = createEventSource("/prices");
  // @ts-expect-error data would be a string here
  const wrong: EventSourceClient<Prices> = text;
  void [source, stream, wrong];
});

test("AnyEventSourceClient accepts a client of any events", async () => {
  const clients: AnyEventSourceClient[] = [
    {} as EventSourceClient<{ tick: Tick }>,
    {} as EventSourceClient<Prices>,
    {} as EventSourceClient,
    createEventSource("/prices"),
    createEventSource("/prices", { open: false }),
    createEventSource("/prices", { decode: json }),
    createEventSource("/prices", { decode: schemas({ tick }) }),
    createEventSource<Prices>("/prices", { decode: json }),
  ];
  for (const client of clients) {
    client.onEvent((event) => holds<Is<typeof event, ServerSentEvent<string, unknown>>>());
    client.on("tick", ({ data }) => holds<Is<typeof data, unknown>>());
    client.lastEventId = client.status.state;
    for await (const event of client) holds<Is<typeof event, ServerSentEvent<string, unknown>>>();
  }
  clients.push({} as SharedEventSource<Prices>);
  for (const client of clients) {
    followPage(client);
    trace(client, () => {});
    rememberLastEventId(client, { key: "prices" });
  }
  // @ts-expect-error a stream is no client
  clients.push(fetchEvents("/chat"));
});

test("the parameters of createEventSource can be passed on", () => {
  const connect = (...args: Parameters<typeof createEventSource>) => createEventSource(...args);
  expectTypeOf(connect).returns.toEqualTypeOf<EventSourceClient<Record<string, unknown>>>();
  connect("/prices", { decode: json, onEvent: ({ data }) => holds<Is<typeof data, unknown>>() });
  const options: EventSourceOptions = connect.length ? {} : { decode: json };
  connect("/prices", options);
});
