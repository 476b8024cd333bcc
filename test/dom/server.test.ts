import { describe, expect, it } from "vitest";
import { createEventSource, fetchEvents } from "../../src/index.ts";
import { refuse, serve, stream, type Answer, type TestServer } from "../helpers/server.ts";
import { reach, take } from "../helpers/watch.ts";

const retry = { initialDelay: 1, jitter: 0 };

/** A server of another origin whose CORS headers allow the page. It counts preflight requests separately. */
async function serveOtherOrigin(answer: Answer): Promise<TestServer & { readonly preflights: string[] }> {
  const preflights: string[] = [];
  let n = 0;
  const server = await serve((response, request) => {
    response.setHeader("access-control-allow-origin", "*");
    response.setHeader("access-control-allow-headers", "last-event-id");
    if (request.method !== "OPTIONS") return answer(response, request, ++n);
    preflights.push(request.headers["access-control-request-headers"] ?? "");
    return refuse(response, 200);
  });
  return Object.assign(server, { preflights });
}

describe("a client over happy-dom's fetch, with a server of another origin", () => {
  it("receives events one by one", async () => {
    const steps: (() => void)[] = [];
    await using server = await serveOtherOrigin((response) => {
      stream(response, "data: 1\n\n");
      steps.push(() => response.write("data: 2\n\n"));
    });
    using source = createEventSource(server.url);
    expect((await take(source, 1))[0]!.data).toBe("1");
    steps[0]!();
    expect((await take(source, 1))[0]!.data).toBe("2");
    expect(source.status).toMatchObject({ state: "open", url: server.url });
  });

  it("reconnects with Last-Event-ID, which requires a preflight", async () => {
    const ids: (string | undefined)[] = [];
    await using server = await serveOtherOrigin((response, request, n) => {
      ids.push(request.headers["last-event-id"] as string | undefined);
      stream(response, n < 3 ? `id: ${n}\ndata: ${n}\n\n` : "");
      if (n < 3) response.end();
    });
    using source = createEventSource(server.url, { retry });
    await take(source, 2);
    await reach(source, "waiting");
    await reach(source, "open");
    expect(ids).toEqual([undefined, "1", "2"]);
    expect(server.preflights.filter((names) => names.includes("last-event-id"))).toHaveLength(2);
  });

  it("releases the socket on close() and on break", async () => {
    await using server = await serveOtherOrigin((response) => stream(response, "data: 1\n\ndata: 2\n\n"));
    const source = createEventSource(server.url);
    source.on("message", () => source.close());
    await source.closed;
    await server.idle();
    for await (const { data } of fetchEvents(server.url)) {
      expect(data).toBe("1");
      break;
    }
    await server.idle();
  });
});
