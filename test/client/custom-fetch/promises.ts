import { describe, expect, it } from "vitest";
import { createEventSource, fetchEvents, type EventSourceOptions } from "../../../src/index.ts";
import { collect } from "../../helpers/collect.ts";
import { bodyOf, flood, refuse, stream, type Answer, type TestServer } from "../../helpers/server.ts";
import { nextError, reach, take } from "../../helpers/watch.ts";

/** A server, and how to get to it. */
export interface Passage extends AsyncDisposable {
  readonly server: TestServer;
  /** The `fetch`, and what goes with it. */
  readonly options: EventSourceOptions;
  /** Resolves when neither the server nor anything on the way to it has a socket open. */
  idle?(): Promise<unknown>;
}

const retry = { initialDelay: 1, jitter: 0 };

/** What must hold through every fetch, however it gets to the server. */
export function keepsPromises(pass: (answer: Answer) => Promise<Passage>): void {
  describe("keeps what we promise:", () => {
    it("events arrive as they are sent, and after an end or a cut the stream is resumed", async () => {
      await using passage = await pass((response, _request, n) => {
        stream(response, `id: ${n}\ndata: €${n}\n\n`);
        return n === 1 && response.end();
      });
      const { server, options } = passage;
      using source = createEventSource(server.url, { ...options, retry });
      source.onEvent(({ lastEventId }) => lastEventId === "2" && server.requests[1]!.socket.destroy());
      const events = await take(source, 3);

      expect(events.map(({ data, origin }) => [data, origin])).toEqual(
        ["€1", "€2", "€3"].map((data) => [data, new URL(server.url).origin]),
      );
      expect(server.requests.map(({ headers }) => headers["last-event-id"])).toEqual([undefined, "1", "2"]);
      expect(server.requests[0]!.headers["accept"]).toBe("text/event-stream");
      expect(source.status).toMatchObject({ state: "open", url: server.url });
    });

    it("a server that is down is a network error, and the client comes back", async () => {
      await using passage = await pass((response, { socket }, n) =>
        n < 3 ? socket.destroy() : stream(response, "data: back\n\n"),
      );
      const { server, options } = passage;
      using source = createEventSource(server.url, { ...options, retry });
      const codes: string[] = [];
      source.onError(({ code, willRetry }) => codes.push(`${code} ${willRetry}`));
      await take(source, 1);
      expect(new Set(codes)).toEqual(new Set(["network true"]));
    });

    it.each<[how: string, finish: (url: string, options: EventSourceOptions, server: TestServer) => unknown]>(
      [
        [
          "close() in an open stream",
          async (url, options) => {
            const source = createEventSource(url, options);
            await take(source, 1);
            source.close();
          },
        ],
        [
          "leaving a loop",
          async (url, options) => {
            for await (const event of createEventSource(url, options)) if (event) break;
          },
        ],
        [
          "leaving a loop over fetchEvents",
          async (url, options) => {
            for await (const event of fetchEvents(url, options)) if (event) break;
          },
        ],
        [
          "close() before the answer",
          async (url, options, server) => {
            const source = createEventSource(`${url}?silent`, options);
            await server.request(1);
            source.close();
          },
        ],
        [
          "a refusal with a body that never ends",
          async (url, options) => {
            const source = createEventSource(`${url}?refuse`, options);
            const { code, body } = await nextError(source);
            expect([code, body?.length]).toEqual(["http-status", 4096]);
          },
        ],
        [
          "close() while the body is paused by a listener that has not finished",
          async (url, options) => {
            const source = createEventSource(url, options);
            source.onEvent(() => new Promise(() => {}));
            await take(source, 1);
            source.close();
          },
        ],
      ],
    )("the socket is released by %s", async (_how, finish) => {
      await using passage = await pass((response, { url }) => {
        if (url?.endsWith("silent")) return undefined;
        if (url?.endsWith("refuse")) return flood(response.writeHead(404), "x".repeat(10_000), Infinity);
        return stream(response, "data: 1\n\n");
      });
      const { server, options } = passage;
      await finish(server.url, options, server);
      await server.idle();
      await passage.idle?.();
      expect(server.requests).toHaveLength(1);
    });

    it("a silent connection is given up by idleTimeout, its socket released, and resumed", async () => {
      await using passage = await pass((response, _request, n) =>
        stream(response, `id: ${n}\ndata: ${n}\n\n`),
      );
      const { server, options } = passage;
      using source = createEventSource(server.url, { ...options, retry, idleTimeout: 500 });
      const { error } = await reach(source, "waiting");
      expect(error.code).toBe("idle-timeout");
      await server.released(1);
      expect((await server.request(2)).headers["last-event-id"]).toBe("1");
    });

    it("a request with a body gets its answer", async () => {
      await using passage = await pass(async (response, request) => {
        const { question } = JSON.parse(await bodyOf(request)) as { question: string };
        stream(response, `data: ${question}?\n\ndata: [DONE]\n\n`);
      });
      const { server, options } = passage;
      const answer = fetchEvents(server.url, {
        ...options,
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ question: "why" }),
        endOn: "[DONE]",
      });
      expect((await collect(answer)).map(({ data }) => data)).toEqual(["why?"]);
      await server.idle();
    });

    it("a redirect to another origin is refused by redirect: same-origin, headers unsent", async () => {
      await using passage = await pass((response, { url }) => {
        if (url === "/final") return stream(response, "data: here\n\n");
        const location = url === "/away" ? "http://localhost:9/" : "/final";
        return refuse(response, 307, { location });
      });
      const { server, options } = passage;
      using here = createEventSource(server.url, { ...options, redirect: "same-origin" });
      expect((await take(here, 1))[0]!.data).toBe("here");
      using away = createEventSource(new URL("/away", server.url), { ...options, redirect: "same-origin" });
      expect(await nextError(away)).toMatchObject({
        code: "http-status",
        status: 307,
        message: 'Blocked a redirect to another origin (redirect: "same-origin")',
      });
    });
  });
}
