import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { expect, it } from "vitest";
import { createFaults } from "../../demo/faults.ts";
import { atCleanUp } from "../helpers/clean-up.ts";
import { deferred } from "../helpers/deferred.ts";

it("a response whose headers are not out is no open stream: silence does not keep it from beginning", async () => {
  const [asked, allowed] = [deferred(), deferred()];
  const { gate, routes } = createFaults(() => false);
  const app = express().use("/faults", routes);
  app.get(
    "/stream",
    gate("scene", () => {}),
    async (_req, res) => {
      asked.resolve();
      await allowed.promise;
      res.type("text/event-stream").write(":live\n\n");
    },
  );
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  atCleanUp(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const silence = async () =>
    (await fetch(`${url}/faults/scene/silence`, { method: "POST" })).headers.get("x-open-streams");

  const answer = fetch(`${url}/stream`);
  await asked.promise;
  expect(await silence()).toBe("0");
  allowed.resolve();
  const { body } = await answer;
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
  atCleanUp(() => reader.cancel());
  expect((await reader.read()).value).toBe(":live\n\n");
  expect(await silence()).toBe("1");
});
