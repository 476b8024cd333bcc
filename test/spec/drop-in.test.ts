import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { createChannel, createSession } from "better-sse";
import { expect, onTestFinished, test } from "vitest";
import { EventSource as Ours } from "../../src/eventsource.ts";

// Code as pages have it, written for the DOM's class: only what `EventSource` means is swapped.
const EventSource: typeof globalThis.EventSource = Ours;

async function listen(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const head = { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" };

test("an answer as OpenAI streams it: chunks of JSON, then [DONE]", async () => {
  const url = await listen((_request, response) => {
    response.writeHead(200, head);
    for (const content of ["Because ", "water ", "finds its way"])
      response.write(`data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`);
    response.end("data: [DONE]\n\n");
  });
  const text = await new Promise<string>((resolve, reject) => {
    let answer = "";
    const source = new EventSource(`${url}/v1/chat?prompt=why`);
    source.onmessage = (event) => {
      if (event.data === "[DONE]") {
        source.close();
        resolve(answer);
        return;
      }
      const { choices }: { choices: [{ delta: { content: string } }] } = JSON.parse(event.data as string);
      answer += choices[0].delta.content;
    };
    source.onerror = () => reject(new Error("failed"));
  });
  expect(text).toBe("Because water finds its way");
});

test("a hub as Mercure is one: topics in the query, cookies asked for, what was missed after Last-Event-ID", async () => {
  const updates = ["urn:uuid:1", "urn:uuid:2", "urn:uuid:3"];
  const url = await listen((request, response) => {
    response.writeHead(200, head);
    const missed = updates.slice(updates.indexOf(String(request.headers["last-event-id"])) + 1);
    response.write(":\n\nretry: 5\n\n");
    for (const id of missed.slice(0, 2)) response.write(`id: ${id}\ndata: {"status":"${id.at(-1)}"}\n\n`);
    response.end();
  });
  const hub = new URL(`${url}/.well-known/mercure`);
  hub.searchParams.append("topic", "https://example.com/books/{id}");
  const source = new EventSource(hub, { withCredentials: true });
  const seen: string[] = [];
  await new Promise<void>((resolve) => {
    source.addEventListener("message", ({ lastEventId, data }) => {
      seen.push(`${lastEventId} ${data}`);
      if (seen.length === updates.length) resolve();
    });
  });
  source.close();
  expect(seen).toEqual(updates.map((id) => `${id} {"status":"${id.at(-1)}"}`));
  expect(source.url).toContain("topic=https%3A%2F%2Fexample.com%2Fbooks%2F%7Bid%7D");
});

test("a channel of better-sse: named events with JSON and IDs", async () => {
  const channel = createChannel();
  const url = await listen((request, response) => {
    void createSession(request, response).then((session) => {
      channel.register(session);
      channel.broadcast({ price: 101.5 }, "tick", { eventId: "7" });
    });
  });
  const source = new EventSource(url);
  const event = await new Promise<MessageEvent<string>>((resolve) =>
    source.addEventListener("tick", resolve, { once: true }),
  );
  source.close();
  expect([event.type, JSON.parse(event.data), event.lastEventId]).toEqual(["tick", { price: 101.5 }, "7"]);
});
