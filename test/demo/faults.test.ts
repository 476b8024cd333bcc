import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express, { type RequestHandler } from "express";
import { expect, it, vi } from "vitest";
import { createFaults } from "../../demo/faults.ts";
import { atCleanUp } from "../helpers/clean-up.ts";
import { deferred } from "../helpers/deferred.ts";

/** A stream behind the faults of a scene. */
async function start(handler: RequestHandler) {
  const { gate, routes } = createFaults(() => false);
  const expire = () => {};
  const app = express().use("/faults", routes).get("/stream", gate("scene", expire), handler);
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  atCleanUp(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    ask: () => fetch(`${url}/stream`),
    /** Resolves with the number of streams that the server says it met. */
    suffer: async (fault: string) =>
      Number((await fetch(`${url}/faults/scene/${fault}`, { method: "POST" })).headers.get("x-open-streams")),
  };
}

it("a response whose headers are not out is no open stream: silence does not keep it from beginning", async () => {
  const [asked, allowed] = [deferred(), deferred()];
  const { ask, suffer } = await start(async (_req, res) => {
    asked.resolve();
    await allowed.promise;
    res.type("text/event-stream").write(":live\n\n");
  });

  const answer = ask();
  await asked.promise;
  expect(await suffer("silence")).toBe(0);
  allowed.resolve();
  const { body } = await answer;
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
  atCleanUp(() => reader.cancel());
  expect((await reader.read()).value).toBe(":live\n\n");
  expect(await suffer("silence")).toBe(1);
});

it("an outage is noticed by one who asks when it is over, but not by one who comes minutes later", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  atCleanUp(() => void vi.useRealTimers());
  const { ask, suffer } = await start((_req, res) => void res.sendStatus(200));
  const status = async (later: number) => {
    vi.setSystemTime(Date.now() + later);
    return (await ask()).status;
  };

  await suffer("unavailable");
  expect([await status(0), await status(5_000), await status(2_000)]).toEqual([503, 503, 200]);
  await suffer("unavailable");
  expect([await status(30_000), await status(0)]).toEqual([503, 200]);
  await suffer("unavailable");
  expect(await status(120_000)).toBe(200);
});
