import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Agent, Dispatcher1Wrapper, fetch as undiciFetch, ProxyAgent } from "undici";
import { describe, expect, it } from "vitest";
import { createEventSource, type EventSourceOptions } from "../../../src/index.ts";
import { ca, clientCertificate, mutualTls } from "../../helpers/certificates.ts";
import { serveProxy } from "../../helpers/connect-proxy.ts";
import { runScript } from "../../helpers/run-script.ts";
import { serve, stream, type Answer } from "../../helpers/server.ts";
import { nextError, take } from "../../helpers/watch.ts";
import { keepsPromises, type Passage } from "./promises.ts";

const index = new URL("../../../src/index.ts", import.meta.url).href;

/** Through a dispatcher, which is closed with the server. */
const through =
  (fetch: EventSourceOptions["fetch"], wrap = (agent: Agent): unknown => agent) =>
  async (answer: Answer): Promise<Passage> => {
    const server = await serve(answer);
    const agent = new Agent({ bodyTimeout: 0 });
    return {
      server,
      options: { fetch, dispatcher: wrap(agent) },
      async [Symbol.asyncDispose]() {
        await agent.destroy();
        await server[Symbol.asyncDispose]();
      },
    };
  };

describe("undici's fetch with undici's Agent", () => keepsPromises(through(undiciFetch)));

describe("Node's fetch with an Agent of undici 8, wrapped", () =>
  keepsPromises(through(undefined, (agent) => new Dispatcher1Wrapper(agent))));

it("Node's fetch refuses an Agent of undici 8 as it is, with a network error whose cause says so", async () => {
  await using passage = await through(undefined)((response) => stream(response, "data: 1\n\n"));
  using source = createEventSource(passage.server.url, { ...passage.options, retry: false });
  const { code, cause } = await nextError(source);
  expect(code).toBe("network");
  expect((cause as Error).cause).toMatchObject({ code: "UND_ERR_INVALID_ARG" });
});

it("setGlobalDispatcher of undici 8 has Node's fetch use its Agent", async () => {
  await using server = await serve((response) => stream(response, "data: through\n\n"));
  const { ended } = runScript(
    `import { Agent, setGlobalDispatcher } from "undici";
     import { createEventSource } from ${JSON.stringify(index)};
     const log = (dispatch) => (options, handler) => (console.log("dispatched"), dispatch(options, handler));
     setGlobalDispatcher(new Agent().compose(log));
     for await (const { data } of createEventSource(process.argv[1])) { console.log(data); break; }`,
    server.url,
  );
  expect(await ended).toEqual({ code: 0, stdout: "dispatched\nthrough\n", stderr: "" });
});

describe("an Agent with bodyTimeout", () => {
  it("breaks off a stream that is silent for longer, which is a network error", async () => {
    await using server = await serve((response) => stream(response, "data: 1\n\n"));
    await using agent = destroying(new Agent({ bodyTimeout: 1 }));
    using source = createEventSource(server.url, { fetch: undiciFetch, dispatcher: agent.it, retry: false });
    const { code, cause } = await nextError(source);
    expect(code).toBe("network");
    expect((cause as Error).cause).toMatchObject({ code: "UND_ERR_BODY_TIMEOUT" });
  });
});

describe("a ProxyAgent", () => {
  const proxied =
    (tls: boolean) =>
    async (answer: Answer): Promise<Passage> => {
      const server = await serve(answer, tls ? mutualTls : undefined);
      const proxy = await serveProxy(`Basic ${btoa("user:secret")}`);
      const agent = new ProxyAgent({
        uri: proxy.url,
        token: `Basic ${btoa("user:secret")}`,
        proxyTunnel: true,
        ...(tls && { requestTls: { ca, ...clientCertificate } }),
      });
      return {
        server,
        options: { fetch: undiciFetch, dispatcher: agent },
        idle: () => proxy.idle(),
        async [Symbol.asyncDispose]() {
          await agent.destroy();
          await proxy[Symbol.asyncDispose]();
          await server[Symbol.asyncDispose]();
          expect(new Set(proxy.tunnels)).toEqual(new Set([new URL(server.url).host]));
        },
      };
    };

  describe("with a tunnel for HTTP", () => keepsPromises(proxied(false)));
  describe("with a tunnel for HTTPS that wants a client certificate", () => keepsPromises(proxied(true)));

  it("a proxy that dies takes the stream along, which is resumed through the next one", async () => {
    await using server = await serve((response, _request, n) => stream(response, `id: ${n}\ndata: ${n}\n\n`));
    await using proxy = await serveProxy();
    await using agent = destroying(new ProxyAgent({ uri: proxy.url, proxyTunnel: true }));
    using source = createEventSource(server.url, {
      fetch: undiciFetch,
      dispatcher: agent.it,
      retry: { initialDelay: 1 },
    });
    source.on("message", ({ lastEventId }) => lastEventId === "1" && proxy.cut());
    await take(source, 2);
    expect(server.requests.map(({ headers }) => headers["last-event-id"])).toEqual([undefined, "1"]);
    expect(proxy.tunnels.length).toBeGreaterThan(1); // a spare one of undici's may be among them
  });

  it("a proxy that refuses is a network error", async () => {
    await using server = await serve((response) => stream(response));
    await using proxy = await serveProxy("Basic of somebody else");
    await using agent = destroying(new ProxyAgent({ uri: proxy.url, proxyTunnel: true }));
    using source = createEventSource(server.url, { fetch: undiciFetch, dispatcher: agent.it, retry: false });
    expect(await nextError(source)).toMatchObject({ code: "network" });
    expect(server.requests).toHaveLength(0);
  });
});

describe("NODE_USE_ENV_PROXY", () => {
  it("sends Node's own fetch through the proxy of the environment", async () => {
    await using server = await serve((response) => stream(response, "data: through\n\n"));
    await using proxy = await serveProxy();
    const script = `import { createEventSource } from ${JSON.stringify(index)};
      for await (const { data } of createEventSource(process.argv[1])) { console.log(data); break; }`;
    const env = {
      ...process.env,
      NODE_USE_ENV_PROXY: "1",
      HTTP_PROXY: proxy.url,
      NO_PROXY: "",
      no_proxy: "",
    };
    const args = ["--input-type=module", "--eval", script, "--", server.url];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });
    expect(stdout).toBe("through\n");
    expect(new Set(proxy.tunnels)).toEqual(new Set([new URL(server.url).host]));
  });
});

describe("mTLS", () => {
  const connect = { ca, ...clientCertificate };

  describe("with the client's certificate in an Agent", () =>
    keepsPromises(async (answer) => {
      const server = await serve(answer, mutualTls);
      const agent = new Agent({ connect });
      return {
        server,
        options: { fetch: undiciFetch, dispatcher: agent },
        async [Symbol.asyncDispose]() {
          await agent.destroy();
          await server[Symbol.asyncDispose]();
        },
      };
    }));

  it.each([
    ["a client without a certificate", { ca }],
    ["a client that does not trust the server's authority", clientCertificate],
  ])("%s gets a network error, and its request is never made", async (_who, wrong) => {
    await using server = await serve((response) => stream(response), mutualTls);
    await using agent = destroying(new Agent({ connect: wrong }));
    using source = createEventSource(server.url, { fetch: undiciFetch, dispatcher: agent.it, retry: false });
    expect(await nextError(source)).toMatchObject({ code: "network" });
    expect(server.requests).toHaveLength(0);
  });

  it("a certificate that is renewed is used from the next attempt on", async () => {
    await using server = await serve((response) => stream(response, "data: in\n\n"), mutualTls);
    await using stale = destroying(new Agent({ connect: { ca } }));
    await using renewed = destroying(new Agent({ connect }));
    let dispatcher = stale.it;
    using source = createEventSource(server.url, {
      retry: { initialDelay: 1 },
      fetch: (url, init) => undiciFetch(url, { ...init, dispatcher }),
    });
    source.onError(() => (dispatcher = renewed.it));
    expect((await take(source, 1))[0]!.data).toBe("in");
  });
});

/** Has it destroyed at the end of the block. */
function destroying<T extends Agent | ProxyAgent>(it: T): AsyncDisposable & { it: T } {
  return { it, [Symbol.asyncDispose]: () => it.destroy() };
}
