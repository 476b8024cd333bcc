// Every client by name. `load()` gives `run(url, take)`: it reads the stream at `url`, calls `take(type, data, lastEventId)`
// for each event, and resolves when the event "end" has come and the client is closed. `ids: false`: it tells no ids.
const from = (file, name) => async () => (await import(`./${file}.mjs`))[name ?? "run"];

export const peers = {
  drain: { title: "limit: drain", limit: true, load: from("limits", "drain") },
  decode: { title: "limit: drain + decode", limit: true, load: from("limits", "decode") },
  byHand: { title: "limit: reading by hand", limit: true, hidden: true, load: from("limits", "byHand") },
  listeners: { title: "**everspring**, listeners", ours: true, load: from("everspring", "listeners") },
  iterator: { title: "**everspring**, iterator", ours: true, load: from("everspring", "iterator") },
  fetchEvents: { title: "**everspring**, `fetchEvents`", ours: true, load: from("everspring", "finite") },
  class: { title: "**everspring/eventsource**", ours: true, load: from("everspring", "dropIn") },
  "eventsource-client": { title: "eventsource-client", load: from("eventsource-client") },
  "eventsource-client-iterator": {
    title: "eventsource-client, iterator",
    load: from("eventsource-client", "iterator"),
  },
  eventsource: { title: "eventsource", load: from("eventsource") },
  "fetch-event-source": { title: "@microsoft/fetch-event-source", load: from("fetch-event-source") },
  "event-source-plus": { title: "event-source-plus", load: from("event-source-plus") },
  "launchdarkly-eventsource": { title: "launchdarkly-eventsource", load: from("launchdarkly-eventsource") },
  "extended-eventsource": { title: "extended-eventsource", load: from("extended-eventsource") },
  "event-source-polyfill": { title: "event-source-polyfill", load: from("event-source-polyfill") },
  "fetch-event-stream": { title: "fetch-event-stream", load: from("fetch-event-stream") },
  undici: { title: "undici's EventSource", load: from("undici") },
  openai: { title: "openai, stream reader", load: from("openai"), ids: false },
  anthropic: { title: "@anthropic-ai/sdk, stream reader", load: from("anthropic"), ids: false },
};
