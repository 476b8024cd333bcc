import { mutualTls } from "./certificates.ts";
import { serveProxy } from "./connect-proxy.ts";
import { serve, type TestServer } from "./server.ts";
import { answerExample } from "./snippets.ts";

/** The servers of the examples, by the origin that they have there. */
export interface ExampleHosts extends AsyncDisposable {
  readonly origins: Readonly<Record<string, string>>;
}

export async function serveExampleHosts(): Promise<ExampleHosts> {
  const servers: TestServer[] = [await serve(answerExample), await serve(answerExample, mutualTls)];
  const [plain, mtls] = servers.map(({ url }) => new URL(url).origin);
  const proxy = await serveProxy(`Basic ${btoa("user:password")}`);
  return {
    origins: {
      "https://example.com": plain!,
      "https://mtls.example.com": mtls!,
      "http://proxy.example.com:3128": proxy.url,
    },
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      for (const server of servers) await server[Symbol.asyncDispose]();
    },
  };
}
