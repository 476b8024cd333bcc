import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { describe, expect, it } from "vitest";
import { createFeed } from "../../demo/feed.ts";
import { openStore, type EventStore } from "../../demo/store.ts";
import { atCleanUp } from "../helpers/clean-up.ts";
import { deferred } from "../helpers/deferred.ts";
import { createHome } from "./harness.ts";

/** A feed on a log of ten events which has not heard yet that another server appended 11 and 12. */
async function startLateFeed() {
  const { db } = await createHome();
  const store = openStore(db);
  const append = async (count: number) => {
    for (let i = 0; i < count; i++) await store.append("tick", i);
  };
  await append(10);
  const news = deferred();
  const late: EventStore = {
    ...store,
    async next(after) {
      await news.promise;
      return store.next(after);
    },
  };
  const feed = await createFeed(late);
  await append(2);
  const server = createServer(express().get("/", feed.join)).listen(0, "127.0.0.1");
  await once(server, "listening");
  atCleanUp(async () => {
    feed.close();
    news.resolve();
    await store.close();
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, append, news };
}

/** Follows the stream as far as asked. */
async function follow(url: string, lastEventId: string) {
  const { body } = await fetch(url, { headers: { "Last-Event-ID": lastEventId } });
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
  atCleanUp(() => reader.cancel());
  let text = "";
  return {
    async until(part: string): Promise<void> {
      while (!text.includes(part)) text += (await reader.read()).value ?? "";
    },
    ids: () => [...text.matchAll(/^id:(\d+)$/gm)].map(([, id]) => Number(id)),
  };
}

describe("a server that is behind another one on the same log", () => {
  it.each([
    ["has had everything", "12", [13]],
    ["has had an event that this server has not sent yet", "11", [12, 13]],
    ["has had what this server sent last", "10", [11, 12, 13]],
    ["has had less", "7", [8, 9, 10, 11, 12, 13]],
  ])("sends a reader who %s each event once", async (_who, lastEventId, expected) => {
    const { url, append, news } = await startLateFeed();
    const reader = await follow(url, lastEventId);
    await reader.until(":live\n");
    news.resolve();
    await append(1);
    await reader.until("id:13\n");
    expect(reader.ids()).toEqual(expected);
  });
});
