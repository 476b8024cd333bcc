import { createLine, createLog, orAbort, type Line } from "./response-stream.ts";
import { createScript, type Said } from "./outbox.ts";
import type { TestConnection, TestRequest, TestSender, TestServer, TestServerOptions } from "./types.ts";
import { formatComment, formatEvent, lastEventIdOf, textOf, type TestEvent } from "./format-event.ts";

export { formatEvent, type TestEvent };
export type { TestConnection, TestRequest, TestSender, TestServer, TestServerOptions };

/**
 * Makes an event-stream server in memory for tests: no network, no timers, any test runner, real or fake time.
 *
 * @example
 * const server = createTestServer();
 * const source = createEventSource("https://example.com/prices", { fetch: server.fetch, decode: json });
 * server.push({ type: "tick", data: { price: 101 }, id: 1 });
 * await server.delivered();
 */
export function createTestServer<Events extends object = Record<string, unknown>>({
  headers: streamHeaders,
  replay = false,
  lastEventIdParam,
}: TestServerOptions = {}): TestServer<Events> {
  const requests = createLog<TestRequest>();
  const connections = createLog<TestConnection<Events>>();
  const open = new Map<Line, TestConnection<Events>>();
  const answers: { left: number; make: () => Response }[] = [];
  const script = createScript(replay);
  let answering = 0;
  let stalled: { over: Promise<void>; end: () => void } | undefined;
  let waiting: (() => void)[] = [];

  const say = (said: Said) =>
    script.say(
      said,
      [...open.keys()].filter((line) => line.isOpen()),
    );
  const look = () => {
    if (answering || script.isDue() || [...open.keys()].some((line) => !line.isIdle())) return;
    for (const resolve of waiting.splice(0)) resolve();
  };

  function connect(request: TestRequest, signal: AbortSignal | null | undefined): Response {
    const line = createLine(
      signal,
      () => !!stalled,
      () => {
        if (line.isOver()) open.delete(line);
        look();
      },
    );
    const sayThere = (said: Said) => {
      if ("ending" in said) line.finish(said.ending);
      else line.send(said.chunk);
    };
    const connection = { ...senderOf<Events>(sayThere), request, closed: line.closed };
    open.set(line, connection);
    script.begin(line, request.lastEventId);
    connections.add(connection);
    const sent = new Headers(streamHeaders);
    if (!sent.has("content-type")) sent.set("content-type", "text/event-stream");
    return new Response(line.body, { headers: sent });
  }

  async function respond(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    const given = typeof input === "object" && "url" in input ? input : undefined;
    const url = typeof input === "string" ? input : "url" in input ? input.url : input.href;
    const signal = init.signal ?? given?.signal;
    signal?.throwIfAborted();
    const method = (init.method ?? given?.method ?? "GET").toUpperCase();
    const headers = new Headers(init.headers ?? given?.headers);
    // Not every browser has `Request.body`.
    const body = init.body ?? (given && !/^(GET|HEAD)$/.test(method) ? given.clone() : undefined);
    let text = body === undefined || body === null ? "" : textOf(body);
    if (typeof text !== "string") text = await orAbort(text, signal);
    const lastEventId = lastEventIdOf(headers, url, lastEventIdParam);
    const request = { method, url, headers, body: text, lastEventId, init };
    requests.add(request);
    if (stalled) await orAbort(stalled.over, signal);
    const scripted = answers.find(({ left }) => left > 0);
    if (scripted) scripted.left--;
    const response = scripted?.make() ?? connect(request, signal);
    Object.defineProperty(response, "url", { value: url });
    return response;
  }

  return {
    ...senderOf<Events>(say),
    async fetch(input, init) {
      answering++;
      try {
        return await respond(input, init);
      } finally {
        answering--;
        look();
      }
    },
    status(code, { headers, body } = {}, times = 1) {
      const make = () => {
        if (code === 0) throw new TypeError("Failed to fetch");
        return new Response(body ?? null, { status: code, headers: headers ?? {} });
      };
      // What no server could answer is the test's own mistake, and no failure of the request.
      if (code !== 0) make();
      const answer = { left: times, make };
      answers.push(answer);
      return () => void (answer.left = 0);
    },
    stall() {
      if (stalled) return;
      let end = () => {};
      const over = new Promise<void>((resolve) => (end = resolve));
      stalled = { over, end };
    },
    resume() {
      stalled?.end();
      stalled = undefined;
      for (const line of open.keys()) line.flow();
    },
    requests: requests.all,
    get connections() {
      return [...open.values()];
    },
    request: requests.nth,
    connection: connections.nth,
    delivered: () =>
      new Promise((resolve) => {
        waiting = [...waiting, resolve];
        look();
      }),
  };
}

function senderOf<Events extends object>(say: (said: Said) => void): TestSender<Events> {
  return {
    push: (event) => say({ chunk: formatEvent(event), id: String(event.id ?? "") }),
    comment: (text = "") => say({ chunk: formatComment(text) }),
    retry: (reconnectionTime) => say({ chunk: `retry: ${reconnectionTime}\n\n` }),
    send: (chunk) => say({ chunk }),
    drop: () => say({ ending: "drop" }),
    end: () => say({ ending: "end" }),
  };
}
