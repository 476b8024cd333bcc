// Every client by name, and where it is. `run(url, take)` reads the stream at `url`, calls `take(type, data, lastEventId)` for
// each event, and resolves when the event "end" has come and the client is closed.
// `limit`: no client, it delivers no events. `ids: false`: it tells no ids. `node`: it needs Node's modules.
// `hidden`: only where a measure names it.
const at = (file, name = "run") => ({ file, name });

export const peers = {
  drain: { title: "limit: drain", limit: true, ...at("limits", "drain") },
  decode: { title: "limit: drain + decode", limit: true, ...at("limits", "decode") },
  byHand: { title: "limit: reading by hand", limit: true, hidden: true, ...at("limits", "byHand") },
  lossy: { title: "control: loses an event", hidden: true, ...at("limits", "lossy") },
  native: { title: "native EventSource", hidden: true, ...at("native") },
  listeners: { title: "**everspring**, listeners", ours: true, ...at("everspring", "listeners") },
  iterator: { title: "**everspring**, iterator", ours: true, ...at("everspring", "iterator") },
  fetchEvents: { title: "**everspring**, `fetchEvents`", ours: true, ...at("everspring", "finite") },
  class: { title: "**everspring/eventsource**", ours: true, ...at("everspring", "dropIn") },
  "eventsource-client": { title: "eventsource-client", ...at("eventsource-client") },
  "eventsource-client-iterator": {
    title: "eventsource-client, iterator",
    ...at("eventsource-client", "iterator"),
  },
  eventsource: { title: "eventsource", ...at("eventsource") },
  "fetch-event-source": { title: "@microsoft/fetch-event-source", ...at("fetch-event-source") },
  "event-source-plus": { title: "event-source-plus", ...at("event-source-plus") },
  "launchdarkly-eventsource": {
    title: "launchdarkly-eventsource",
    node: true,
    ...at("launchdarkly-eventsource"),
  },
  "extended-eventsource": { title: "extended-eventsource", ...at("extended-eventsource") },
  "event-source-polyfill": { title: "event-source-polyfill", ...at("event-source-polyfill") },
  "fetch-event-stream": { title: "fetch-event-stream", ...at("fetch-event-stream") },
  "sse.js": { title: "sse.js", hidden: true, ...at("sse.js") },
  undici: { title: "undici's EventSource", node: true, ...at("undici") },
  openai: { title: "openai, stream reader", ids: false, ...at("openai") },
  anthropic: { title: "@anthropic-ai/sdk, stream reader", ids: false, ...at("anthropic") },
};

/** Those that a measure runs unless told otherwise. */
export const visible = Object.keys(peers).filter((client) => !peers[client].hidden);
