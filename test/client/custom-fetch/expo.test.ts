import { describe, expect, it } from "vitest";
import { createEventSource, fetchEvents } from "../../../src/index.ts";
import { collect } from "../../helpers/collect.ts";
import { expoFetch } from "../../helpers/expo-fetch.ts";
import { serve, stream } from "../../helpers/server.ts";
import { nextError } from "../../helpers/watch.ts";
import { keepsPromises } from "./promises.ts";

describe("a fetch like Expo's, whose bodies are streams of another implementation", () =>
  keepsPromises(async (answer) => {
    const server = await serve(answer);
    return {
      server,
      options: { fetch: expoFetch },
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  }));

describe("a fetch whose bodies do not stream, as React Native's own", () => {
  // Its responses have no `body` at all: it waits for the whole response, so a stream would stay silent for ever.
  const fetch = async () => ({
    status: 200,
    url: "",
    headers: new Headers({ "content-type": "text/event-stream" }),
  });

  it("is `unsupported`, at the first answer and for good", async () => {
    using source = createEventSource("http://localhost/events", { fetch });
    expect(await nextError(source)).toMatchObject({ code: "unsupported", willRetry: false });
    expect(source.status).toMatchObject({ state: "closed", reason: "error" });
  });

  it("makes fetchEvents throw `unsupported`", async () => {
    await expect(collect(fetchEvents("http://localhost/events", { fetch }))).rejects.toMatchObject({
      code: "unsupported",
    });
  });

  it("keeps a refusal what it is", async () => {
    const refused = async () => ({ status: 404, headers: new Headers() });
    using source = createEventSource("http://localhost/events", { fetch: refused });
    expect(await nextError(source)).toMatchObject({ code: "http-status", status: 404 });
  });

  it("includes a body that is null", async () => {
    await using server = await serve((response) => stream(response).end());
    const empty = async () => ({ ...(await fetch()), body: null });
    using source = createEventSource(server.url, { fetch: empty });
    expect((await source.closed).error).toMatchObject({ code: "unsupported", willRetry: false });
  });
});
