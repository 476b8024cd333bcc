import { afterAll, beforeAll, expect, test } from "vitest";
import { EventSource as Ours } from "../../src/eventsource.ts";
import { startDropInServer, updates, type DropInServer } from "./drop-in-server.ts";

// Code of pages that is written for the DOM's class, with only `EventSource` replaced. `drop-in.html` is the
// same as a page.
const EventSource: typeof globalThis.EventSource = Ours;

let server: DropInServer;
let url: string;
beforeAll(async () => {
  server = await startDropInServer();
  url = `http://127.0.0.1:${server.port}`;
});
afterAll(() => server[Symbol.asyncDispose]());

test("A stream in the format of OpenAI works as with the native class", async () => {
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

test("A Mercure-like hub works as with the native class: topics, cookies, Last-Event-ID", async () => {
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

test("A channel of better-sse works as with the native class", async () => {
  const source = new EventSource(`${url}/channel`);
  const event = await new Promise<MessageEvent<string>>((resolve) =>
    source.addEventListener("tick", resolve, { once: true }),
  );
  source.close();
  expect([event.type, JSON.parse(event.data), event.lastEventId]).toEqual(["tick", { price: 101.5 }, "7"]);
});
