import { equal, ok } from "./check.ts";
import type { Context, Heard } from "./context.ts";
import type { Answer, Lane } from "./lane.ts";
import { spec, type SpecTest } from "./spec.ts";

/** A stream that ends at once. The source reconnects after 1 ms. */
const soon: Answer = { body: "retry: 1\n\n", finish: "end" };
const utf8 = (text: string) => [...new TextEncoder().encode(text)];

/** Expects that a response is final: it answers the second request, and there is no third. */
async function expectFinal(context: Context, answer: Answer): Promise<void> {
  const lane = await context.lane(soon, answer);
  const heard = context.open(lane);
  equal((await heard.next("error")).readyState, 0, "readyState after the end of a stream");
  const { event, readyState } = await heard.next();
  equal({ type: event.type, readyState }, { type: "error", readyState: 2 });
  await context.settled();
  equal((await lane.requests(0)).length, 2, "requests");
  equal(
    heard.events.map(({ type }) => type),
    ["open", "error", "error"],
  );
}

/** Expects that a response is followed by a reconnect: it answers the second request, and there is a third. */
async function expectReconnect(context: Context, answer: Answer, ...types: string[]): Promise<void> {
  const lane = await context.lane(soon, answer, { body: "data: third\n\n" });
  const heard = context.open(lane);
  equal((await heard.next("message")).event.data, "third");
  equal(
    heard.events.map(({ type }) => type),
    ["open", "error", ...types, "error", "open", "message"],
  );
  equal(
    heard.events.filter(({ type }) => type === "error").map(({ readyState }) => readyState),
    [0, 0],
    "readyState in error",
  );
  equal(heard.source.readyState, 1);
}

/** Closes a source that was redirected. Firefox keeps that connection (see differences.ts), and a browser has few. */
async function letGo({ source }: Heard, target: Lane): Promise<void> {
  source.close();
  await target.end();
}

/** "9.2.2 The EventSource interface", its fetch, "9.2.3 Processing model" and "9.2.4 The Last-Event-ID header" */
export const connectionTests: readonly SpecTest[] = [
  spec(
    '"User agents may set (`Accept`, `text/event-stream`) in request\'s header list."',
    async (context) => {
      const lane = await context.lane();
      context.open(lane);
      const [request] = await lane.requests(1);
      equal(
        { method: request!.method, accept: request!.headers["accept"], body: request!.body },
        { method: "GET", accept: "text/event-stream", body: "" },
      );
      equal(request!.lastEventIdBytes, undefined, "Last-Event-ID");
    },
  ),

  spec('"Set request\'s cache mode to "no-store"."', async (context) => {
    const lane = await context.lane();
    context.open(lane);
    const [request] = await lane.requests(1);
    equal(request!.headers["cache-control"], "no-cache");
  }),

  spec('"potential-CORS request": the first request needs no preflight', async (context) => {
    const lane = await context.lane();
    context.open(lane);
    await lane.requests(1);
    equal(await lane.preflights(), 0);
  }),

  spec(
    '"corsAttributeState … Anonymous": no cookies to another origin',
    async (context) => {
      const lane = await context.lane();
      await lane.cookie();
      context.open(lane);
      equal((await lane.requests(1))[0]!.headers["cookie"], undefined);
    },
    ({ kind }) => kind !== "server",
  ),

  spec(
    '"set corsAttributeState to Use Credentials": withCredentials sends them',
    async (context) => {
      const lane = await context.lane();
      const cookie = await lane.cookie();
      context.open(lane, { withCredentials: true });
      const sent = (await lane.requests(1))[0]!.headers["cookie"] ?? "";
      ok(sent.includes(cookie.slice(0, 20)) || sent.startsWith("spec="), "the cookie is sent");
    },
    ({ kind }) => kind !== "server",
  ),

  spec('"Fetch request": without the fragment', async (context) => {
    const lane = await context.lane({ body: "data: a\n\n" });
    const heard = context.open(`${lane.url}#fragment`);
    await heard.next("message");
    equal(heard.source.url.endsWith("#fragment"), true);
    equal((await lane.requests(1))[0]!.path, "/stream");
  }),

  spec('"announce the connection": readyState is OPEN, then open is fired', async (context) => {
    const heard = context.open(await context.lane({ body: ":\n" }));
    const { event, readyState } = await heard.next();
    equal(readyState, 1);
    ok(event instanceof Event && !("data" in event), "a plain Event");
    const { type, bubbles, cancelable, target } = event;
    equal({ type, bubbles, cancelable }, { type: "open", bubbles: false, cancelable: false });
    ok(
      target === heard.source && Object.getPrototypeOf(event) === Event.prototype,
      "the target is the source",
    );
  }),

  spec(
    '"announce the connection and interpret res\'s body": before the first byte of the body',
    async (context) => {
      equal((await context.open(await context.lane({})).next()).event.type, "open");
    },
  ),

  ...[
    "text/event-stream;charset=UTF-8",
    "text/event-stream; charset=windows-1252",
    "Text/Event-Stream",
    "text/event-stream ;x=y",
    'text/event-stream;a="b;c"',
  ].map((type) =>
    spec(
      `"the MIME type … text/event-stream … regardless of … parameters": ${type}, always UTF-8`,
      async (context) => {
        const heard = context.open(
          await context.lane({ headers: { "content-type": type }, body: [utf8("data: \u00e4\n\n")] }),
        );
        equal((await heard.next("message")).event.data, "\u00e4");
      },
    ),
  ),

  ...["text/html", "text/event-streams", "text/event", "application/json", "x-text/event-stream", ""].map(
    (type) =>
      spec(
        `"if res's \`Content-Type\` is not text/event-stream, then fail the connection": ${type || "none"}`,
        (context) => expectFinal(context, { headers: { "content-type": type }, body: "data: a\n\n" }),
      ),
  ),

  ...[201, 202, 204, 205, 400, 401, 403, 404, 410, 429, 500, 502, 503, 504].map((status) =>
    spec(`"if res's status is not 200 …, then fail the connection": ${status}`, (context) =>
      expectFinal(context, { status, finish: "end" }),
    ),
  ),

  spec(
    '"fail the connection": readyState is CLOSED, error is fired once, no further request is made',
    async (context) => {
      const lane = await context.lane({ status: 404, finish: "end" });
      const heard = context.open(lane);
      const { event, readyState } = await heard.next();
      const { type, bubbles, cancelable } = event;
      equal(
        { type, bubbles, cancelable, readyState },
        { type: "error", bubbles: false, cancelable: false, readyState: 2 },
      );
      ok(event instanceof Event && !("data" in event), "a plain Event");
      await context.settled();
      equal(heard.events.length, 1);
      heard.source.close();
      equal(heard.source.readyState, 2);
    },
  ),

  ...[301, 302, 303, 307, 308].map((status) =>
    spec(
      `"the event stream's final URL (i.e., the URL after redirects)": ${status} is followed`,
      async (context) => {
        const target = await context.lane({ body: "data: a\n\n" });
        const lane = await context.lane({ status, headers: { location: target.url }, finish: "end" });
        const heard = context.open(lane);
        const { event } = await heard.next("message");
        equal(event.origin, new URL(target.url).origin);
        equal(heard.source.url, lane.url);
        await letGo(heard, target);
      },
    ),
  ),

  spec('"origin … of the event stream\'s final URL": after a redirect to another origin', async (context) => {
    const target = await context.lane({ body: "data: a\n\n" });
    const { pathname, search } = new URL(target.url);
    const location = `${context.otherOrigin}${pathname}${search}`;
    const lane = await context.lane({ status: 307, headers: { location }, finish: "end" });
    const heard = context.open(lane);
    equal((await heard.next("message")).event.origin, context.otherOrigin);
    await letGo(heard, target);
  }),

  spec('"if res is not a network error, then reestablish the connection": when the body ends', (context) =>
    expectReconnect(context, { body: ": a\n\n", finish: "end" }, "open"),
  ),

  spec('"reestablish the connection": when the body is empty', (context) =>
    expectReconnect(context, { finish: "end" }, "open"),
  ),

  spec('"if res is a network error, then reestablish the connection": when there is no response', (context) =>
    expectReconnect(context, { status: 0 }),
  ),

  spec('"reestablish the connection": when the connection breaks', (context) =>
    expectReconnect(context, { body: "data: a", finish: "drop" }, "open"),
  ),

  spec(
    '"Set the readyState attribute to CONNECTING. Fire an event named error": a plain Event',
    async (context) => {
      const heard = context.open(await context.lane(soon));
      const { event, readyState } = await heard.next("error");
      const { type, bubbles, cancelable } = event;
      equal(
        { type, bubbles, cancelable, readyState },
        { type: "error", bubbles: false, cancelable: false, readyState: 0 },
      );
      ok(event instanceof Event && !("data" in event), "a plain Event");
    },
  ),

  spec('"Once the end of the file is reached, any pending data must be discarded."', async (context) => {
    const heard = context.open(
      await context.lane({ body: "retry: 1\ndata: a\n\ndata: b\n", finish: "end" }, { body: "data: c\n\n" }),
    );
    equal((await heard.next("message")).event.data, "a");
    equal((await heard.next("message")).event.data, "c");
  }),

  spec('"any pending data must be discarded": including an ID', async (context) => {
    const lane = await context.lane(
      { body: "retry: 1\nid: 1\ndata: a\n\nid: 2\ndata: b\n", finish: "end" },
      {},
    );
    context.open(lane);
    const [, second] = await lane.requests(2);
    equal(second!.headers["last-event-id"], "1");
  }),

  spec(
    '"set the event stream\'s reconnection time to that integer": when the line is read',
    async (context) => {
      const lane = await context.lane({ body: "retry: 1\n", finish: "end" }, {});
      context.open(lane);
      equal((await lane.requests(2)).length, 2);
    },
  ),

  spec(
    '"Otherwise, ignore the field": other values leave the reconnection time unchanged',
    async (context) => {
      const body = "retry: 1\nretry: 600000x\nretry: 6e5\nretry: -600000\n\n";
      const lane = await context.lane({ body, finish: "end" }, {});
      context.open(lane);
      equal((await lane.requests(2)).length, 2);
    },
  ),

  spec('"Wait a delay equal to the reconnection time of the event source."', async (context) => {
    const lane = await context.lane({ body: "retry: 200\n\n", finish: "end" }, {});
    context.open(lane);
    const [first, second] = await lane.requests(2);
    // Timers may fire early by a rounding error.
    ok(second!.at - first!.at >= 198, "the delay");
  }),

  spec('"Wait a delay": a delay longer than a timer can keep does not expire at once', async (context) => {
    const lane = await context.lane({ body: "retry: 99999999999\n\n", finish: "end" }, {});
    const heard = context.open(lane);
    await heard.next("error");
    await context.settled();
    equal((await lane.requests(0)).length, 1);
  }),

  spec(
    '"If the … last event ID string is not the empty string …: Set (`Last-Event-ID`, lastEventIDValue)"',
    async (context) => {
      const lane = await context.lane({ body: "retry: 1\nid: a 1\ndata: a\n\n", finish: "end" }, soon, {});
      context.open(lane);
      const requests = await lane.requests(3);
      equal(
        requests.map(({ lastEventIdBytes }) => lastEventIdBytes),
        [undefined, utf8("a 1"), utf8("a 1")],
      );
    },
  ),

  spec('"last event ID string, encoded as UTF-8"', async (context) => {
    const body = "retry: 1\nid: \u00e4\u20ac\u{1f600}\ndata: a\n\n";
    const lane = await context.lane({ body, finish: "end" }, {});
    context.open(lane);
    const [, second] = await lane.requests(2);
    equal(second!.lastEventIdBytes, utf8("\u00e4\u20ac\u{1f600}"));
  }),

  spec('"is not the empty string": an ID that was cleared is not sent', async (context) => {
    const body = "retry: 1\nid: 1\ndata: a\n\nid\ndata: b\n\n";
    const lane = await context.lane({ body, finish: "end" }, {});
    context.open(lane);
    const [, second] = await lane.requests(2);
    equal(second!.lastEventIdBytes, undefined);
  }),

  spec(
    '"Set the last event ID string of the event source": the ID of a block without data is sent',
    async (context) => {
      const lane = await context.lane(
        { body: "retry: 1\nid: 1\n\n", finish: "end" },
        { body: "id\n\n", finish: "end" },
        {},
      );
      context.open(lane);
      const [, second, third] = await lane.requests(3);
      equal([second!.lastEventIdBytes, third!.lastEventIdBytes], [utf8("1"), undefined]);
    },
  ),

  spec('"the last event ID string … remains set to this value": across a reconnect', async (context) => {
    const lane = await context.lane(
      { body: "retry: 1\nid: 1\ndata: a\n\n", finish: "end" },
      { body: "data: b\n\nid: 2\ndata: c\n\n" },
    );
    const heard = context.open(lane);
    const ids = [];
    for (const data of ["a", "b", "c"]) {
      const { event } = await heard.next("message");
      equal(event.data, data);
      ids.push(event.lastEventId);
    }
    equal(ids, ["1", "1", "2"]);
  }),

  spec(
    '"The close() method must abort any instances of the fetch algorithm": the connection ends',
    async (context) => {
      const lane = await context.lane({ body: "data: a\n\n" });
      const heard = context.open(lane);
      await heard.next("message");
      heard.source.close();
      equal(heard.source.readyState, 2);
      await lane.closed(1);
      equal(
        heard.events.map(({ type }) => type),
        ["open", "message"],
      );
    },
  ),

  spec('"must abort any instances of the fetch algorithm": also after a redirect', async (context) => {
    const target = await context.lane({ body: "data: a\n\n" });
    const lane = await context.lane({ status: 307, headers: { location: target.url }, finish: "end" });
    const heard = context.open(lane);
    await heard.next("message");
    heard.source.close();
    const closed = target.closed(1).then(() => true);
    const isClosed = await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 2000))]);
    // Otherwise the connection would stay open for ever.
    await target.end();
    ok(isClosed, "the connection ends");
  }),

  spec(
    '"must set the readyState attribute to CLOSED": also before the response, without an event',
    async (context) => {
      const lane = await context.lane({ body: "data: a\n\n" });
      const heard = context.open(lane);
      heard.source.close();
      equal(heard.source.readyState, 2);
      heard.source.close();
      await context.settled();
      equal(heard.events.length, 0);
    },
  ),

  ...(["open", "message", "error"] as const).map((type) =>
    spec(
      `"if the readyState attribute is set to a value other than CLOSED": close() in ${type} is final`,
      async (context) => {
        const lane = await context.lane({ body: "retry: 1\ndata: a\n\ndata: b\n\n", finish: "end" }, {});
        const heard = context.open(lane);
        heard.source.addEventListener(type, () => heard.source.close());
        await heard.next(type);
        await lane.closed(1);
        await context.settled();
        const last = heard.events.at(-1)!;
        equal(last.type, type);
        equal(heard.events.filter((event) => event.type === type).length, type === "error" ? 1 : 1);
        equal([heard.source.readyState, (await lane.requests(0)).length], [2, 1]);
      },
    ),
  ),

  spec(
    '"If the readyState attribute is not set to CONNECTING, then return": close() during the delay',
    async (context) => {
      const lane = await context.lane({ body: "retry: 20\n\n", finish: "end" }, {});
      const heard = context.open(lane);
      await heard.next("error");
      heard.source.close();
      await context.settled();
      equal((await lane.requests(0)).length, 1);
    },
  ),

  spec('"Initialize event\'s type … data … origin … lastEventId": a MessageEvent', async (context) => {
    const lane = await context.lane({ body: "id: 7\ndata: a\n\n" });
    const heard = context.open(lane);
    const { event } = await heard.next("message");
    ok(event instanceof MessageEvent, "a MessageEvent");
    const { type, data, origin, lastEventId, bubbles, cancelable } = event;
    equal(
      { type, data, origin, lastEventId, bubbles, cancelable },
      {
        type: "message",
        data: "a",
        origin: new URL(lane.url).origin,
        lastEventId: "7",
        bubbles: false,
        cancelable: false,
      },
    );
    ok(event.target === heard.source, "the target is the source");
  }),

  spec('"creating an event using MessageEvent": its other members have their defaults', async (context) => {
    const heard = context.open(await context.lane({ body: "data: a\n\n" }));
    const { event } = await heard.next("message");
    equal([event.source, event.ports], [null, []]);
    const tag = (object: object) => Object.prototype.toString.call(object);
    equal(tag(event), tag(new MessageEvent("message")));
    ok(event.constructor === MessageEvent, "constructor");
    equal(Object.hasOwn(event, "data"), false);
  }),

  spec('"dispatches the newly created event": as soon as it arrives', async (context) => {
    const lane = await context.lane({ body: ":\n" });
    const heard = context.open(lane);
    await heard.next("open");
    for (const data of ["a", "b", "c"]) {
      await lane.send(`data: ${data}\n\n`);
      const { event, readyState } = await heard.next("message");
      equal({ data: event.data, readyState }, { data, readyState: 1 });
    }
    await lane.end();
    equal((await heard.next()).readyState, 0);
  }),
];
