import { describe, expect, inject, onTestFinished, test, vi } from "vitest";
import { server } from "vitest/browser";
import { createEventSource, json } from "../../src/index.ts";
import { nextError, reach, take } from "../helpers/watch.ts";
import type { Api } from "./core-suite.ts";
import { importInto, nextUncaught, openFrame } from "./frame.ts";
import { closing, openLane } from "./lane.ts";

const soon = { initialDelay: 1, jitter: 0 };

function setOnline(isOnline: boolean): void {
  vi.spyOn(navigator, "onLine", "get").mockReturnValue(isOnline);
  onTestFinished(() => void vi.restoreAllMocks());
  dispatchEvent(new Event(isOnline ? "online" : "offline"));
}

describe("relative URLs", () => {
  test("resolve against the base of the page", async () => {
    const lane = openLane();
    const base = document.createElement("base");
    base.href = `${inject("eventStreams").url}/deep/page.html`;
    document.head.append(base);
    onTestFinished(() => base.remove());
    const { pathname, search } = new URL(lane.url("/counter"));
    const source = closing(createEventSource(`..${pathname}${search}`));
    expect(source.url).toBe(lane.url("/counter"));
    expect((await reach(source, "open")).url).toBe(lane.url("/counter"));
  });
});

describe("while the page is offline", () => {
  test("retries are on hold until it is online, and then resume", async () => {
    const lane = openLane();
    const source = closing(createEventSource(lane.url("/counter", { drop: 1 }), { retry: soon }));
    const first = take(source, 1);
    await lane.next();
    await first;
    setOnline(false);
    const [paused, error] = [reach(source, "paused"), nextError(source)];
    await lane.next();
    expect(await paused).toMatchObject({ reason: "offline" });
    // WebKitGTK takes a response that breaks off for one that has ended.
    expect(await error).toMatchObject({
      code: expect.stringMatching(/^(network|stream-ended)$/),
      willRetry: true,
    });
    expect(source.readyState).toBe(0);
    expect((await lane.log()).requests).toHaveLength(1);
    const second = take(source, 1);
    setOnline(true);
    // Being offline has cost no attempt.
    expect(source.status).toEqual({ state: "connecting", attempt: 1 });
    expect(await second).toMatchObject([{ data: "2" }]);
  });

  test("close() ends the wait", async () => {
    const lane = openLane();
    setOnline(false);
    const source = closing(createEventSource(lane.url("/busy"), { retry: soon }));
    await reach(source, "paused");
    source.close();
    setOnline(true);
    expect(source.status).toEqual({ state: "closed", reason: "client" });
    expect((await lane.log()).requests).toHaveLength(1);
  });

  test("open() connects at once", async () => {
    const lane = openLane();
    setOnline(false);
    const source = closing(createEventSource(lane.url("/busy"), { retry: soon }));
    await reach(source, "paused");
    source.open();
    await reach(source, "open");
  });

  test("a stream that still works is left alone", async () => {
    const lane = openLane();
    const source = closing(createEventSource(lane.url("/counter")));
    const { url } = await reach(source, "open");
    const event = take(source, 1);
    setOnline(false);
    setOnline(true);
    await lane.next();
    expect(await event).toMatchObject([{ data: "1" }]);
    expect(source.status).toMatchObject({ state: "open", url });
    expect((await lane.log()).requests).toHaveLength(1);
  });
});

// In a page of its own, since the test runner takes uncaught errors of the test page for failures.
describe("a listener that throws", () => {
  test("reaches window.onerror; the other listeners run and the connection stays", async () => {
    const page = openFrame();
    const api = await importInto<Api>(page, new URL("/src/index.ts", location.href).href);
    const lane = openLane();
    const source = closing(api.createEventSource(lane.url("/counter")));
    const thrown = new Error("of a listener");
    const onError = vi.fn();
    source.onError(onError);
    source.on(
      "count",
      () => {
        throw thrown;
      },
      { once: true },
    );
    const events = take(source, 2);
    const uncaught = nextUncaught(page);
    await lane.next();
    expect(await uncaught).toBe(thrown);
    await lane.next();
    expect(await events).toMatchObject([{ data: "1" }, { data: "2" }]);
    expect(onError).not.toHaveBeenCalled();
    expect((await lane.log()).requests).toHaveLength(1);
  });

  test.each(["on", "onEvent"] as const)("in the promise of %s is reported the same way", async (method) => {
    const page = openFrame();
    const api = await importInto<Api>(page, new URL("/src/index.ts", location.href).href);
    const lane = openLane();
    const source = closing(api.createEventSource(lane.url("/counter")));
    const thrown = new Error("of an async listener");
    const reject = async () => {
      throw thrown;
    };
    if (method === "on") source.on("count", reject);
    else source.onEvent(reject);
    const uncaught = nextUncaught(page);
    await lane.next();
    expect(await uncaught).toBe(thrown);
    expect(source.status.state).toBe("open");
  });
});

describe("a page", () => {
  test("is told of a stream that has no byte yet, but by Firefox with the first one", async () => {
    const lane = openLane();
    const isFirefox = server.browser === "firefox";
    const timeouts = { connectTimeout: isFirefox ? 3000 : 30_000, idleTimeout: 50 };
    const source = closing(createEventSource(lane.url("/silent"), { ...timeouts, retry: false }));
    const code = isFirefox ? "connect-timeout" : "idle-timeout";
    expect((await source.closed).error).toMatchObject({ code });
    await lane.gone();
  });

  test("does not let the HTTP cache answer or keep a stream", async () => {
    const lane = openLane();
    const fetchSpy = vi.fn((url: string, init: RequestInit) => fetch(url, init));
    const source = closing(createEventSource(lane.url("/counter"), { fetch: fetchSpy }));
    await reach(source, "open");
    expect(fetchSpy.mock.calls[0]![1]).toMatchObject({ cache: "no-store" });
  });

  test("hands its cookies to another origin only when told to", async () => {
    const lane = openLane();
    // Cookies know no ports: this one is for the event-stream server too.
    document.cookie = "session=1; path=/; SameSite=Lax";
    onTestFinished(() => {
      document.cookie = "session=; path=/; max-age=0";
    });
    const source = closing(createEventSource(lane.url("/headers"), { decode: json }));
    const [event] = await take(source, 1);
    expect(event!.data).not.toHaveProperty("cookie");
  });

  test("is told of a request that CORS forbids as a network error", async () => {
    const lane = openLane();
    const source = closing(createEventSource(lane.url("/counter"), { credentials: "include", retry: false }));
    // The server does not send Access-Control-Allow-Credentials.
    expect(await nextError(source)).toMatchObject({ code: "network", cause: expect.any(TypeError) });
  });
});
