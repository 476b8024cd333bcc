// What each client does, as the tables of README.md, docs/comparison.md and docs/migrate say it. Every value is the outcome of
// a probe (probes.ts), or of a measurement, or has a source. `node test/peers/tables.ts --write` writes the tables.
import type { Client } from "./lab.ts";

/** A value that no test here can find out, and where it is written. */
export interface Sourced {
  readonly value: string;
  readonly source: string;
}

export interface Feature {
  /** The probe of this name, or what is found out elsewhere (`elsewhere`). */
  readonly id: string;
  readonly title: string;
  /** README shows it, too. */
  readonly short?: boolean;
  /** Only the guides show it: it is about some clients. */
  readonly guidesOnly?: boolean;
  readonly values: { readonly [C in Client]?: string | Sourced };
}

const standard = "https://html.spec.whatwg.org/multipage/server-sent-events.html";
const upToTheBrowser: Sourced = {
  value: "up to the browser",
  source: `${standard}#reestablish-the-connection`,
};

/** The columns, in order, and what they are called. */
export const columns = {
  everspring: "everspring",
  native: "native (Chromium)",
  eventsource: "eventsource",
  "eventsource-client": "eventsource-client",
  "fetch-event-source": "fetch-event-source",
  "event-source-plus": "event-source-plus",
} as const satisfies { readonly [C in Client]?: string };

/** The others have guides and no column. */
export const titles: { readonly [C in Client]: string } = {
  ...columns,
  native: "native EventSource",
  "fetch-event-source": "@microsoft/fetch-event-source",
  "event-source-polyfill": "event-source-polyfill",
  "sse.js": "sse.js",
  "reconnecting-eventsource": "reconnecting-eventsource",
};

/** Rows without a probe: what is measured, and the runtimes, which test/packaging/peers.test.ts starts. */
export const elsewhere = ["size", "throughput", "deno", "bun", "workerd"];

export const features: readonly Feature[] = [
  {
    id: "headers",
    title: "Headers of your own",
    short: true,
    values: {
      everspring: "yes",
      native: "no",
      eventsource: "by `fetch`",
      "eventsource-client": "yes",
      "fetch-event-source": "yes",
      "event-source-plus": "yes",
      "reconnecting-eventsource": "no",
    },
  },
  {
    id: "post",
    title: "`POST` with a body",
    short: true,
    values: {
      everspring: "yes",
      native: "no",
      eventsource: "by `fetch`",
      "eventsource-client": "yes",
      "fetch-event-source": "yes",
      "event-source-plus": "yes",
      "event-source-polyfill": "no",
      "reconnecting-eventsource": "no",
    },
  },
  {
    id: "perAttempt",
    title: "Headers asked for again at each attempt",
    short: true,
    values: {
      everspring: "yes",
      native: "no",
      eventsource: "by `fetch`",
      "eventsource-client": "by `fetch`",
      "fetch-event-source": "by `fetch`",
      "event-source-plus": "yes",
      "event-source-polyfill": "no",
      "sse.js": "no",
      "reconnecting-eventsource": "no",
    },
  },
  {
    id: "unauthorized",
    title: "After a 401: a new token, and on it goes",
    short: true,
    values: {
      everspring: "yes",
      native: "no",
      eventsource: "by `fetch`",
      "eventsource-client": "by `fetch`",
      "fetch-event-source": "by `fetch`",
      "event-source-plus": "yes",
      "event-source-polyfill": "no",
      "sse.js": "no",
      "reconnecting-eventsource": "no",
    },
  },
  {
    id: "refreshOnce",
    title: "Streams that get a 401 together ask for one new token",
    values: {
      everspring: "yes",
      native: "no",
      eventsource: "no",
      "eventsource-client": "no",
      "fetch-event-source": "no",
      "event-source-plus": "no",
      "event-source-polyfill": "no",
      "sse.js": "no",
      "reconnecting-eventsource": "no",
    },
  },
  {
    id: "backoff",
    title: "Delays while the server is down",
    short: true,
    values: {
      everspring: "from 1 s, jitter, cap",
      native: upToTheBrowser,
      eventsource: "every 3 s",
      "eventsource-client": "every 2 s",
      "fetch-event-source": "every 1 s",
      "event-source-plus": "from 2 ms, cap",
      "event-source-polyfill": "from 1 s, cap",
      "sse.js": "every 3 s",
      "reconnecting-eventsource": upToTheBrowser,
    },
  },
  {
    id: "hangUp",
    title: "Delays while it accepts and hangs up at once",
    values: {
      everspring: "backs off",
      native: upToTheBrowser,
      eventsource: "every 3 s",
      "eventsource-client": "every 2 s",
      "fetch-event-source": "is done",
      "event-source-plus": "every 2 ms",
      "event-source-polyfill": "every 1 s",
      "sse.js": "every 3 s",
      "reconnecting-eventsource": upToTheBrowser,
    },
  },
  {
    id: "retryAfter",
    title: "`Retry-After` is kept",
    short: true,
    values: {
      everspring: "yes",
      native: "no",
      eventsource: "no",
      "eventsource-client": "no",
      "fetch-event-source": "no",
      "event-source-plus": "no",
      "event-source-polyfill": "no",
      "sse.js": "no",
      "reconnecting-eventsource": "no",
    },
  },
  {
    id: "statuses",
    title: "Statuses that are tried again",
    short: true,
    values: {
      everspring: "429, 5xx",
      native: "none",
      eventsource: "none",
      "eventsource-client": "all",
      "fetch-event-source": "all",
      "event-source-plus": "all",
      "event-source-polyfill": "none",
      "sse.js": "all",
      "reconnecting-eventsource": "all",
    },
  },
  {
    id: "noContent",
    title: "204 ends it",
    values: {
      everspring: "yes",
      native: "yes",
      eventsource: "yes",
      "eventsource-client": "yes",
      "fetch-event-source": "no",
      "event-source-plus": "no",
      "sse.js": "no",
      "reconnecting-eventsource": "no",
    },
  },
  {
    id: "wrongType",
    title: "A page in HTML instead of a stream",
    values: {
      everspring: "is an error",
      native: "is an error",
      eventsource: "is an error",
      "eventsource-client": "is taken for a stream",
      "fetch-event-source": "asks again",
      "event-source-plus": "asks again",
      "sse.js": "is taken for a stream",
      "reconnecting-eventsource": "asks again",
    },
  },
  {
    id: "endOfStream",
    title: "When the server ends the stream, the client",
    guidesOnly: true,
    values: { everspring: "connects again", "fetch-event-source": "is done", "sse.js": "is done" },
  },
  {
    id: "hugeRetry",
    title: "After `retry: 4294967297` the client",
    guidesOnly: true,
    values: {
      everspring: "waits",
      eventsource: "asks at once, for ever",
      "eventsource-client": "asks at once, for ever",
      "fetch-event-source": "asks at once, for ever",
      "sse.js": "asks at once, for ever",
    },
  },
  {
    id: "resumes",
    title: "Resumes after the last event ID",
    short: true,
    values: {
      everspring: "yes",
      native: "yes",
      eventsource: "yes",
      "eventsource-client": "yes",
      "fetch-event-source": "yes",
      "event-source-plus": "yes",
    },
  },
  {
    id: "seed",
    title: "Resumes after an ID that you kept",
    short: true,
    values: {
      everspring: "yes",
      native: "no",
      eventsource: "by `fetch`",
      "eventsource-client": "yes",
      "fetch-event-source": "yes",
      "event-source-plus": "yes",
      "event-source-polyfill": "no",
    },
  },
  {
    id: "cutAfterId",
    title: "An event that is cut off after its ID",
    values: {
      everspring: "is asked for again",
      native: "is asked for again",
      eventsource: "is asked for again",
      "eventsource-client": "is asked for again",
      "fetch-event-source": "is lost",
      "event-source-plus": "is asked for again",
    },
  },
  {
    id: "strangeId",
    title: "Resumes after an ID such as `é-€`",
    values: {
      everspring: "yes",
      native: "yes",
      eventsource: "yes",
      "eventsource-client": "no request gets out",
      "fetch-event-source": "no request gets out",
      "event-source-plus": "an error that nobody catches",
      "sse.js": "an error that nobody catches",
    },
  },
  {
    id: "replay",
    title: "A `POST` that is cut off, unless told otherwise,",
    values: {
      everspring: "is not sent again",
      native: "–",
      eventsource: "is sent again",
      "eventsource-client": "is sent again",
      "fetch-event-source": "is sent again",
      "event-source-plus": "is sent again",
      "event-source-polyfill": "–",
      "reconnecting-eventsource": "–",
    },
  },
  {
    id: "silence",
    title: "Can end a connection that is silent",
    short: true,
    values: {
      everspring: "yes",
      native: "no",
      eventsource: "no",
      "eventsource-client": "no",
      "fetch-event-source": "no",
      "event-source-plus": "no",
      "sse.js": "no",
      "reconnecting-eventsource": "no",
    },
  },
  {
    id: "silenceByDefault",
    title: "A silent connection, unless told otherwise,",
    guidesOnly: true,
    values: { everspring: "is left alone", "event-source-polyfill": "ends it after 45 s" },
  },
  {
    id: "backpressure",
    title: "A slow reader slows down the server",
    short: true,
    values: {
      everspring: "yes",
      native: "no",
      eventsource: "no",
      "eventsource-client": "no",
      "fetch-event-source": "no",
      "event-source-plus": "no",
      "event-source-polyfill": "no",
      "sse.js": "no",
      "reconnecting-eventsource": "no",
    },
  },
  {
    id: "schema",
    title: "Data decoded, and checked by a schema",
    short: true,
    values: {
      everspring: "yes",
      native: "no",
      eventsource: "no",
      "eventsource-client": "no",
      "fetch-event-source": "no",
      "event-source-plus": "no",
      "event-source-polyfill": "no",
      "sse.js": "no",
      "reconnecting-eventsource": "no",
    },
  },
  {
    id: "closeIsFinal",
    title: "No event after `close()`",
    short: true,
    values: {
      everspring: "yes",
      native: "yes",
      eventsource: "yes",
      "eventsource-client": "no",
      "fetch-event-source": "no",
      "event-source-plus": "no",
      "sse.js": "no",
    },
  },
  {
    id: "listenerThrows",
    title: "A listener that throws stops nothing",
    values: {
      everspring: "yes",
      native: "yes",
      eventsource: "yes",
      "eventsource-client": "no",
      "fetch-event-source": "no",
      "event-source-plus": "no",
      "sse.js": "no",
    },
  },
  {
    id: "errors",
    title: "What is told of a status that is an error",
    values: {
      everspring: "status, headers, body",
      native: "nothing",
      eventsource: "status",
      "eventsource-client": "nothing",
      "fetch-event-source": "status, headers, body",
      "event-source-plus": "status, headers, body",
      "event-source-polyfill": "status, headers",
      "sse.js": "status, body",
      "reconnecting-eventsource": "nothing",
    },
  },
  {
    id: "heartbeat",
    title: "A comment",
    guidesOnly: true,
    values: { everspring: "is no event", "fetch-event-source": "is an event without data" },
  },
  {
    id: "parsing",
    title: "Parsed as the standard says",
    short: true,
    values: {
      everspring: "16 of 16",
      native: "16 of 16",
      eventsource: "16 of 16",
      "eventsource-client": "13 of 16",
      "fetch-event-source": "10 of 16",
      "event-source-plus": "8 of 16",
      "event-source-polyfill": "15 of 16",
      "sse.js": "14 of 16",
    },
  },
  {
    id: "page",
    title: "Can let go while the page is hidden",
    values: {
      everspring: "yes",
      native: "no",
      eventsource: "no",
      "eventsource-client": "no",
      "fetch-event-source": "yes",
      "event-source-plus": "no",
      "event-source-polyfill": "no",
      "sse.js": "no",
      "reconnecting-eventsource": "no",
    },
  },
  {
    id: "tabs",
    title: "One connection for all tabs",
    short: true,
    values: {
      everspring: "yes",
      native: "no",
      eventsource: "no",
      "eventsource-client": "no",
      "fetch-event-source": "no",
      "event-source-plus": "no",
      "event-source-polyfill": "no",
      "sse.js": "no",
      "reconnecting-eventsource": "no",
    },
  },
  {
    id: "node",
    title: "Runs in Node",
    values: {
      everspring: "yes",
      native: "behind a flag",
      eventsource: "yes",
      "eventsource-client": "yes",
      "fetch-event-source": "no",
      "event-source-plus": "yes",
    },
  },
  {
    id: "deno",
    title: "Runs in Deno",
    values: {
      everspring: "yes",
      native: "yes",
      eventsource: "yes",
      "eventsource-client": "yes",
      "fetch-event-source": "no",
      "event-source-plus": "yes",
    },
  },
  {
    id: "bun",
    title: "Runs in Bun",
    values: {
      everspring: "yes",
      native: "no",
      eventsource: "yes",
      "eventsource-client": "yes",
      "fetch-event-source": "no",
      "event-source-plus": "yes",
    },
  },
  {
    id: "workerd",
    title: "Runs in workerd",
    values: {
      everspring: "yes",
      native: "yes",
      eventsource: "yes",
      "eventsource-client": "yes",
      "fetch-event-source": "no",
      "event-source-plus": "yes",
    },
  },
  { id: "size", title: "Size, minified and compressed by brotli", short: true, values: {} },
  { id: "throughput", title: "Main thread of a page, per event", values: {} },
];
