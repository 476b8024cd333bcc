import { describe, expect, it, vi } from "vitest";
import {
  bearer,
  createEventSource,
  EventSourceError,
  fetchEvents,
  type AttemptContext,
} from "../../src/index.ts";
import { createClient } from "../../src/client/client.ts";
import { collect } from "../helpers/collect.ts";
import { deferred } from "../helpers/deferred.ts";
import { fakeTime } from "../helpers/fake-time.ts";
import { refuse, serve, stream, type TestServer } from "../helpers/server.ts";
import { roundTrips, until } from "../helpers/turns.ts";
import { nextError, reach, take } from "../helpers/watch.ts";

const soon = { initialDelay: 1, jitter: 0 };
/** A wait that no test lives to see the end of: whatever happens meanwhile cost no backoff. */
const never = { initialDelay: 1e9, maxDelay: 1e9, jitter: 0 };

/** A token and its server, which answers 401 to any other one. */
function tokens() {
  const world = {
    valid: "t1",
    held: "t1",
    refreshes: 0,
    headers: bearer((): string => world.held),
    refresh: async (): Promise<void> => {
      world.refreshes++;
      await roundTrips(1);
      world.held = world.valid;
    },
    serve: (): Promise<TestServer> =>
      serve((response, { headers }) =>
        headers.authorization === `Bearer ${world.valid}`
          ? stream(response, "data: welcome\n\n")
          : refuse(response, 401, { "www-authenticate": "Bearer" }, "expired"),
      ),
  };
  return world;
}

describe("a 401", () => {
  it("is refreshed and retried once at once, with fresh headers and no backoff", async () => {
    const auth = tokens();
    await using server = await auth.serve();
    auth.held = "stale";
    const given: Response[] = [];
    using source = createEventSource(server.url, {
      headers: auth.headers,
      retry: never,
      onUnauthorized(response) {
        given.push(response);
        return auth.refresh();
      },
    });
    const states: string[] = [source.status.state];
    source.onStatus(({ state }) => states.push(state));
    await take(source, 1);
    expect(states).toEqual(["connecting", "open"]);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      "Bearer stale",
      "Bearer t1",
    ]);
    expect(given).toHaveLength(1);
    expect(given[0]!.status).toBe(401);
    expect(given[0]!.headers.get("www-authenticate")).toBe("Bearer");
  });

  it("lets onUnauthorized read the response", async () => {
    const auth = tokens();
    await using server = await auth.serve();
    auth.held = "stale";
    let text = "";
    using source = createEventSource(server.url, {
      headers: auth.headers,
      onUnauthorized: async (response) => {
        text = await response.text();
        auth.held = auth.valid;
      },
    });
    await reach(source, "open");
    expect(text).toBe("expired");
  });

  it("is fatal when a second one follows in a row", async () => {
    await using server = await serve((response) => refuse(response, 401, {}, "no"));
    let refreshes = 0;
    using source = createEventSource(server.url, { retry: soon, onUnauthorized: () => void refreshes++ });
    const { reason, error } = await source.closed;
    expect(reason).toBe("error");
    expect(error).toMatchObject({ code: "unauthorized", status: 401, body: "no", willRetry: false });
    expect(error).not.toHaveProperty("cause");
    expect(refreshes).toBe(1);
    expect(server.requests).toHaveLength(2);
  });

  it("is fatal at once without onUnauthorized", async () => {
    await using server = await serve((response) => refuse(response, 401, {}, "no"));
    using source = createEventSource(server.url, { retry: soon });
    expect((await source.closed).error).toMatchObject({ code: "unauthorized", status: 401, body: "no" });
    expect(server.requests).toHaveLength(1);
  });

  it("is refreshed again when a connection was open in between", async () => {
    const auth = tokens();
    await using server = await auth.serve();
    using source = createEventSource(server.url, {
      headers: auth.headers,
      retry: soon,
      onUnauthorized: auth.refresh,
    });
    await take(source, 1);
    for (const valid of ["t2", "t3"]) {
      auth.valid = valid;
      const welcome = take(source, 1);
      server.requests.at(-1)!.socket.destroy();
      await welcome;
    }
    expect(auth.refreshes).toBe(2);
    expect(source.status.state).toBe("open");
  });

  it("whose refresh rejects is retried with backoff, and the cause is kept", async () => {
    const auth = tokens();
    await using server = await auth.serve();
    auth.held = "stale";
    const cause = new Error("the token service is down");
    using source = createEventSource(server.url, {
      headers: auth.headers,
      retry: { ...soon, initialDelay: 5 },
      onUnauthorized: async () => {
        if (++auth.refreshes < 3) throw cause;
        auth.held = auth.valid;
      },
    });
    const error = await nextError(source);
    expect(error).toMatchObject({ code: "unauthorized", cause, attempt: 1, willRetry: true, delay: 5 });
    // What is known of the answer, which says how to sign in.
    expect(error).toMatchObject({ status: 401, headers: expect.any(Headers) as Headers });
    await take(source, 1);
    expect(auth.refreshes).toBe(3);
    expect(server.requests).toHaveLength(4);
  });

  it("whose refresh rejects with nothing is retried, too", async () => {
    const statuses = [401, 204];
    await using server = await serve((response) => refuse(response, statuses.shift()!));
    const source = createEventSource(server.url, {
      retry: soon,
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- It is what some refreshes do.
      onUnauthorized: () => Promise.reject(),
    });
    expect(await source.closed).toMatchObject({ reason: "server" });
  });

  it("whose refresh throws synchronously is treated the same", async () => {
    const auth = tokens();
    await using server = await auth.serve();
    auth.held = "stale";
    using source = createEventSource(server.url, {
      headers: auth.headers,
      retry: soon,
      onUnauthorized: () => {
        auth.held = auth.valid;
        throw new TypeError("not now");
      },
    });
    expect(await nextError(source)).toMatchObject({ code: "unauthorized", willRetry: true });
    await take(source, 1);
  });

  it("is not refreshed for a client that was closed meanwhile, by a fetch that does not hear it", async () => {
    const asked = deferred();
    const answer = deferred<Response>();
    const onUnauthorized = vi.fn<() => void>();
    const cancelled = deferred();
    const body = new ReadableStream({ cancel: () => cancelled.resolve() });
    using source = createEventSource("http://example.test/", {
      fetch: () => {
        asked.resolve();
        return answer.promise;
      },
      onUnauthorized,
    });
    await asked.promise;
    source.close();
    answer.resolve(new Response(body, { status: 401 }));
    await cancelled.promise;
    expect(onUnauthorized).not.toHaveBeenCalled();
  });

  it("makes no further request when the client is closed during the refresh", async () => {
    const auth = tokens();
    await using server = await auth.serve();
    auth.held = "stale";
    const refresh = deferred();
    const begun = deferred();
    using source = createEventSource(server.url, {
      headers: auth.headers,
      onUnauthorized: () => {
        begun.resolve();
        return refresh.promise;
      },
    });
    await begun.promise;
    source.close();
    expect(await source.closed).toEqual({ state: "closed", reason: "client" });
    refresh.resolve();
    await roundTrips(5);
    await server.idle();
    expect(server.requests).toHaveLength(1);
  });

  it("is refreshed for fetchEvents too, once", async () => {
    const auth = tokens();
    await using server = await auth.serve();
    auth.held = "stale";
    const options = { headers: auth.headers, onUnauthorized: auth.refresh };
    for await (const { data } of fetchEvents(server.url, options)) {
      expect(data).toBe("welcome");
      break;
    }
    auth.refresh = async () => {};
    auth.held = "stale";
    const refused = collect(fetchEvents(server.url, { headers: auth.headers, onUnauthorized: auth.refresh }));
    await expect(refused).rejects.toMatchObject({ code: "unauthorized", status: 401 });
    expect(server.requests).toHaveLength(4);
  });
});

describe("three concurrent streams", () => {
  it("whose token expires in mid-stream share one refresh call", async () => {
    const auth = tokens();
    await using server = await auth.serve();
    const options = { headers: auth.headers, retry: soon, onUnauthorized: auth.refresh };
    using one = createEventSource(server.url, options);
    using two = createEventSource(server.url, options);
    using three = createEventSource(server.url, options);
    const sources = [one, two, three];
    await Promise.all(sources.map((source) => take(source, 1)));

    auth.valid = "t2";
    const welcome = Promise.all(sources.map((source) => take(source, 1)));
    for (const { socket } of server.requests) socket.destroy();
    await welcome;
    expect(auth.refreshes).toBe(1);
    expect(sources.map(({ status }) => status.state)).toEqual(["open", "open", "open"]);
  });

  it("share one refresh even where a 401 arrives after it was done", async () => {
    const late = deferred();
    let held = "stale";
    await using server = await serve(async (response, { headers }, n) => {
      if (headers.authorization === "Bearer fresh") return stream(response);
      if (n === 3) await late.promise;
      return refuse(response, 401);
    });
    let refreshes = 0;
    const options = {
      headers: bearer(() => held),
      retry: never,
      onUnauthorized: async () => {
        refreshes++;
        await server.request(3);
        held = "fresh";
      },
    };
    using one = createEventSource(server.url, options);
    using two = createEventSource(server.url, options);
    using three = createEventSource(server.url, options);
    const sources = [one, two, three];
    await until(() => sources.filter(({ status }) => status.state === "open").length === 2);
    late.resolve();
    await Promise.all(sources.map((source) => reach(source, "open")));
    expect(refreshes).toBe(1);
    expect(server.requests).toHaveLength(6);
  });

  it("all hear of a refresh that rejects, and the next round makes one call again", async () => {
    const auth = tokens();
    await using server = await auth.serve();
    auth.held = "stale";
    const refresh = async () => {
      auth.refreshes++;
      await until(() => server.requests.length % 3 === 0);
      await roundTrips(3);
      if (auth.refreshes === 1) throw new Error("down");
      auth.held = auth.valid;
    };
    const options = { headers: auth.headers, retry: never, onUnauthorized: refresh };
    using one = createEventSource(server.url, options);
    using two = createEventSource(server.url, options);
    using three = createEventSource(server.url, options);
    const sources = [one, two, three];
    const errors = await Promise.all(sources.map(nextError));
    expect(errors.map(({ code }) => code)).toEqual(["unauthorized", "unauthorized", "unauthorized"]);
    expect(auth.refreshes).toBe(1);
    for (const source of sources) source.open();
    await Promise.all(sources.map((source) => reach(source, "open")));
    expect(auth.refreshes).toBe(2);
  });

  it("with functions of their own refresh on their own", async () => {
    const auth = tokens();
    await using server = await auth.serve();
    auth.held = "stale";
    const sources = [1, 2, 3].map(() =>
      createEventSource(server.url, {
        headers: auth.headers,
        retry: soon,
        onUnauthorized: async () => {
          auth.refreshes++;
          await server.request(3);
          auth.held = auth.valid;
        },
      }),
    );
    await Promise.all(sources.map((source) => reach(source, "open")));
    for (const source of sources) source.close();
    expect(auth.refreshes).toBe(3);
  });

  it.each([
    ["has read the body of the 401", async (response: Response) => void (await response.text())],
    ["still holds the body of the 401", async (response: Response) => void response.body!.getReader()],
  ])("is retried after an onUnauthorized that %s", async (_, look) => {
    const auth = tokens();
    await using server = await auth.serve();
    auth.held = "stale";
    const errors: EventSourceError[] = [];
    using source = createEventSource(server.url, {
      headers: auth.headers,
      async onUnauthorized(response) {
        await look(response);
        auth.held = auth.valid;
      },
    });
    source.onError((error) => errors.push(error));
    await Promise.race([reach(source, "open"), reach(source, "waiting")]);
    expect(errors).toEqual([]);
    expect(source.status.state).toBe("open");
    expect(server.requests).toHaveLength(2);
  });

  it("goes on to refresh after an onUnauthorized that threw before it was asynchronous", async () => {
    const auth = tokens();
    await using server = await auth.serve();
    auth.held = "stale";
    let calls = 0;
    using source = createEventSource(server.url, {
      headers: auth.headers,
      retry: soon,
      onUnauthorized() {
        if (++calls === 1) throw new Error("not logged in yet");
        auth.held = auth.valid;
      },
    });
    await reach(source, "open");
    expect(calls).toBe(2);
  });

  it("goes through retry whatever onUnauthorized rejects with, and streams that share it share no error", async () => {
    const auth = tokens();
    await using server = await auth.serve();
    auth.held = "stale";
    const login = new EventSourceError("http-status", "login failed", { status: 404 });
    const onUnauthorized = () => Promise.reject(login);
    using one = createEventSource(server.url, { headers: auth.headers, retry: never, onUnauthorized });
    using two = createEventSource(server.url, { headers: auth.headers, retry: never, onUnauthorized });
    const [first, second] = await Promise.all([reach(one, "waiting"), reach(two, "waiting")]);
    expect(first.error).toMatchObject({ code: "unauthorized", cause: login, willRetry: true });
    expect(second.error).toMatchObject({ code: "unauthorized", cause: login, willRetry: true });
    expect(first.error).not.toBe(second.error);
  });

  it("asks nothing more of the caller after close() during a refresh", async () => {
    const auth = tokens();
    await using server = await auth.serve();
    const refreshing = deferred<void>();
    let asked = 0;
    using source = createEventSource(server.url, {
      headers: () => ({ "X-Asked": `${++asked}` }),
      onUnauthorized: () => refreshing.promise,
    });
    await server.request(1);
    await roundTrips(2);
    source.close();
    refreshing.resolve();
    await roundTrips(2);
    expect(asked).toBe(1);
    expect(server.requests).toHaveLength(1);
  });

  describe.each(["rejects when its starter is closed", "never settles"])("that %s", (how) => {
    it("concerns no other stream: one of the others starts the next call", async () => {
      const auth = tokens();
      await using server = await auth.serve();
      auth.held = "stale";
      const begun = deferred();
      let calls = 0;
      const onUnauthorized = async (_response: Response, { signal }: AttemptContext) => {
        if (++calls > 1) return void (auth.held = auth.valid);
        begun.resolve();
        return new Promise<void>((_resolve, reject) => {
          if (how !== "never settles") signal.addEventListener("abort", () => reject(signal.reason as Error));
        });
      };
      const options = { headers: auth.headers, retry: never, onUnauthorized };
      using starter = createEventSource(server.url, options);
      await begun.promise;
      const others = [1, 2].map(() => createEventSource(server.url, options));
      const errors: EventSourceError[] = [];
      for (const other of others) other.onError((error) => errors.push(error));
      await server.request(3);
      await roundTrips(3);
      starter.close();
      await Promise.all(others.map((other) => reach(other, "open")));
      expect(calls).toBe(2);
      expect(errors).toEqual([]);
      // Nor does it concern a stream that is created later.
      auth.valid = "t2";
      using later = createEventSource(server.url, options);
      await reach(later, "open");
      expect(calls).toBe(3);
      for (const other of others) other.close();
    });
  });

  it("is left by a waiting stream that is closed: its response is released", async () => {
    const begun = deferred();
    const cancelled = deferred();
    const options = (body: ReadableStream) => ({
      fetch: async () => new Response(body, { status: 401 }),
      onUnauthorized,
    });
    const onUnauthorized = () => {
      begun.resolve();
      return new Promise(() => {});
    };
    using starter = createEventSource("http://example.test/", options(new ReadableStream()));
    await begun.promise;
    const waiting = createEventSource(
      "http://example.test/",
      options(new ReadableStream({ cancel: () => cancelled.resolve() })),
    );
    await roundTrips(1);
    waiting.close();
    await cancelled.promise;
    expect(starter.status.state).toBe("connecting");
  });

  it("takes the time it needs: connectTimeout is for the requests before and after it", async () => {
    const auth = tokens();
    await using server = await auth.serve();
    auth.held = "stale";
    const time = fakeTime();
    const errors: EventSourceError[] = [];
    const onUnauthorized = () => {
      time.advance(60_000);
      auth.held = auth.valid;
    };
    using source = createClient(
      server.url,
      { headers: auth.headers, connectTimeout: 50, onUnauthorized },
      time.environment,
    );
    source.onError((error) => errors.push(error));
    await reach(source, "open");
    expect(errors).toEqual([]);
  });
});
