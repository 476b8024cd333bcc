import { describe, expect, it } from "vitest";
import {
  createEventSource,
  EventSourceError,
  fetchEvents,
  json,
  schemas,
  type ServerSentEvent,
} from "../../src/index.ts";
import { drop, refuse, serve, stream } from "../helpers/server.ts";
import { nextError, reach, take } from "../helpers/watch.ts";

const MB = 2 ** 20;
const soon = { initialDelay: 1, maxDelay: 2 };
const brief = ({ lastEventId, type, data }: ServerSentEvent) => ({ lastEventId, type, data });

/** Every control character that can stand within a line, and names that every object has. */
const controls = Array.from({ length: 0x20 }, (_, code) => String.fromCharCode(code))
  .filter((character) => !"\0\n\r".includes(character))
  .concat("\x7f", "\x80", "\x9f", "\u2028", "\u2029", "\ufeff", "\ufffd", "\u202e");
const inherited = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf", "then"];
const names = [...controls, controls.join(""), ...inherited, " ", ":", "é"];

/** The names that a field can carry as they are: one leading space is the standard's. */
const text = names.map((name) => `id: ${name}\nevent: ${name}\ndata: ${name}\n\n`).join("");
const expected = names.map((name) => ({ lastEventId: name, type: name, data: name }));

describe("IDs, names and data of control characters and of inherited names", () => {
  it("are delivered as they are, by name too, and add nothing to any prototype", async () => {
    const before = Reflect.ownKeys(Object.prototype).length;
    await using server = await serve((response) => stream(response, text));
    using source = createEventSource(server.url);
    const byName: unknown[] = [];
    for (const name of names) source.on(name, (event) => byName.push(brief(event)));
    expect((await take(source, names.length)).map(brief)).toEqual(expected);
    expect(byName).toEqual(expected);
    expect(Reflect.ownKeys(Object.prototype)).toHaveLength(before);
    expect(source.status.state).toBe("open");
  });

  it("never keep a reconnect from being made, with the ID where a header can carry it", async () => {
    const ids = names.filter((name) => name.trim() === name);
    await using server = await serve((response, _request, n) =>
      n > ids.length ? stream(response) : stream(response, `id: ${ids[n - 1]}\ndata: x\n\n`).end(),
    );
    using source = createEventSource(server.url, { retry: soon });
    const events = take(source, ids.length);
    await server.request(ids.length + 1);
    expect((await events).map(({ lastEventId }) => lastEventId)).toEqual(ids);
    const asked = server.requests
      .slice(1)
      .map(({ headers: { "last-event-id": id } }) => id && Buffer.from(id as string, "latin1").toString());
    // oxlint-disable-next-line no-control-regex -- they are what this is about
    expect(asked).toEqual(ids.map((id) => (/[\0-\x08\x0a-\x1f\x7f]/.test(id) ? undefined : id)));
  });

  it("are not taken for names of schemas, nor for members of what JSON holds", async () => {
    const hostile = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}';
    const blocks = inherited.map((name) => `event: ${name}\ndata: ${hostile}\n\n`).join("");
    await using server = await serve((response) => stream(response, blocks));
    using typed = createEventSource(server.url, { decode: schemas({}) });
    using parsed = createEventSource(server.url, { decode: json });
    const [texts, values] = await Promise.all([
      take<ServerSentEvent<string, unknown>>(typed, inherited.length),
      take<ServerSentEvent<string, unknown>>(parsed, inherited.length),
    ]);
    expect(texts.map(({ data }) => data)).toEqual(inherited.map(() => hostile));
    for (const { data } of values) expect(Object.keys(data as object)).toEqual(["__proto__", "constructor"]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it("do not end a finite stream", async () => {
    await using server = await serve((response) => stream(response, text).end());
    const events: unknown[] = [];
    for await (const event of fetchEvents(server.url)) events.push(brief(event));
    expect(events).toEqual(expected);
  });
});

describe("an ID that is too long for any header", () => {
  it.each([undefined, "after"])(
    "is tracked and not sent (lastEventIdParam: %s)",
    async (lastEventIdParam) => {
      const id = "x".repeat(MB);
      await using server = await serve((response, _request, n) =>
        n === 1 ? stream(response, `id: ${id}\ndata: x\n\n`).end() : stream(response),
      );
      using source = createEventSource(server.url, { retry: soon, lastEventIdParam });
      const { url, headers } = await server.request(2);
      expect(source.lastEventId).toBe(id);
      expect(headers).not.toHaveProperty("last-event-id");
      expect(url).toBe("/events");
    },
  );
});

describe("a retry field", () => {
  it.each([
    ["of 4 MiB of digits", "9".repeat(4 * MB)],
    ["of 4 MiB of zeros", "0".repeat(4 * MB)],
    ["of 30 digits", "9".repeat(30)],
    ["of one more than a timer can keep", `${2 ** 31}`],
  ])("%s makes no storm: the delay is one that a timer can keep", async (_name, digits) => {
    await using server = await serve((response) => stream(response, `retry: ${digits}\n\n`).end());
    using source = createEventSource(server.url, { retry: { jitter: 0.5 } });
    const { delay } = await reach(source, "waiting");
    expect(delay).toBeLessThanOrEqual(2 ** 31 - 1);
    expect(delay).toBeGreaterThanOrEqual(digits.startsWith("9") ? 2 ** 31 - 1 : 1);
    expect(Number.isInteger(delay)).toBe(true);
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ["of 4 MiB that are no digits", `1${"x".repeat(4 * MB)}`],
    ["of control characters", "1\x0b2"],
    ["that is negative", "-1"],
    ["of digits of another script", "١٢"],
    ["in exponential notation", "1e9"],
  ])("%s changes nothing", async (_name, value) => {
    await using server = await serve((response) => stream(response, `retry: ${value}\n\n`).end());
    using source = createEventSource(server.url, { retry: { initialDelay: 4000, jitter: 0 } });
    expect(await reach(source, "waiting")).toMatchObject({ delay: 4000 });
  });
});

describe("a Retry-After header", () => {
  it.each([
    "9".repeat(8000),
    "1e308",
    "-5",
    "Infinity",
    "NaN",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "x".repeat(8000),
  ])("makes neither a storm nor a wait beyond max: %.40s", async (value) => {
    await using server = await serve((response) => refuse(response, 503, { "retry-after": value }));
    using source = createEventSource(server.url, {
      retry: { initialDelay: 1000, maxDelay: 5000, jitter: 0 },
    });
    const { delay } = await reach(source, "waiting");
    expect(delay).toBeGreaterThanOrEqual(1000);
    expect(delay).toBeLessThanOrEqual(5000);
    expect(server.requests).toHaveLength(1);
  });
});

describe("redirects", () => {
  it.each(["follow", "same-origin"] as const)(
    "that lead round and round end as a typed error after at most 21 requests: %s",
    async (redirect) => {
      await using server = await serve((response, _request, n) =>
        response.writeHead(302, { location: `/${n}` }).end(),
      );
      using source = createEventSource(server.url, { redirect });
      const error = await nextError(source);
      expect(error).toBeInstanceOf(EventSourceError);
      expect(error.code).toBe(redirect === "follow" ? "network" : "http-status");
      source.close();
      expect(server.requests.length).toBeLessThanOrEqual(21);
      await server.idle();
    },
  );

  /** Ways to name another origin, given its host and port. */
  const ways: [string, (host: string) => string][] = [
    ["an absolute URL", (host) => `http://${host}/`],
    ["a URL without a scheme", (host) => `//${host}/`],
    ["backslashes", (host) => `\\\\${host}\\`],
    ["tabs within", (host) => `/\t/${host}/`],
    ["a user and a password", (host) => `http://a:b@${host}/`],
    ["another scheme", (host) => `https://${host}/`],
    ["capital letters", (host) => `HTTP://${host.toUpperCase()}/`],
  ];
  it.each(ways)(
    "to another origin never take a header there with same-origin, at a reconnect after a hop of its own: %s",
    async (_name, locate) => {
      await using other = await serve((response) => stream(response, "data: stolen\n\n"));
      await using server = await serve((response, { url }, n) => {
        if (n === 1) return stream(response, "id: 1\ndata: x\n\n").end();
        const location = url === "/hop" ? locate(`127.0.0.1:${other.port}`) : "/hop";
        return response.writeHead(307, { location }).end();
      });
      using source = createEventSource(server.url, {
        redirect: "same-origin",
        headers: { "X-Api-Key": "secret", Authorization: "Bearer secret" },
        retry: soon,
      });
      const heard: string[] = [];
      source.onEvent(({ data }) => heard.push(data));
      const { error } = await source.closed;
      expect(error).toMatchObject({ code: "http-status", status: 307, willRetry: false });
      expect(`${JSON.stringify(error)} ${error?.stack}`).not.toContain("secret");
      expect(heard).toEqual(["x"]);
      expect(other.requests).toHaveLength(0);
      await server.idle();
    },
  );

  it.each([
    "",
    "http://",
    "http://[",
    "data:text/event-stream,data: x",
    "file:///etc/passwd",
    "javascript:0",
  ])("to nowhere with same-origin end as a typed error: %j", async (location) => {
    await using server = await serve((response) => response.writeHead(302, { location }).end());
    using source = createEventSource(server.url, { redirect: "same-origin" });
    const error = await nextError(source);
    expect(error).toBeInstanceOf(EventSourceError);
    expect(error.code).toMatch(/^(http-status|network)$/);
    source.close();
    await server.idle();
  });
});

describe("an answer that is dropped in the middle of a refusal", () => {
  it("still tells the status and what there was of the body", async () => {
    await using server = await serve((response) => {
      response.writeHead(404, { "content-length": 1000 }).write("half");
      setImmediate(() => drop(response));
    });
    using source = createEventSource(server.url);
    const { error } = await source.closed;
    expect(error).toMatchObject({ code: "http-status", status: 404 });
    expect("half").toContain(error!.body!);
  });
});
