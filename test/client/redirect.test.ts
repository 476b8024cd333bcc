import { describe, expect, it } from "vitest";
import { createEventSource, fetchEvents } from "../../src/index.ts";
import { collect } from "../helpers/collect.ts";
import { bodyOf, serve, stream } from "../helpers/server.ts";
import { take } from "../helpers/watch.ts";

const secret = { "X-Api-Key": "secret-key" };

describe('redirect: "same-origin"', () => {
  it.each([301, 302, 303, 307, 308])(
    "follows a %i within the origin, custom headers included",
    async (status) => {
      await using server = await serve((response, { url }) =>
        url === "/moved?to=here"
          ? stream(response, "data: x\n\n")
          : response.writeHead(status, { location: "/moved?to=here" }).end("moved"),
      );
      const events = fetchEvents(server.url, { redirect: "same-origin", headers: secret });
      for await (const { origin } of events) {
        expect(origin).toBe(new URL(server.url).origin);
        break;
      }
      expect(server.requests.map(({ url }) => url)).toEqual(["/events", "/moved?to=here"]);
      expect(server.requests[1]!.headers["x-api-key"]).toBe("secret-key");
      expect((await events.response)!.url).toBe(new URL("/moved?to=here", server.url).href);
    },
  );

  it.each([301, 302, 303, 307, 308])(
    "refuses a %i to another origin before a custom header reaches it",
    async (status) => {
      await using other = await serve((response) => stream(response));
      await using server = await serve((response) =>
        response.writeHead(status, { location: `${other.url}?token=in-location` }).end(),
      );
      using source = createEventSource(server.url, { redirect: "same-origin", headers: secret });
      const { error } = await source.closed;
      expect(error).toMatchObject({ code: "http-status", status, willRetry: false });
      expect(error!.message).toBe('Blocked a redirect to another origin (redirect: "same-origin")');
      expect(error!.url).toBe(server.url);
      expect(error!.message).not.toContain("in-location");
      expect(other.requests).toHaveLength(0);
      expect(server.requests).toHaveLength(1);
    },
  );

  it("refuses another origin at the end of a chain too", async () => {
    await using other = await serve((response) => stream(response));
    await using server = await serve((response, _request, n) =>
      response.writeHead(302, { location: n < 3 ? `/hop-${n}` : other.url }).end(),
    );
    using source = createEventSource(server.url, { redirect: "same-origin", headers: secret });
    expect((await source.closed).error).toMatchObject({ code: "http-status", status: 302 });
    expect(server.requests.map(({ url }) => url)).toEqual(["/events", "/hop-1", "/hop-2"]);
    expect(other.requests).toHaveLength(0);
  });

  it("gives up in a loop", async () => {
    await using server = await serve((response) => response.writeHead(302, { location: "/events" }).end());
    using source = createEventSource(server.url, { redirect: "same-origin" });
    expect((await source.closed).error).toMatchObject({ code: "http-status", status: 302 });
    expect(server.requests.length).toBeLessThanOrEqual(21);
  });

  it("repeats method and body after a 307", async () => {
    const received: string[] = [];
    await using server = await serve(async (response, request) => {
      received.push(`${request.method} ${request.url} ${await bodyOf(request)}`);
      if (request.url === "/moved") stream(response, "data: x\n\n").end();
      else response.writeHead(307, { location: "/moved" }).end();
    });
    const options = { redirect: "same-origin", method: "POST", body: "ask" } as const;
    expect(await collect(fetchEvents(server.url, options))).toHaveLength(1);
    expect(received).toEqual(["POST /events ask", "POST /moved ask"]);
  });

  it.each([301, 302, 303])("does not follow a %i that would turn a POST into a GET", async (status) => {
    await using server = await serve((response) => response.writeHead(status, { location: "/moved" }).end());
    const options = { redirect: "same-origin", method: "POST", body: "ask" } as const;
    await expect(collect(fetchEvents(server.url, options))).rejects.toMatchObject({
      code: "http-status",
      message: `The server answered ${status}`,
      status,
    });
    expect(server.requests).toHaveLength(1);
  });

  it("fails with http-status for a 3xx that leads nowhere", async () => {
    await using server = await serve((response) => response.writeHead(302).end());
    using source = createEventSource(server.url, { redirect: "same-origin" });
    expect((await source.closed).error).toMatchObject({ code: "http-status", status: 302 });
  });

  it("fails for a Location that is no URL, and releases the socket", async () => {
    await using server = await serve((response) => response.writeHead(302, { location: "http://[" }).end());
    using source = createEventSource(server.url, { redirect: "same-origin", retry: false });
    expect((await source.closed).reason).toBe("error");
    await server.idle();
  });
});

describe("a redirect by default", () => {
  it("is followed to another origin, which becomes the origin of the events", async () => {
    await using other = await serve((response) => stream(response, "data: x\n\n"));
    await using server = await serve((response) =>
      response.writeHead(302, { location: `${other.url}?final` }).end(),
    );
    using source = createEventSource(server.url);
    const [event] = await take(source, 1);
    expect(event!.origin).toBe(new URL(other.url).origin);
    expect(source.status).toMatchObject({ url: `${other.url}?final` });
    expect(source.url).toBe(server.url);
  });

  it("keeps Authorization from the other origin", async () => {
    await using other = await serve((response) => stream(response, "data: x\n\n"));
    await using server = await serve((response) => response.writeHead(302, { location: other.url }).end());
    using source = createEventSource(server.url, { headers: { Authorization: "Bearer secret" } });
    await take(source, 1);
    expect(server.requests[0]!.headers.authorization).toBe("Bearer secret");
    expect(other.requests[0]!.headers).not.toHaveProperty("authorization");
  });

  it('is an error where the caller says redirect: "error"', async () => {
    await using server = await serve((response) => response.writeHead(302, { location: "/moved" }).end());
    using source = createEventSource(server.url, { redirect: "error", retry: false });
    expect((await source.closed).error).toMatchObject({ code: "network" });
    expect(server.requests).toHaveLength(1);
  });
});
