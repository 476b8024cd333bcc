import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { EventSourceError } from "../../src/core/errors.ts";
import { bearer } from "../../src/http/bearer.ts";
import { requestHeaders } from "../../src/http/headers.ts";
import { rejectionWithBody } from "../../src/http/response.ts";
import { createUrl, parseUrl } from "../../src/http/url.ts";
import { createFakeClock, settled, type FakeClock } from "../helpers/fake-clock.ts";
import { encode, streamOf } from "../helpers/chunks.ts";

afterEach(() => void vi.unstubAllGlobals());

/** The bytes of a header as they go over the wire. */
const wire = (headers: Headers, name: string) =>
  Array.from(headers.get(name) ?? "", (character) => character.charCodeAt(0));

/** The error that rejects a response. */
const refusal = (response: Response, clock: FakeClock = createFakeClock()) =>
  rejectionWithBody(response, clock.after, new AbortController().signal);

/** A rejected response with this body. */
const rejected = (body: ReadableStream<unknown>) =>
  new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>, { status: 503 });

describe("the media type", () => {
  test.each([
    ["text/event-stream", true],
    ["TEXT/Event-Stream", true],
    ["text/event-stream;charset=utf-8", true],
    ["text/event-stream ; charset=UTF-8", true],
    ["\ttext/event-stream ", true],
    ["text/event-stream;", true],
    ["text/event-streams", false],
    ["text/event-stream+json", false],
    ["text/event-stream, text/html", false],
    ["text/html, text/event-stream", true],
    ["text/event-stream, text/event-stream", true],
    ["text/event-stream,", true],
    [", text/event-stream", true],
    ["text/event-stream, nonsense", true],
    ["text/event-stream, text/h{ml", true],
    ["text/event-stream, */*;q=1", true],
    ['text/html; x=", text/event-stream"', false],
    ['text/html; x="\\", text/event-stream"', false],
    ['text/event-stream; x=", text/html"', true],
    ['text/event-stream; x="unterminated, text/html', true],
    ['"text/event-stream"', false],
    ["text/event-stream x", false],
    ["text /event-stream", false],
    ["application/json; x=text/event-stream", false],
    ["text/html", false],
    ["", false],
    [null, false],
  ])("%j is that of an event stream: %s", async (contentType, expected) => {
    const error = await refusal(
      new Response(new Uint8Array(), {
        headers: contentType === null ? {} : { "content-type": contentType },
      }),
    );
    expect(error?.code).toBe(expected ? undefined : "content-type");
  });
});

describe("the request headers", () => {
  test("are Accept alone unless somebody asks for more: each one costs a preflight", () => {
    expect([...requestHeaders(undefined, "")]).toEqual([["accept", "text/event-stream"]]);
  });

  test("keep what the caller set, Accept included", () => {
    const headers = requestHeaders({ Accept: "text/event-stream, application/json", "X-Tenant": "7" }, "");
    expect([...headers]).toEqual([
      ["accept", "text/event-stream, application/json"],
      ["x-tenant", "7"],
    ]);
  });

  test.each([
    { form: "an object", given: { "x-a": "1" } },
    { form: "pairs", given: [["x-a", "1"]] satisfies HeadersInit },
    { form: "Headers", given: new Headers({ "x-a": "1" }) },
  ])("may be given as $form", ({ given }) => {
    expect(requestHeaders(given, "").get("x-a")).toBe("1");
  });

  test("do not change the Headers of the caller", () => {
    const given = new Headers({ "last-event-id": "pinned" });
    requestHeaders(given, "5");
    expect([...given]).toEqual([["last-event-id", "pinned"]]);
  });

  test.each(["", "7"])("never pin the stream to a Last-Event-ID of the caller (tracked: %j)", (id) => {
    expect(requestHeaders({ "Last-Event-ID": "pinned" }, id).get("last-event-id")).toBe(id || null);
  });

  test.each([
    { id: "42", bytes: [0x34, 0x32] },
    { id: "a b~!", bytes: [0x61, 0x20, 0x62, 0x7e, 0x21] },
    { id: "é-€-1", bytes: [0xc3, 0xa9, 0x2d, 0xe2, 0x82, 0xac, 0x2d, 0x31] },
    { id: "é", bytes: [0xc3, 0xa9] },
    { id: "😀", bytes: [0xf0, 0x9f, 0x98, 0x80] },
    { id: "a\tb", bytes: [0x61, 0x09, 0x62] },
    { id: "\ud800", bytes: [0xef, 0xbf, 0xbd] },
  ])("send the ID $id as its UTF-8 bytes", ({ id, bytes }) => {
    expect(wire(requestHeaders(undefined, id), "last-event-id")).toEqual(bytes);
  });

  test.each(["\u0001", "a\u001bb", "a\u007f", "\u0000", "a\nb", "a\rb", "é\u0008"])(
    "leave out the ID %j, which no header can carry, instead of failing",
    (id) => {
      expect(requestHeaders(undefined, id).has("last-event-id")).toBe(false);
    },
  );

  test("can be built for any ID", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (id) => {
        expect(requestHeaders(undefined, id).get("accept")).toBe("text/event-stream");
      }),
      { numRuns: 300 },
    );
  });

  test("can be built for an ID of a million characters", () => {
    expect(requestHeaders(undefined, "é".repeat(1_000_000)).get("accept")).toBe("text/event-stream");
  });

  test("leave the encoding to a runtime that encodes by itself", () => {
    class EncodingHeaders extends Map<string, string> {
      constructor(init: Record<string, string> = {}) {
        super(Object.entries(init));
      }
    }
    vi.stubGlobal("Headers", EncodingHeaders);
    expect(requestHeaders(undefined, "é-€-1").get("last-event-id")).toBe("é-€-1");
  });

  test("that are malformed give invalid-option, without quoting a value", () => {
    const build = () => requestHeaders({ Authorization: "Bearer s3cret\n" + "x\n" }, "");
    expect(build).toThrow(expect.objectContaining({ code: "invalid-option", option: "headers" }) as Error);
    expect(build).not.toThrow(/s3cret/);
  });

  test("bearer asks for the token at every attempt, and hands the attempt on", async () => {
    const getToken = vi.fn<(context: { attempt: number }) => Promise<string>>(
      async ({ attempt }) => `t${attempt}`,
    );
    const headers = bearer(getToken);
    const { signal } = new AbortController();
    expect(await headers({ attempt: 1, lastEventId: "", signal })).toEqual({ Authorization: "Bearer t1" });
    expect(await headers({ attempt: 2, lastEventId: "", signal })).toEqual({ Authorization: "Bearer t2" });
  });
});

describe("the response", () => {
  const sse = "text/event-stream";

  test.each([
    { status: 200, type: sse, code: undefined },
    { status: 200, type: "Text/Event-Stream; charset=utf-8", code: undefined },
    { status: 200, type: "text/html", code: "content-type" },
    { status: 200, type: undefined, code: "content-type" },
    { status: 201, type: sse, code: "http-status" },
    { status: 204, type: sse, code: "no-content" },
    { status: 204, type: undefined, code: "no-content" },
    { status: 206, type: sse, code: "http-status" },
    { status: 304, type: sse, code: "http-status" },
    { status: 400, type: "application/json", code: "http-status" },
    { status: 401, type: sse, code: "unauthorized" },
    { status: 403, type: sse, code: "http-status" },
    { status: 429, type: "text/plain", code: "http-status" },
    { status: 500, type: sse, code: "http-status" },
    { status: 503, type: "text/html", code: "http-status" },
  ])("$status with type $type gives $code", async ({ status, type, code }) => {
    const error = await refusal(
      new Response(/[23]04/.test(`${status}`) ? null : new Uint8Array(), {
        status,
        headers: type === undefined ? {} : { "content-type": type },
      }),
    );
    expect(error?.code).toBe(code);
    if (error) expect(error).toMatchObject({ status, headers: expect.any(Headers) as Headers });
  });

  test("that is refused is explained by its status or its type, in a message of bounded length", async () => {
    const typed = (type: string) => refusal(new Response("", { headers: { "content-type": type } }));
    expect((await refusal(new Response("", { status: 503 })))?.message).toContain("503");
    expect((await typed("text/html; charset=utf-8"))?.message).toContain("text/html");
    expect((await typed("x".repeat(100_000)))?.message.length).toBeLessThan(300);
  });

  test("that is refused keeps the first 4 KiB of its body, and the rest is cancelled", async () => {
    const { body, cancelled } = streamOf([encode("a".repeat(3000)), encode("b".repeat(3000))], {
      endless: true,
    });
    expect((await refusal(rejected(body)))?.body).toBe("a".repeat(3000) + "b".repeat(1096));
    expect(cancelled()).toBe(1);
  });

  test("that is refused keeps a character whole that two chunks share", async () => {
    const bytes = encode("a€b");
    const clock = createFakeClock();
    const { body } = streamOf([bytes.slice(0, 2), bytes.slice(2)]);
    expect((await refusal(rejected(body), clock))?.body).toBe("a€b");
    expect(clock.pending).toBe(0);
  });

  test("that is refused and stalls is given up soon, keeping what came", async () => {
    const { body, cancelled } = streamOf([encode("half")], { endless: true });
    const clock = createFakeClock();
    const error = refusal(rejected(body), clock);
    await settled();
    await clock.advance(clock.next!);
    expect((await error)?.body).toBe("half");
    expect([cancelled(), clock.pending]).toEqual([1, 0]);
  });

  test("that is refused and fails keeps what came", async () => {
    const { body } = streamOf([encode("half")], { error: new Error("reset") });
    const clock = createFakeClock();
    expect(await refusal(rejected(body), clock)).toMatchObject({ code: "http-status", body: "half" });
    expect(clock.pending).toBe(0);
  });

  test("that is refused and has no body keeps an empty text", async () => {
    expect((await refusal(new Response(null, { status: 503 })))?.body).toBe("");
  });
});

describe("the URL", () => {
  test.each([
    { url: "http://a.test/x?y=1", base: undefined, href: "http://a.test/x?y=1" },
    { url: new URL("http://a.test/x"), base: undefined, href: "http://a.test/x" },
    { url: "/x", base: "http://a.test/deep/page", href: "http://a.test/x" },
    { url: "x?y", base: "http://a.test/deep/page", href: "http://a.test/deep/x?y" },
    { url: "//b.test/x", base: "https://a.test/", href: "https://b.test/x" },
  ])("$url from $base is $href", ({ url, base, href }) => {
    expect(parseUrl(url, base).href).toBe(href);
  });

  test.each([
    "/relative",
    "",
    "http://",
    "http://a.test:99999",
    "http://user@a.test/",
    "http://u:p4ss@a.test/",
  ])("%j is refused as invalid-option, and not quoted", (url) => {
    let error: unknown;
    try {
      parseUrl(url, undefined);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(EventSourceError);
    expect(error).toMatchObject({ code: "invalid-option", option: "url" });
    expect((error as Error).message).not.toMatch(/p4ss|user@/);
  });

  test("resolves against the page where there is one", () => {
    vi.stubGlobal("document", { baseURI: "https://page.test/app/" });
    expect(createUrl("events").url).toBe("https://page.test/app/events");
  });
});
