import { it } from "vitest";
import { ref, type ComputedRef } from "vue";
import type { Readable } from "svelte/store";
import { z } from "zod";
import {
  createEventSource,
  json,
  schemas,
  type AnyEvent,
  type ConnectionStatus,
  type EventSourceClient,
  type EventSourceError,
  type ServerSentEvent,
} from "../../src/index.ts";
import { createSharedEventSource } from "../../src/shared.ts";
import * as inReact from "../../src/react.ts";
import * as inSvelte from "../../src/svelte.ts";
import * as inVue from "../../src/vue.ts";
import { fails, holds, type Is, type IsAny } from "./is.ts";

interface Tick {
  price: number;
}
type Prices = { tick: Tick; message: string };

const decode = schemas({ tick: z.object({ price: z.number() }) });

it("React: a map, schemas, a decoder or nothing types the event, its data, the callbacks and the client", () => {
  const mapped = inReact.useEventSource<Prices>("/prices", {
    decode: json,
    onEvent: (event) => holds<Is<typeof event, AnyEvent<Prices>>>(),
    onStatus: (status) => holds<Is<typeof status, ConnectionStatus>>(),
    onError: (error) => holds<Is<typeof error, EventSourceError>>(),
  });
  holds<Is<typeof mapped.event, AnyEvent<Prices> | undefined>>();
  holds<Is<typeof mapped.client, EventSourceClient<Prices>>>();
  holds<Is<typeof mapped.status, ConnectionStatus>>();
  holds<Is<typeof mapped.data, Tick | string | undefined>>();
  holds<Is<typeof mapped.error, EventSourceError | undefined>>();
  const { event } = mapped;
  if (event?.type === "tick") holds<Is<typeof event.data, Tick>>();

  const checked = inReact.useEventSource("/prices", {
    decode,
    onEvent: (event) => holds<Is<typeof event, ServerSentEvent<"tick", Tick>>>(),
  });
  holds<Is<NonNullable<typeof checked.event>["data"], Tick>>();

  const inline = inReact.useEventSource("/prices", {
    decode: schemas({ tick: z.object({ price: z.number() }) }),
    onEvent: (event) => holds<Is<typeof event, ServerSentEvent<"tick", Tick>>>(),
  });
  holds<Is<NonNullable<typeof inline.event>["data"], Tick>>();

  const own = inReact.useEventSource("/prices", {
    decode: (raw) => Number(raw),
    onEvent: ({ data }) => holds<Is<typeof data, number>>(),
  });
  holds<Is<NonNullable<typeof own.event>["data"], number>>();

  inReact.useEventSource<Prices>("/prices", { decode: json, createClient: createEventSource });
  inReact.useEventSource("/prices", {
    decode,
    createClient: (url, options) => createEventSource(url, { ...options, decode }),
  });

  const text = inReact.useEventSource("/prices");
  holds<Is<NonNullable<typeof text.event>["data"], string>>();
  const unknown = inReact.useEventSource("/prices", { decode: json });
  holds<Is<NonNullable<typeof unknown.event>["data"], unknown>>();
  fails<IsAny<typeof unknown.event>>();
});

it("createSharedEventSource can be passed as createClient", () => {
  const createClient = createSharedEventSource;
  const react = inReact.useEventSource<Prices>("/prices", { decode: json, createClient });
  holds<Is<typeof react.client, EventSourceClient<Prices>>>();
  // @ts-expect-error a map whose data is not a string requires `decode`
  inReact.useEventSource<Prices>("/prices", { createClient });
  inVue.useEventSource<Prices>("/prices", { decode: json, createClient });
  inSvelte.useEventSource<Prices>("/prices", { decode: json, createClient });
  inReact.useEventSource("/prices", { decode, createClient });
  inReact.useEventSource("/prices", { decode: json, createClient });
  inReact.useEventSource("/prices", { createClient });
});

it("React: mistakes do not compile", () => {
  const { event, status } = inReact.useEventSource<Prices>("/prices", { decode: json });
  // @ts-expect-error there may be no event yet
  void event.data;
  // @ts-expect-error not before the type is known
  void event?.data.price;
  // @ts-expect-error only while waiting
  void status.delay;
  // @ts-expect-error the option of the hooks is `enabled`
  inReact.useEventSource("/prices", { open: false });
  // @ts-expect-error unmounting closes
  inReact.useEventSource("/prices", { signal: new AbortController().signal });
  // @ts-expect-error a map whose data is not a string requires options with `decode`
  inReact.useEventSource<Prices>("/prices");
  // @ts-expect-error a decoder that contradicts the map
  inReact.useEventSource<{ tick: string }>("/prices", { decode });
  inReact.useEventSource<Prices>("/prices", {
    decode: json,
    // @ts-expect-error no such event
    onEvent: (it: ServerSentEvent<"tock", Tick>) => it,
  });
  inReact.useEventSource<Prices>("/prices", {
    decode: json,
    // @ts-expect-error wrong data
    onEvent: (it: AnyEvent<{ tick: string }>) => it,
  });
  inReact.useEventSource<Prices>("/prices", {
    decode: json,
    // @ts-expect-error a client of other events
    createClient: (url) => createEventSource<{ tock: string }>(url),
  });
  // @ts-expect-error an option of the wrong type
  inReact.useEventSource("/prices", { idleTimeout: "1s" });
  // @ts-expect-error no such option of the retry policy
  inReact.useEventSource("/prices", { retry: { tries: 1 } });
  // @ts-expect-error no URL
  inReact.useEventSource();
  // @ts-expect-error not a URL
  inReact.useEventSource(null);
});

it("Vue: the same types, in refs, from refs and getters", () => {
  const mapped = inVue.useEventSource<Prices>("/prices", { decode: json });
  holds<Is<typeof mapped.event, ComputedRef<AnyEvent<Prices> | undefined>>>();
  holds<Is<typeof mapped.status, ComputedRef<ConnectionStatus>>>();
  holds<Is<typeof mapped.data, ComputedRef<Tick | string | undefined>>>();
  holds<Is<typeof mapped.client, ComputedRef<EventSourceClient<Prices>>>>();
  const checked = inVue.useEventSource(ref("/prices"), {
    decode,
    onEvent: (event) => holds<Is<typeof event.data, Tick>>(),
  });
  holds<Is<NonNullable<typeof checked.event.value>["data"], Tick>>();
  const inline = inVue.useEventSource("/prices", {
    decode: schemas({ tick: z.object({ price: z.number() }) }),
    onEvent: (event) => holds<Is<typeof event.data, Tick>>(),
  });
  holds<Is<NonNullable<typeof inline.event.value>["data"], Tick>>();
  const options = ref<inVue.UseEventSourceOptions<Prices> & { decode: typeof json }>({ decode: json });
  const reactive = inVue.useEventSource<Prices>(() => new URL("http://a"), options);
  holds<Is<typeof reactive.event, ComputedRef<AnyEvent<Prices> | undefined>>>();
  inVue.useEventSource(
    () => "/prices",
    () => ({ idleTimeout: 1000 }),
  );
  inVue.useEventSource(
    () =>
      async ({ attempt }) =>
        `/prices?attempt=${attempt}`,
  );
  const text = inVue.useEventSource("/prices");
  holds<Is<NonNullable<typeof text.event.value>["data"], string>>();

  // @ts-expect-error a function is a getter, which is called without an attempt
  inVue.useEventSource(({ attempt }: { attempt: number }) => `/prices?attempt=${attempt}`);
  // @ts-expect-error a ref, not its value
  void mapped.event.data;
  // @ts-expect-error read-only
  mapped.event.value = undefined;
  // @ts-expect-error an option of the wrong type
  inVue.useEventSource("/prices", { idleTimeout: "1s" });
  // @ts-expect-error the end of the scope closes
  inVue.useEventSource("/prices", { signal: new AbortController().signal });
  // @ts-expect-error not a URL
  inVue.useEventSource(ref(1));
});

it("Svelte: the same types, as a readable store", () => {
  const mapped = inSvelte.useEventSource<Prices>("/prices", { decode: json });
  const readable: Readable<inSvelte.EventSourceState<Prices>> = mapped;
  readable.subscribe(({ event }) => holds<Is<typeof event, AnyEvent<Prices> | undefined>>());
  mapped.change("/other", { onEvent: (event) => holds<Is<typeof event, AnyEvent<Prices>>>() });
  inSvelte
    .useEventSource("/prices", { decode, onEvent: (event) => holds<Is<typeof event.data, Tick>>() })
    .subscribe(({ event }) => holds<Is<NonNullable<typeof event>["data"], Tick>>());
  inSvelte
    .useEventSource("/prices")
    .subscribe(({ event }) => holds<Is<NonNullable<typeof event>["data"], string>>());

  // @ts-expect-error a store, not its value
  void mapped.event;
  // @ts-expect-error the store cannot be set
  mapped.set({});
  // @ts-expect-error an option of the wrong type
  mapped.change("/other", { idleTimeout: "1s" });
  // @ts-expect-error unmounting closes
  inSvelte.useEventSource("/prices", { signal: new AbortController().signal });
});
