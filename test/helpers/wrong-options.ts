/** Calls that must not compile, and the one message that the compiler gives for each. `import` lines come before the code. */
export const wrongOptions: readonly [name: string, code: string, message: RegExp][] = [
  [
    "a misspelled option",
    `createEventSource("/prices", { idleTimout: 5000 });`,
    /'idleTimout' does not exist in type 'EventSourceOptions<.*Did you mean to write 'idleTimeout'/,
  ],
  [
    "a misspelled option beside a decoder and a callback",
    `createEventSource("/prices", { decode: json, onEvnt: (event: unknown) => event, onEvent: (event) => event.data });`,
    /'onEvnt' does not exist in type .*Did you mean to write 'onEvent'/,
  ],
  [
    "an unknown member of retry",
    `createEventSource("/prices", { retry: { initial: 1 } });`,
    /'initial' does not exist in type 'RetryOptions'/,
  ],
  [
    "an unknown member of retry beside a callback",
    `createEventSource("/prices", { retry: { initial: 1 }, onEvent: (event) => event.data.length });`,
    /'initial' does not exist in type 'RetryOptions'/,
  ],
  [
    "a timeout that is a string",
    `createEventSource("/prices", { connectTimeout: "5" });`,
    /Type 'string' is not assignable to type 'number'/,
  ],
  [
    "a timeout that is a string beside a type argument",
    `createEventSource<{ tick: Tick }>("/prices", { decode: json, connectTimeout: "5" });`,
    /Type 'string' is not assignable to type 'number'/,
  ],
  [
    "a decoder that is no function",
    `createEventSource("/prices", { decode: "json" });`,
    /Type 'string' is not assignable to type 'Decoder/,
  ],
  [
    "headers that are no headers",
    `createEventSource("/prices", { headers: 42 });`,
    /Type 'number' is not assignable to type/,
  ],
  [
    "a URL that is a number",
    `createEventSource(1);`,
    /Argument of type 'number' is not assignable to parameter of type 'EventSourceUrl'/,
  ],
  [
    "a URL that is a number, with options",
    `createEventSource(1, { open: false });`,
    /Argument of type 'number' is not assignable to parameter of type 'EventSourceUrl'/,
  ],
  ["no URL", `createEventSource();`, /Expected 1-2 arguments, but got 0/],
  [
    "data that is not a string without options",
    `createEventSource<{ tick: Tick }>("/prices");`,
    /Type 'Tick' is not assignable to type '"without the `decode` option, data is a string"'/,
  ],
  [
    "data that is not a string without decode",
    `createEventSource<{ tick: Tick }>("/prices", { open: false });`,
    /Property 'decode' is missing in type '\{ open: false; \}' but required in type 'DecodeRequired/,
  ],
  [
    "a type argument that contradicts schemas",
    `createEventSource<{ tick: { volume: number } }>("/prices", { decode: schemas({ tick }) });`,
    /The types of '"~events"\.tick'|Types of property '"~events"' are incompatible/,
  ],
  [
    "a type argument that contradicts schema",
    `createEventSource<{ tick: { volume: number } }>("/prices", { decode: schema(tick) });`,
    /Types of property '"~data"' are incompatible/,
  ],
  [
    "retry for a finite stream",
    `fetchEvents("/chat", { retry: true });`,
    /'retry' does not exist in type 'FetchEventsOptions/,
  ],
  [
    "a misspelled option of fetchEvents",
    `fetchEvents("/chat", { method: "POST", idleTimout: 1, decode: json });`,
    /Did you mean to write 'idleTimeout'/,
  ],
  [
    "headers for a response that is there",
    `readEvents(new Response(), { headers: {} });`,
    /'headers' does not exist in type 'ReadEventsOptions/,
  ],
  ["a string as the body", `readEvents("data: 1");`, /Argument of type 'string' is not assignable/],
];

/** A module with one of the calls. `from` is what it imports everspring from. */
export function moduleWith(code: string, from: string): string {
  return `import * as everspring from ${JSON.stringify(from)};
const { createEventSource, fetchEvents, json, readEvents, schema, schemas } = everspring;
interface Tick { price: number }
declare const tick: everspring.StandardSchema<Tick>;
${code}
export { createEventSource, fetchEvents, json, readEvents, schema, schemas, tick, type Tick };
`;
}
