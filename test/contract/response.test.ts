// Contract: which responses are event streams, and what becomes of the others (design.md §4, "Response").
import { describe, expect, test, vi } from "vitest";
import { createEventSource, fetchEvents, readEvents, type EventSourceOptions } from "../../src/index.ts";
import { collect } from "../helpers/collect.ts";
import { refuse, serve, stream } from "../helpers/server.ts";
import { reach } from "../helpers/watch.ts";
import {
  allReleased,
  answerRaw,
  blocks,
  bodyOf,
  closing,
  codesOf,
  quickRetry,
  turns,
  within,
} from "./support.ts";

type Fetch = NonNullable<EventSourceOptions["fetch"]>;

const eventStream = { "content-type": "text/event-stream" };

describe("Content-Type is extracted as the Fetch standard does", () => {
  test.each([
    [["text/event-stream"], true],
    [["TEXT/Event-Stream;Charset=UTF-8"], true],
    [[" \ttext/event-stream \t"], true],
    [["text/event-stream;charset=iso-8859-1"], true],
    [["text/event-stream;charset"], true],
    [["text/event-stream, text/event-stream"], true],
    [["text/html, text/event-stream"], true],
    [["text/html", "text/event-stream"], true],
    [["text/event-stream", "text/event-stream;charset=utf-8"], true],
    [["text/event-stream,"], true],
    [["text/event-stream, */*"], true],
    [["text/event-stream, nonsense"], true],
    [["text/event-stream, a b/c"], true],
    [['text/event-stream;a=","'], true],
    [['text/event-stream;a="\\",text/html"'], true],
    [['text/html;a="\\"", text/event-stream'], true],
    [["text/event-stream, text/html"], false],
    [["text/event-stream", "text/html"], false],
    [['text/html;a=", text/event-stream"'], false],
    [["text/event-streams"], false],
    [["text/event-stream/x"], false],
    [["text/event stream"], false],
    [["text / event-stream"], false],
    [["application/json"], false],
    [["*/*"], false],
    [["nonsense"], false],
    [[""], false],
    [[], false],
  ] as const)("%j: %s", async (values, isStream) => {
    await using server = await serve((response) =>
      answerRaw(response, ["200 OK", ...values.map((value) => `content-type: ${value}`)], blocks(1, 1)),
    );
    const source = closing(createEventSource(server.url, { retry: false }));
    const data: unknown[] = [];
    source.onEvent((event) => void data.push(event.data));
    const { reason, error } = await within("the end of the client", source.closed);
    expect({ reason, code: error?.code, data }).toEqual(
      isStream
        ? { reason: "server", code: undefined, data: ["1"] }
        : { reason: "error", code: "content-type", data: [] },
    );
  });
});

/** A wrapper of fetch that leaves the body of its response in some state. */
const spoiled: [string, (response: Response) => unknown][] = [
  [
    "already read",
    async (response) => {
      await response.text();
      return response;
    },
  ],
  [
    "read in part and locked",
    async (response) => {
      await response.body!.getReader().read();
      return response;
    },
  ],
  [
    "locked",
    (response) => {
      response.body!.getReader();
      return response;
    },
  ],
  ["cancelled", async (response) => (await response.body!.cancel(), response)],
  ["a string", async (response) => plain(response, await response.text())],
  ["a Buffer", async (response) => plain(response, Buffer.from(await response.text()))],
  ["a number", (response) => plain(response, 42)],
  ["an empty object", (response) => plain(response, {})],
  ["null", (response) => plain(response, null)],
  ["missing", (response) => plain(response, undefined)],
  [
    "broken",
    (response) =>
      new Response(
        new ReadableStream({ pull: (controller) => controller.error(new Error("broken")) }),
        response,
      ),
  ],
  [
    "a getter that throws",
    (response) =>
      Object.defineProperty(plain(response, null), "body", {
        get() {
          throw new Error("no body here");
        },
      }),
  ],
];

function plain({ status, headers, url }: Response, body: unknown) {
  return { ok: false, status, statusText: "", redirected: false, type: "basic", headers, url, body };
}

const wrap = (spoil: (response: Response) => unknown) =>
  (async (input: string, init?: RequestInit) => spoil(await fetch(input, init))) as unknown as Fetch;

describe.each(spoiled)("A rejected response whose body is %s", (_, spoil) => {
  test("keeps its status: 404 is fatal", async () => {
    await using server = await serve((response) =>
      refuse(response, 404, { "x-reason": "gone" }, "no such stream"),
    );
    const source = closing(createEventSource(server.url, { fetch: wrap(spoil), retry: quickRetry }));
    const { reason, error } = await within("the end of the client", source.closed);
    expect({ reason, code: error?.code, status: error?.status }).toEqual({
      reason: "error",
      code: "http-status",
      status: 404,
    });
    expect(error?.headers?.get("x-reason")).toBe("gone");
    expect(server.requests).toHaveLength(1);
  });

  test("keeps its Retry-After: 503 is retried after it", async () => {
    await using server = await serve((response) => refuse(response, 503, { "retry-after": "3" }, "down"));
    const source = closing(
      createEventSource(server.url, { fetch: wrap(spoil), retry: { ...quickRetry, maxDelay: 9000 } }),
    );
    const { delay, error } = await within("a wait for the retry", reach(source, "waiting"));
    expect({ delay, code: error.code, status: error.status }).toEqual({
      delay: 3000,
      code: "http-status",
      status: 503,
    });
  });

  test("keeps its verdict: a 401 calls onUnauthorized", async () => {
    await using server = await serve((response, _, n) =>
      n === 1 ? refuse(response, 401, {}, "who") : stream(response),
    );
    const onUnauthorized = vi.fn();
    const fetchOnce = wrap(spoil);
    let calls = 0;
    const source = closing(
      createEventSource(server.url, {
        fetch: ((input: string, init?: RequestInit) =>
          ++calls === 1 ? fetchOnce(input, init as never) : fetch(input, init)) as unknown as Fetch,
        onUnauthorized,
        retry: false,
      }),
    );
    await within("an open connection", reach(source, "open"));
    expect(onUnauthorized).toHaveBeenCalledOnce();
  });
});

test("A rejected response of another type keeps its verdict when its body was read", async () => {
  await using server = await serve((response) =>
    refuse(response, 200, { "content-type": "text/html" }, "<p>log in"),
  );
  const source = closing(createEventSource(server.url, { fetch: wrap(spoiled[0]![1]), retry: quickRetry }));
  const { error } = await within("the end of the client", source.closed);
  expect(error?.code).toBe("content-type");
  expect(error?.message).toContain('Expected text/event-stream, found "text/html"');
});

test("An error has the first 4 KiB of a rejected response, and the rest is not waited for", async () => {
  await using server = await serve((response) => {
    response.writeHead(404, { "content-type": "text/plain" }).write("x".repeat(6000));
  });
  const source = closing(createEventSource(server.url));
  const { error } = await within("the end of the client", source.closed);
  expect(error?.body).toBe("x".repeat(4096));
  await within("the release of all sockets", allReleased(server));
});

describe("A 200 whose body is neither a stream nor an async iterable", () => {
  test.each([
    ["a string", blocks(1, 1)],
    ["an empty string", ""],
    ["an object", {}],
    ["a number", 7],
    ["null", null],
    ["undefined", undefined],
  ])("(%s) is unsupported, and final", async (_, body) => {
    const fetch = vi.fn(async () => plain(new Response(null, { headers: eventStream }), body));
    const source = closing(
      createEventSource("http://example.test/", { fetch: fetch as unknown as Fetch, retry: quickRetry }),
    );
    const codes = codesOf(source);
    const { reason, error } = await within("the end of the client", source.closed);
    expect({ reason, code: error?.code, codes }).toEqual({
      reason: "error",
      code: "unsupported",
      codes: ["unsupported"],
    });
    await turns();
    expect(fetch).toHaveBeenCalledOnce();
  });

  test("makes fetchEvents throw unsupported", async () => {
    const fetch = (async () =>
      plain(new Response(null, { headers: eventStream }), "data: 1\n\n")) as unknown as Fetch;
    const answer = fetchEvents("http://example.test/", { fetch });
    await expect(within("the end of the answer", collect(answer))).rejects.toMatchObject({
      code: "unsupported",
    });
  });
});

test("A body that is an async iterable of bytes or text is read", async () => {
  async function* body() {
    yield new TextEncoder().encode("data: 1\n");
    yield "\ndata: 2\n\n";
  }
  const fetch = (async () => plain(new Response(null, { headers: eventStream }), body())) as unknown as Fetch;
  const answer = fetchEvents("http://example.test/", { fetch });
  const events = await within("the end of the answer", collect(answer));
  expect(events.map(({ data }) => data)).toEqual(["1", "2"]);
});

describe("readEvents", () => {
  test("takes a response without a Content-Type, as test doubles have", async () => {
    const response = new Response(bodyOf([blocks(1, 2)]));
    expect(response.headers.has("content-type")).toBe(false);
    const events = await within("the end of the stream", collect(readEvents(response)));
    expect(events.map(({ data }) => data)).toEqual(["1", "2"]);
  });

  test("refuses a response of another type, and says how to read it anyway", async () => {
    const read = async () => collect(readEvents(new Response(blocks(1, 1))));
    const error = await within(
      "the end of the stream",
      read().catch((error: unknown) => error),
    );
    expect(error).toMatchObject({ code: "content-type" });
    expect((error as Error).message).toContain("pass response.body to read it anyway");
  });

  test("reads response.body whatever the Content-Type is", async () => {
    const events = await within(
      "the end of the stream",
      collect(readEvents(new Response(blocks(1, 1)).body!)),
    );
    expect(events.map(({ data }) => data)).toEqual(["1"]);
  });

  test("refuses a response with an error status", async () => {
    const read = async () =>
      collect(readEvents(new Response(blocks(1, 1), { status: 500, headers: eventStream })));
    await expect(within("the end of the stream", read())).rejects.toMatchObject({
      code: "http-status",
      status: 500,
    });
  });
});
