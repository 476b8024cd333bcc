import { Agent } from "node:https";
import nodeFetch from "node-fetch";
import { describe, expect, it } from "vitest";
import { createEventSource, readEvents } from "../../../src/index.ts";
import { ca, clientCertificate, mutualTls } from "../../helpers/certificates.ts";
import { serve, stream } from "../../helpers/server.ts";
import { take } from "../../helpers/watch.ts";
import { keepsPromises } from "./promises.ts";

describe("node-fetch, whose bodies are Node streams", () => {
  keepsPromises(async (answer) => {
    const server = await serve(answer);
    return {
      server,
      options: { fetch: nodeFetch },
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  });

  it("is given the agent, here one with a client certificate", async () => {
    await using server = await serve((response) => stream(response, "data: in\n\n"), mutualTls);
    const agent = new Agent({ ca, ...clientCertificate });
    using source = createEventSource(server.url, { fetch: nodeFetch, agent });
    expect((await take(source, 1))[0]!.data).toBe("in");
  });

  it("has its body read by readEvents, and the socket released by leaving the loop", async () => {
    await using server = await serve((response) => stream(response, "data: 1\n\ndata: 2\n\n"));
    const { body } = await nodeFetch(server.url);
    for await (const { data } of readEvents(body as AsyncIterable<unknown>)) if (data === "1") break;
    await server.idle();
    expect(server.requests).toHaveLength(1);
  });
});
