import { describe, expect, inject, test, vi } from "vitest";
import { server } from "vitest/browser";
import { reach, take } from "../helpers/watch.ts";
import { closing, openLane } from "./lane.ts";

/** Retries at once: the delays are tested elsewhere with a clock that is passed in. */
const soon = { initialDelay: 1, jitter: 0 };

/** The part of `describeCore` about answers that are no event stream. */
export function describeFailures({
  createEventSource,
  EventSourceError,
}: typeof import("../../src/index.ts")): void {
  describe("when the answer is no event stream", () => {
    test("503 waits as long as Retry-After says; open() connects now", async () => {
      const lane = openLane();
      const source = closing(createEventSource(lane.url("/busy"), { retry: { ...soon, maxDelay: 10_000 } }));
      const { attempt, delay, error } = await reach(source, "waiting");
      expect({ attempt, delay }).toEqual({ attempt: 1, delay: 7000 });
      expect(error).toMatchObject({ code: "http-status", status: 503, body: "busy", willRetry: true });
      expect(error).toBeInstanceOf(EventSourceError);
      source.open();
      await reach(source, "open");
    });

    test("401 asks for a fresh token and connects at once", async () => {
      const lane = openLane();
      let token = "old";
      const refresh = vi.fn(() => {
        token = "fresh";
      });
      const source = closing(
        createEventSource(lane.url("/token"), {
          headers: () => ({ authorization: `Bearer ${token}` }),
          onUnauthorized: refresh,
        }),
      );
      await reach(source, "open");
      expect(refresh).toHaveBeenCalledOnce();
      expect((await lane.log()).requests).toHaveLength(2);
    });

    test("HTML is refused with what was found", async () => {
      const lane = openLane();
      const source = closing(createEventSource(lane.url("/html")));
      const { reason, error } = await source.closed;
      expect(reason).toBe("error");
      expect(error).toMatchObject({ code: "content-type", status: 200, body: "<h1>Log in</h1>" });
      expect(error!.message).toContain("text/html");
    });

    test("204 stops for good", async () => {
      const lane = openLane();
      const source = closing(createEventSource(lane.url("/empty")));
      expect(await source.closed).toMatchObject({ state: "closed", reason: "server" });
    });

    test("redirects are followed; status and events tell where they led", async () => {
      const { otherUrl } = inject("eventStreams");
      const lane = openLane();
      const source = closing(createEventSource(lane.url("/redirect", { to: "other" })));
      const event = take(source, 1);
      await lane.next();
      expect(await event).toMatchObject([{ data: "1", origin: otherUrl }]);
      expect(source.status).toMatchObject({ url: expect.stringContaining(`${otherUrl}/counter?`) });
      source.close();
      // Firefox aborts what was redirected when the next byte arrives.
      if (server.browser === "firefox") await lane.next();
      await lane.gone();
    });

    test("after a redirect, reconnects go to the original URL", async () => {
      const lane = openLane();
      const source = closing(
        createEventSource(lane.url("/redirect", { to: "here", drop: 1 }), { retry: soon }),
      );
      for (const data of ["1", "2"]) {
        const event = take(source, 1);
        await lane.next();
        expect(await event).toMatchObject([{ data }]);
      }
      const { requests } = await lane.log();
      expect(requests.slice(0, 4).map(({ path }) => path.split("?")[0])).toEqual([
        "/redirect",
        "/counter",
        "/redirect",
        "/counter",
      ]);
      source.close();
      if (server.browser === "firefox") await lane.next();
      await lane.gone();
    });

    test.each(["here", "other"])(
      'in a page redirect: "same-origin" refuses every redirect, as nobody tells where it leads (%s)',
      async (to) => {
        const lane = openLane();
        const source = closing(
          createEventSource(lane.url("/redirect", { to }), {
            redirect: "same-origin",
            headers: { "x-secret": "s" },
          }),
        );
        const { reason, error } = await source.closed;
        expect(reason).toBe("error");
        expect(error).toMatchObject({ code: "http-status", willRetry: false });
        expect((await lane.log()).requests.map(({ path }) => path.split("?")[0])).toEqual(["/redirect"]);
      },
    );

    test("a silent stream is given up after idleTimeout", async () => {
      const lane = openLane();
      const source = closing(createEventSource(lane.url("/stall"), { idleTimeout: 50, retry: false }));
      const { reason, error } = await source.closed;
      expect(reason).toBe("error");
      expect(error).toMatchObject({ code: "idle-timeout" });
      await lane.gone();
    });

    test("a server that does not answer is given up after connectTimeout", async () => {
      const lane = openLane();
      // Long enough for the request to reach the server, so that it can be seen to be given up there.
      const source = closing(createEventSource(lane.url("/slow"), { connectTimeout: 1000, retry: false }));
      expect((await source.closed).error).toMatchObject({ code: "connect-timeout" });
      await lane.gone();
    });

    test("a server that nobody listens on is a network error", async () => {
      // Port 9 is on the list of ports that browsers refuse.
      const source = closing(createEventSource("http://127.0.0.1:9/", { retry: false }));
      expect((await source.closed).error).toMatchObject({ code: "network", cause: expect.any(TypeError) });
    });
  });
}
