// Contract: what an EventSourceError says, and what it does not say (design.md §2, prose.md "Error messages").
import { inspect } from "node:util";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import {
  createEventSource,
  EventSourceError,
  fetchEvents,
  type EventSourceOptions,
} from "../../src/index.ts";
import { collect } from "../helpers/collect.ts";
import { deferred } from "../helpers/deferred.ts";
import { mutualTls } from "../helpers/certificates.ts";
import { refuse, serve, stream } from "../helpers/server.ts";
import { reach } from "../helpers/watch.ts";
import { allReleased, answerRaw, blocks, bodyOf, closing, quickRetry, until, within } from "./support.ts";

/** The first error of a client, which is then closed. */
async function errorOf(url: string, options: EventSourceOptions = {}): Promise<EventSourceError> {
  const source = closing(createEventSource(url, { open: false, retry: { initialDelay: 1e6 }, ...options }));
  const { promise, resolve } = deferred<EventSourceError>();
  source.onError(resolve);
  source.open();
  const error = await within("an error", promise);
  source.close();
  return error;
}

/** A port on which nothing listens. */
async function deadPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const everythingOf = (error: EventSourceError) =>
  `${error.message}\n${JSON.stringify(error)}\n${String(error)}`;

describe("A network error names the innermost reason", () => {
  test("ECONNREFUSED, with the URL and without its query", async () => {
    const port = await deadPort();
    const error = await errorOf(`http://127.0.0.1:${port}/events?token=s3cret`);
    expect(error.code).toBe("network");
    expect(error.message).toBe(`Request to http://127.0.0.1:${port}/events failed: ECONNREFUSED`);
    expect(JSON.stringify(error)).toContain("ECONNREFUSED");
    expect(everythingOf(error)).not.toContain("s3cret");
  });

  test("of a name that does not resolve", async () => {
    const error = await errorOf("http://no-such-host.invalid/events");
    expect(error.message).toMatch(/ENOTFOUND|EAI_AGAIN/);
    expect(JSON.stringify(error)).toMatch(/ENOTFOUND|EAI_AGAIN/);
  });

  test("of a certificate that is not trusted", async () => {
    await using server = await serve((response) => stream(response), {
      cert: mutualTls.cert,
      key: mutualTls.key,
    });
    const error = await errorOf(server.url);
    expect(error.code).toBe("network");
    expect(error.message).toMatch(/CERT|SIGNATURE|certificate/i);
    expect(JSON.stringify(error)).toMatch(/CERT|SIGNATURE|certificate/i);
  });

  test("of a connection that breaks off", async () => {
    await using server = await serve((response, request) => {
      stream(response, blocks(1, 1));
      setImmediate(() => request.socket.resetAndDestroy());
    });
    const error = await errorOf(server.url);
    expect(error.code).toBe("network");
    expect(JSON.stringify(error)).toMatch(/ECONNRESET|UND_ERR_SOCKET|terminated|closed/);
  });

  test("of fetchEvents as well", async () => {
    const port = await deadPort();
    const read = async () => collect(fetchEvents(`http://127.0.0.1:${port}/events?token=s3cret`));
    await expect(within("the end of the answer", read())).rejects.toMatchObject({
      code: "network",
      message: `Request to http://127.0.0.1:${port}/events failed: ECONNREFUSED`,
    });
  });

  test("where causes form a circle", async () => {
    const one = new Error("one");
    const two = new Error("two", { cause: one });
    one.cause = two;
    const error = await errorOf("http://example.test/", { fetch: () => Promise.reject(one) });
    expect(error.code).toBe("network");
    expect(() => JSON.stringify(error)).not.toThrow();
  });
});

describe("Timeouts say which they are", () => {
  test("connectTimeout", async () => {
    await using server = await serve(() => {});
    const error = await errorOf(server.url, { connectTimeout: 30, idleTimeout: 40 });
    expect({ code: error.code, message: error.message, willRetry: error.willRetry }).toEqual({
      code: "connect-timeout",
      message: "No response headers within connectTimeout (30 ms)",
      willRetry: true,
    });
    await within("the release of all sockets", allReleased(server));
  });

  test("idleTimeout", async () => {
    await using server = await serve((response) => stream(response, ": hi\n\n"));
    const error = await errorOf(server.url, { connectTimeout: 3000, idleTimeout: 40 });
    expect({ code: error.code, message: error.message, willRetry: error.willRetry }).toEqual({
      code: "idle-timeout",
      message: "No data within idleTimeout (40 ms)",
      willRetry: true,
    });
    await within("the release of all sockets", allReleased(server));
  });

  test("idleTimeout counts comments as data", async () => {
    let isOver = false;
    await using server = await serve(async (response) => {
      stream(response);
      for (let start = performance.now(); performance.now() - start < 300;) {
        response.write(":\n");
        const next = performance.now() + 10;
        await until("the next comment", () => performance.now() > next);
      }
      isOver = true;
    });
    const source = closing(createEventSource(server.url, { idleTimeout: 120, retry: quickRetry }));
    await until("the comments", () => isOver);
    expect(server.requests).toHaveLength(1);
    expect(source.status.state).toBe("open");
  });

  test("idleTimeout does not count the time of a slow listener", async () => {
    await using server = await serve((response) => stream(response, blocks(1, 2)));
    const gate = deferred<void>();
    const source = closing(
      createEventSource(server.url, { open: false, idleTimeout: 60, retry: quickRetry }),
    );
    source.onEvent(() => gate.promise);
    source.open();
    await until("the first event", () => source.lastEventId === "1");
    const start = performance.now();
    await until("the time of idleTimeout", () => performance.now() - start > 150);
    expect(source.status.state).toBe("open");
    gate.resolve();
    expect((await within("a wait for a retry", reach(source, "waiting"))).error.code).toBe("idle-timeout");
  });

  test("connectTimeout does not count the time of onUnauthorized", async () => {
    await using server = await serve((response, _, n) =>
      n === 1 ? refuse(response, 401) : stream(response),
    );
    const source = closing(
      createEventSource(server.url, {
        connectTimeout: 100,
        retry: false,
        onUnauthorized: async () => {
          const start = performance.now();
          await until("the time of connectTimeout", () => performance.now() - start > 200);
        },
      }),
    );
    await within("an open connection", reach(source, "open"));
  });
});

describe("What a response says is in its error", () => {
  test("status, headers, url without query, the beginning of the body, attempt, willRetry and delay", async () => {
    await using server = await serve((response) =>
      refuse(response, 503, { "x-node": "7" }, "come back later"),
    );
    const error = await errorOf(`${server.url}?token=s3cret#part`, { retry: { initialDelay: 5, jitter: 0 } });
    expect(error).toBeInstanceOf(EventSourceError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: "EventSourceError",
      code: "http-status",
      status: 503,
      url: server.url,
      body: "come back later",
      attempt: 1,
      willRetry: true,
      delay: 5,
    });
    expect(error.headers!.get("x-node")).toBe("7");
    expect(error).not.toHaveProperty("hint");
  });

  test("headers are not enumerable: logging an error prints no cookie", async () => {
    await using server = await serve((response) => refuse(response, 404, { "set-cookie": "session=s3cret" }));
    const error = await errorOf(server.url);
    expect(error.headers!.get("set-cookie")).toBe("session=s3cret");
    expect(Object.keys(error)).not.toContain("headers");
    expect(inspect(error, { depth: 9 })).not.toContain("s3cret");
    expect(everythingOf(error)).not.toContain("s3cret");
    expect({ ...error }).not.toHaveProperty("headers");
  });

  test("the query of a redirect is in neither message nor JSON", async () => {
    await using server = await serve((response, request) =>
      request.url === "/events"
        ? response.writeHead(302, { location: "/login?code=s3cret" }).end()
        : refuse(response, 200, { "content-type": "text/html" }, "<p>log in"),
    );
    const error = await errorOf(server.url);
    expect(error.code).toBe("content-type");
    expect(error.url).toBe(`http://127.0.0.1:${server.port}/login`);
    expect(everythingOf(error)).not.toContain("s3cret");
  });

  test("messages contain no control characters that a server sent", async () => {
    const fetch = async () =>
      ({
        ok: true,
        status: 200,
        statusText: "\u001b[31mred\u001b[0m\r\nx: y",
        headers: {
          get: (name: string) =>
            name.toLowerCase() === "content-type" ? "text/\u001b[31mred\n\u0007\u009b" : null,
        },
        body: bodyOf(["x"]),
      }) as unknown as Response;
    const error = await errorOf("http://example.test/", { fetch });
    expect(error.code).toBe("content-type");
    // eslint-disable-next-line no-control-regex
    expect(error.message).not.toMatch(/[\0-\x1f\x7f-\x9f]/);
  });

  test("messages contain no control characters of a Content-Type over the wire", async () => {
    await using server = await serve((response) =>
      answerRaw(response, ["200 OK", "content-type: text/\u009b31mred\tx"]),
    );
    const error = await errorOf(server.url);
    // eslint-disable-next-line no-control-regex
    expect(error.message).not.toMatch(/[\0-\x1f\x7f-\x9f]/);
  });

  test("messages contain no control characters, query or credentials that a fetch put into its own", async () => {
    const failure = new TypeError(
      "\u001b[31mfetch of http://user:s3cret@host/path?token=s3cret failed\n\u0007",
    );
    const error = await errorOf("http://example.test/?token=s3cret", {
      fetch: () => Promise.reject(failure),
    });
    // eslint-disable-next-line no-control-regex
    expect(error.message).not.toMatch(/[\0-\x1f\x7f-\x9f]/);
    expect(error.message).not.toContain("s3cret");
    expect(JSON.stringify(error)).not.toContain("s3cret");
    expect(error.cause).toBe(failure);
  });

  test("messages contain no header values of the request", async () => {
    const port = await deadPort();
    const options = { headers: { authorization: "Bearer s3cret" } };
    expect(everythingOf(await errorOf(`http://127.0.0.1:${port}/`, options))).not.toContain("s3cret");
    await using server = await serve((response) => refuse(response, 403));
    expect(everythingOf(await errorOf(server.url, options))).not.toContain("s3cret");
  });
});

test("An error is printable as JSON whatever its cause is", async () => {
  const circle: Record<string, unknown> = { big: 1n };
  circle["self"] = circle;
  const error = await errorOf("http://example.test/", {
    fetch: () => Promise.reject(Object.assign(new Error("odd"), { circle, toJSON: () => circle })),
  });
  expect(JSON.parse(JSON.stringify(error))).toMatchObject({ code: "network", message: expect.any(String) });
});

test("event-too-large is fatal", async () => {
  await using server = await serve((response) => stream(response, `data: ${"x".repeat(2000)}\n\n`));
  const source = closing(createEventSource(server.url, { maxEventSize: 1000, retry: quickRetry }));
  const { reason, error } = await within("the end of the client", source.closed);
  expect([reason, error?.code, error?.willRetry]).toEqual(["error", "event-too-large", false]);
  await within("the release of all sockets", allReleased(server));
  expect(server.requests).toHaveLength(1);
});

describe("A wrong option is refused when the call is made, in one error that names it", () => {
  const wrong: [option: string, options: Record<string, unknown>][] = [
    ...["connectTimeout", "idleTimeout", "maxEventSize"].flatMap(
      (name): [string, Record<string, unknown>][] => [NaN, -1, "5"].map((value) => [name, { [name]: value }]),
    ),
    ...["initialDelay", "factor", "maxDelay", "jitter", "maxRetries", "maxElapsedTime", "resetAfter"].flatMap(
      (name): [string, Record<string, unknown>][] =>
        [NaN, -1, "5"].map((value) => [name, { retry: { [name]: value } }]),
    ),
    ["headers", { headers: { "a b": "1" } }],
    ["headers", { headers: { a: "1\n2" } }],
    ["mode", { mode: "sideways" }],
    ["credentials", { credentials: "all" }],
    ["body", { body: "x" }],
    ["method", { method: "A B" }],
    ["method", { method: "CONNECT" }],
    ["retry", { retry: "yes" }],
  ];

  test.each(wrong)("%s: %o", (option, options) => {
    let thrown: unknown;
    try {
      closing(createEventSource("http://127.0.0.1:1/", options)).close();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(EventSourceError);
    const { code, message } = thrown as EventSourceError;
    expect(code).toBe("invalid-option");
    expect(message).toMatch(/^Invalid option "/);
    expect(message).toContain(option);
  });

  test.each([
    ["http://user:pass@127.0.0.1/", "The URL must not contain credentials"],
    ["http://", "Invalid URL"],
    ["/events", "Relative URLs need a page: pass an absolute URL"],
  ])("the URL %s", (url, problem) => {
    let thrown: unknown;
    try {
      closing(createEventSource(url)).close();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ name: "EventSourceError", code: "invalid-option" });
    expect((thrown as Error).message).toContain(problem);
    expect((thrown as Error).message).not.toContain("pass@");
  });

  test("mode, with the words of the contract", () => {
    expect(() => closing(createEventSource("http://127.0.0.1:1/", { mode: "sideways" as never }))).toThrow(
      'Invalid option "mode": fetch rejected it',
    );
  });
});

test("A connection to a server that is no HTTP server is a network error", async () => {
  const server = createServer((socket) => void socket.end("SSH-2.0-OpenSSH\r\n")).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    expect((await errorOf(`http://127.0.0.1:${port}/`)).code).toBe("network");
  } finally {
    server.close();
  }
});
