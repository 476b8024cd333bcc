import { http, HttpResponse } from "msw/http";
import { setupWorker } from "msw/browser";
import { sse } from "msw/sse";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createEventSource, fetchEvents, json } from "../../src/index.ts";
import { createTestServer } from "../../src/testing.ts";
import { take } from "../helpers/watch.ts";
import { closing } from "./lane.ts";

const events = createTestServer();
const ids: (string | null)[] = [];
const worker = setupWorker(
  sse<{ tick: string }>("http://msw.test/ticks", ({ client, request }) => {
    const lastEventId = request.headers.get("last-event-id");
    ids.push(lastEventId);
    const id = String(Number(lastEventId) + 1);
    client.send({ id, event: "tick", data: `tick ${id}` });
    client.close();
  }),
  http.get("http://msw.test/events", ({ request }) => events.fetch(request)),
  http.post("http://msw.test/chat", () =>
    HttpResponse.text("data: 1\n\ndata: 2\n\ndata: [DONE]\n\n", {
      headers: { "content-type": "text/event-stream" },
    }),
  ),
);

beforeAll(async () => {
  await worker.start({ quiet: true, onUnhandledFrame: "bypass" });
});
afterAll(async () => {
  await worker.stop();
  // It would stay between the pages of the other files and their servers.
  for (const registration of await navigator.serviceWorker.getRegistrations())
    await registration.unregister();
});

test("a mocked stream arrives, and reconnects with Last-Event-ID", async () => {
  const source = closing(
    createEventSource<{ tick: string }>("http://msw.test/ticks", { retry: { initialDelay: 1, jitter: 0 } }),
  );
  const events = await take(source, 3);
  expect(events).toMatchObject([
    { type: "tick", data: "tick 1", origin: "http://msw.test" },
    { type: "tick", data: "tick 2" },
    { type: "tick", data: "tick 3" },
  ]);
  expect(ids.slice(0, 3)).toEqual([null, "1", "2"]);
});

test("a mocked POST answers", async () => {
  const seen: unknown[] = [];
  const options = { method: "POST", body: "?", decode: json, endOn: "[DONE]" };
  for await (const { data } of fetchEvents("http://msw.test/chat", options)) seen.push(data);
  expect(seen).toEqual([1, 2]);
});

test("a test server is what a handler leads to", async () => {
  events.push({ data: "1" });
  events.push({ data: "2" });
  events.end(); // WebKit gets a mocked response only once it has ended
  const heard: string[] = [];
  for await (const { data } of fetchEvents("http://msw.test/events")) heard.push(data);
  expect(heard).toEqual(["1", "2"]);
  expect(events.requests).toMatchObject([{ method: "GET", url: "http://msw.test/events" }]);
});
