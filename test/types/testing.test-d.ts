import { it } from "vitest";
import { EventSource } from "../../src/eventsource.ts";
import { createEventSource, fetchEvents } from "../../src/index.ts";
import {
  createTestServer,
  formatEvent,
  type TestConnection,
  type TestRequest,
  type TestServer,
} from "../../src/testing.ts";
import { holds, type Is } from "./is.ts";

interface Tick {
  price: number;
}
type Prices = { tick: Tick; message: string };

it("the fetch of a test server fits every fetch option", () => {
  const server = createTestServer();
  createEventSource("/prices", { fetch: server.fetch, open: false });
  fetchEvents("/prices", { fetch: server.fetch });
  void new EventSource("/prices", { fetch: server.fetch });
  const global: typeof fetch = server.fetch;
  void global;
});

it("a test server without an event map sends any event", () => {
  const server = createTestServer({ replay: true, headers: { a: "1" }, lastEventIdParam: "after" });
  holds<Is<typeof server, TestServer<Record<string, unknown>>>>();
  server.push({ data: 1 });
  server.push({ type: "tick", data: { price: 1 }, id: 1 });
  server.push({ id: "only" });
  const undo = server.status(503, { headers: { "retry-after": "1" }, body: "busy" }, Infinity);
  holds<Is<typeof undo, () => void>>();
  // @ts-expect-error nothing to send
  server.push({});
  // @ts-expect-error an ID is a string or a number
  server.push({ data: 1, id: true });
  // @ts-expect-error a status is a number
  server.status("503");
  // @ts-expect-error a body is a string
  server.status(503, { body: { error: 1 } });
  // @ts-expect-error no such option
  createTestServer({ delay: 1 });
});

it("a test server with an event map sends only its events", () => {
  const server = createTestServer<Prices>();
  server.push({ type: "tick", data: { price: 1 }, id: 1 });
  server.push({ type: "message", data: "text" });
  server.push({ data: "text" });
  server.push({ id: "only" });
  // @ts-expect-error no such event
  server.push({ type: "tock", data: { price: 1 } });
  // @ts-expect-error wrong data
  server.push({ type: "tick", data: { price: "1" } });
  // @ts-expect-error no data
  server.push({ type: "tick" });
  // @ts-expect-error without a type it is a message
  server.push({ data: { price: 1 } });
  // @ts-expect-error there is no message
  createTestServer<{ tick: Tick }>().push({ data: "text" });
  holds<Is<ReturnType<typeof formatEvent<Prices>>, string>>();
});

it("the logs of a test server are read-only", async () => {
  const server = createTestServer<Prices>();
  const request = await server.request();
  holds<Is<typeof request, TestRequest>>();
  const connection = await server.connection(2);
  holds<Is<typeof connection, TestConnection<Prices>>>();
  holds<Is<Awaited<typeof connection.closed>, "client" | "drop" | "end">>();
  connection.push({ type: "tick", data: { price: 1 } });
  // @ts-expect-error
  server.requests.push(request);
  // @ts-expect-error
  server.connections.pop();
  // @ts-expect-error
  request.url = "/";
});
