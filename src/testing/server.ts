import { formatComment, formatEvent, type TestEvent } from "./format-event.ts";
import { createOutbox, deliver, type Sent } from "./outbox.ts";
import { lastEventIdOf, textOf } from "./read-request.ts";
import { createResponseStream, type ResponseStream } from "./response-stream.ts";
import type { TestConnection, TestRequest, TestSender, TestServer, TestServerOptions } from "./types.ts";
import { createLog, orAbort } from "./wait.ts";

export { formatEvent, type TestEvent };
export type { TestConnection, TestRequest, TestSender, TestServer, TestServerOptions };

/**
 * Makes an in-memory event-stream server for tests. It uses neither the network nor timers, so it works in any test runner and with
 * fake timers.
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
  const open = new Map<ResponseStream, TestConnection<Events>>();
  const answers: { left: number; make: () => Response }[] = [];
  const outbox = createOutbox(replay);
  /** Requests without a response yet. */
  let pending = 0;
  let stalled: { over: Promise<void>; end: () => void } | undefined;
  let waiting: (() => void)[] = [];

  const send = (sent: Sent) =>
    outbox.send(
      sent,
      [...open.keys()].filter((stream) => stream.isOpen()),
    );
  const resolveIfDelivered = () => {
    if (pending || outbox.isWaiting() || [...open.keys()].some((stream) => !stream.isIdle())) return;
    for (const resolve of waiting.splice(0)) resolve();
  };

  function connect(request: TestRequest, signal: AbortSignal | null | undefined): Response {
    const stream = createResponseStream(
      signal,
      () => !!stalled,
      () => {
        if (stream.isOver()) open.delete(stream);
        resolveIfDelivered();
      },
    );
    const sender = senderOf<Events>((sent) => deliver(sent, stream));
    const connection = { ...sender, request, closed: stream.closed };
    open.set(stream, connection);
    outbox.begin(stream, request.lastEventId);
    connections.add(connection);
    const headers = new Headers(streamHeaders);
    if (!headers.has("content-type")) headers.set("content-type", "text/event-stream");
    return new Response(stream.body, { headers });
  }

  async function respond(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    const given = typeof input === "object" && "url" in input ? input : undefined;
    const url = typeof input === "string" ? input : "url" in input ? input.url : input.href;
    const signal = init.signal ?? given?.signal;
    signal?.throwIfAborted();
    const method = (init.method ?? given?.method ?? "GET").toUpperCase();
    const headers = new Headers(init.headers ?? given?.headers);
    // Firefox has no `Request.body`.
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
    ...senderOf<Events>(send),
    async fetch(input, init) {
      pending++;
      try {
        return await respond(input, init);
      } finally {
        pending--;
        resolveIfDelivered();
      }
    },
    status(code, { headers, body } = {}, times = 1) {
      const make = () => {
        if (code === 0) throw new TypeError("Failed to fetch");
        return new Response(body ?? null, { status: code, headers: headers ?? {} });
      };
      // A response that cannot exist is a mistake in the test: throw it here instead of failing the request.
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
      for (const stream of open.keys()) stream.flow();
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
        resolveIfDelivered();
      }),
  };
}

function senderOf<Events extends object>(send: (sent: Sent) => void): TestSender<Events> {
  return {
    push: (event) => send({ chunk: formatEvent(event), id: String(event.id ?? "") }),
    comment: (text = "") => send({ chunk: formatComment(text) }),
    retry: (reconnectionTime) => send({ chunk: `retry: ${reconnectionTime}\n\n` }),
    send: (chunk) => send({ chunk }),
    drop: () => send({ ending: "drop" }),
    end: () => send({ ending: "end" }),
  };
}
