import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it, vi } from "vitest";
import { trace, traceFetch, type TraceRecord } from "../../src/debug.ts";
import { createEventSource, fetchEvents, type FetchLike } from "../../src/index.ts";
import { collect } from "../helpers/collect.ts";
import { createFakeClock } from "../helpers/fake-clock.ts";
import { serve, stream, type TestServer } from "../helpers/server.ts";
import { reach, take } from "../helpers/watch.ts";

/** A log, and a promise of the first record that fits. */
function listening(): {
  records: TraceRecord[];
  log: (record: TraceRecord) => void;
  told: (fits: (record: TraceRecord) => boolean) => Promise<TraceRecord>;
} {
  const records: TraceRecord[] = [];
  let look = () => {};
  return {
    records,
    log(record) {
      records.push(record);
      look();
    },
    told: (fits) =>
      new Promise((resolve) => {
        look = () => {
          const found = records.find(fits);
          if (found) resolve(found);
        };
        look();
      }),
  };
}

const isHint = ({ kind }: TraceRecord) => kind === "hint";

afterEach(() => void vi.unstubAllGlobals());

describe("trace over HTTP", () => {
  it('gives the hint "held-back" for a compressing server, with the headers that identify it', async () => {
    await using server = await serve((response) => {
      response.writeHead(200, {
        "content-type": "text/event-stream",
        "content-encoding": "gzip",
        server: "dev-server",
        via: "1.1 edge",
      });
      // Only the gzip header is sent: the compression buffers the event until there are more.
      response.write(gzipSync("data: 1\n\n").subarray(0, 10));
    });
    const { records, log, told } = listening();
    const clock = createFakeClock();
    const source = createEventSource(server.url);
    const end = trace(source, log, { clock });
    await reach(source, "open");
    await clock.advance(10_000);
    const hint = await told(isHint);
    expect(source.status.state).toBe("open");
    expect(hint).toMatchObject({ hint: "held-back" });
    expect((hint as { message: string }).message).toMatch(
      /X-Accel-Buffering.*; content-encoding: gzip; server: dev-server; via: 1\.1 edge$/,
    );
    expect(records.filter(({ kind }) => kind !== "status" && kind !== "hint")).toEqual([]);
    end();
    source.close();
  });

  it("gives no hint for a server that begins with a comment", async () => {
    await using server = await serve((response) => stream(response, ":\n\n"));
    const { records, log, told } = listening();
    const clock = createFakeClock();
    const source = createEventSource(server.url);
    trace(source, log, { clock });
    await told(({ kind }) => kind === "comment");
    await clock.advance(60_000);
    expect(records.filter(isHint)).toEqual([]);
    source.close();
  });

  it('gives the hint "ends-at-once" for the third connection that ends at once', async () => {
    await using server = await serve((response) => stream(response).end());
    const { records, log, told } = listening();
    // Every connection ends within 1 s, however busy the machine is.
    const clock = { ...createFakeClock(), now: () => 0 };
    const source = createEventSource(server.url, { retry: { initialDelay: 1 } });
    trace(source, log, { clock });
    expect(await told(isHint)).toMatchObject({ hint: "ends-at-once" });
    const states = records.flatMap((record) => (record.kind === "status" ? [record.state] : []));
    expect(states.filter((state) => state === "open")).toHaveLength(3);
    source.close();
  });
});

describe("traceFetch", () => {
  /** Asks for a token first, redirects, then streams two events. */
  const answering = () =>
    serve((response, { url, headers }) => {
      if (headers.authorization !== "Bearer fresh")
        return response.writeHead(401, { "set-cookie": "a=s3cret" }).end();
      if (url!.startsWith("/events"))
        return response.writeHead(307, { location: "/stream?key=s3cret" }).end();
      return stream(response, "id: s3cret\ndata: s3cret\n\ndata: s3cret\n\n");
    });

  it("logs each request and each response, without secrets", async () => {
    await using server = await answering();
    const { records, log } = listening();
    let token = "stale";
    const source = createEventSource(`${server.url}?token=s3cret`, {
      fetch: traceFetch(log),
      headers: () => ({ Authorization: `Bearer ${token}`, Cookie: "sid=s3cret" }),
      onUnauthorized: () => (token = "fresh"),
      lastEventId: "s3cret",
    });
    await take(source, 2);
    source.close();
    expect(records).toMatchObject([
      {
        at: expect.any(Number),
        kind: "request",
        request: 1,
        method: "GET",
        url: `${server.url}?token=…`,
        headers: { accept: "text/event-stream", authorization: "…", cookie: "…", "last-event-id": "…" },
      },
      { kind: "response", request: 1, status: 401, headers: { "set-cookie": "…" }, took: expect.any(Number) },
      { kind: "request", request: 2 },
      {
        kind: "response",
        request: 2,
        status: 200,
        url: `http://127.0.0.1:${server.port}/stream?key=…`,
        headers: { "content-type": "text/event-stream" },
      },
    ]);
    expect(JSON.stringify(records)).not.toMatch(/s3cret|stale|fresh/);
  });

  it("logs secrets with reveal: true", async () => {
    await using server = await serve((response) => stream(response, "data: 1\n\n").end());
    const { records, log } = listening();
    const headers = { Authorization: "Bearer s3cret" };
    await collect(fetchEvents(`${server.url}?a=1`, { headers, fetch: traceFetch(log, { reveal: true }) }));
    expect(records[0]).toMatchObject({
      url: `${server.url}?a=1`,
      headers: { authorization: "Bearer s3cret" },
    });
  });

  it("passes its arguments and the response through unchanged", async () => {
    const response = new Response("data: 1\n\n", { headers: { "content-type": "text/event-stream" } });
    const fetch = vi.fn<FetchLike>(async () => response);
    const init = { method: "POST", signal: new AbortController().signal };
    expect(await traceFetch(() => {}, { fetch })("http://example.test/", init)).toBe(response);
    expect(response.bodyUsed).toBe(false);
    expect(fetch.mock.calls).toEqual([["http://example.test/", init]]);
    expect(fetch.mock.calls[0]![1]).toBe(init);
  });

  it("accepts a response whose headers cannot be iterated and that has no URL", async () => {
    const { records, log } = listening();
    const headers = {
      get: () => null,
      forEach(callback: (value: string, name: string) => void) {
        callback("s3cret", "Set-Cookie");
        callback("nginx", "Server");
      },
    };
    const fetch: FetchLike = async () => ({ status: 200, headers });
    await traceFetch(log, { fetch })("http://example.test/?a=1", {});
    expect(records[1]).toMatchObject({
      url: "http://example.test/?a=…",
      headers: { "Set-Cookie": "…", Server: "nginx" },
    });
  });

  it("looks globalThis.fetch up at call time", async () => {
    const fetch = traceFetch(() => {});
    const response = new Response();
    vi.stubGlobal("fetch", async () => response);
    expect(await fetch("http://example.test/", {})).toBe(response);
  });

  it("logs a failed request and rejects with its error", async () => {
    const { records, log } = listening();
    let url = "";
    {
      await using server: TestServer = await serve(() => undefined);
      ({ url } = server);
    }
    const clock = createFakeClock();
    const failure = await Promise.resolve(traceFetch(log, { clock })(url, {})).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(TypeError);
    expect(records[1]).toEqual({ at: 0, kind: "no-response", request: 1, cause: "ECONNREFUSED", took: 0 });
  });

  it("logs an aborted request", async () => {
    await using server = await serve(() => undefined);
    const { log, told } = listening();
    const source = createEventSource(server.url, { fetch: traceFetch(log) });
    await server.request(1);
    source.close();
    expect(await told(({ kind }) => kind === "no-response")).toMatchObject({
      request: 1,
      cause: "AbortError",
    });
  });

  it("measures the time to the headers with its clock", async () => {
    const { records, log } = listening();
    const clock = createFakeClock();
    const fetch: FetchLike = async () => {
      await clock.advance(70);
      return new Response();
    };
    const traced = traceFetch(log, { fetch, clock });
    await clock.advance(5);
    await traced("http://example.test/", {});
    expect(records).toMatchObject([{ at: 5 }, { at: 75, took: 70 }]);
  });

  it("reports the error of a log that throws, and continues", async () => {
    const reported: unknown[] = [];
    const rethrow = (callback: () => void) => {
      try {
        callback();
      } catch (error) {
        reported.push(error);
      }
    };
    await using server = await serve((response) => stream(response, "data: 1\n\n"));
    const source = createEventSource(server.url, {
      fetch: traceFetch(() => {
        vi.stubGlobal("queueMicrotask", rethrow);
        throw new Error("full");
      }),
    });
    await reach(source, "open");
    source.close();
    vi.unstubAllGlobals();
    expect(reported).toEqual([new Error("full"), new Error("full")]);
  });
});
