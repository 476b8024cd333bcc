import { once } from "node:events";
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import type { AddressInfo, Socket } from "node:net";

/** What the server does with the n-th request (from 1). */
export type Answer = (response: ServerResponse, request: IncomingMessage, n: number) => unknown;

/** A real HTTP server on a free port of the loopback, which ends with the block that uses it (`await using`). */
export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Requests so far, in order. */
  readonly requests: readonly IncomingMessage[];
  /** Sockets that are open now. */
  readonly sockets: ReadonlySet<Socket>;
  /** Resolves with the n-th request, at once when it was made already. */
  request(n: number): Promise<IncomingMessage>;
  /** Resolves when the socket of the n-th request is closed, whoever closed it. */
  released(n: number): Promise<void>;
  /** Resolves when no socket is open any more. */
  idle(): Promise<void>;
}

/** With `tls` it speaks HTTPS; its name is `localhost`. */
export async function serve(answer: Answer, tls?: ServerOptions): Promise<TestServer> {
  const requests: IncomingMessage[] = [];
  const sockets = new Set<Socket>();
  const waiting: { n: number; resolve: (request: IncomingMessage) => void }[] = [];
  let idle: (() => void)[] = [];
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    const n = requests.push(request);
    for (const wait of waiting) if (wait.n === n) wait.resolve(request);
    // The answers close their connection, so that an open socket always means a response that nobody released.
    response.setHeader("connection", "close");
    void (async () => answer(response, request, n))();
  };
  const server = tls ? createTlsServer(tls, listener) : createServer(listener);
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => {
      sockets.delete(socket);
      if (sockets.size === 0) for (const resolve of idle.splice(0)) resolve();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const request = (n: number) =>
    new Promise<IncomingMessage>((resolve) => {
      const made = requests[n - 1];
      if (made) resolve(made);
      else waiting.push({ n, resolve });
    });
  return {
    url: tls ? `https://localhost:${port}/events` : `http://127.0.0.1:${port}/events`,
    port,
    requests,
    sockets,
    request,
    async released(n) {
      const { socket } = await request(n);
      if (!socket.closed) await once(socket, "close");
    },
    idle: () =>
      new Promise((resolve) => {
        if (sockets.size === 0) resolve();
        else idle = [...idle, resolve];
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Begins an event stream and sends text. */
export function stream(response: ServerResponse, text = ""): ServerResponse {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.flushHeaders();
  if (text) response.write(text);
  return response;
}

/** The whole request body as text. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  return text;
}

/** Answers with a status, and with text if any. */
export function refuse(
  response: ServerResponse,
  status: number,
  headers: OutgoingHttpHeaders = {},
  text = "",
): ServerResponse {
  return response.writeHead(status, { "content-type": "text/plain", ...headers }).end(text);
}

/** Drops the connection in the middle of whatever it was doing, as a crashed server does (RST). */
export function drop({ socket }: ServerResponse | IncomingMessage): void {
  socket?.resetAndDestroy();
}

/** Writes until told to stop or `limit` bytes are out, and never faster than the socket takes it. */
export async function flood(
  response: ServerResponse,
  chunk: string | Buffer,
  limit: number,
  onWrite: (bytes: number) => void = () => {},
): Promise<void> {
  let goOn = () => {};
  response.on("drain", () => goOn()).on("close", () => goOn());
  for (let bytes = 0; bytes < limit && !response.destroyed;) {
    const flows = response.write(chunk);
    onWrite((bytes += chunk.length));
    if (!flows && !response.destroyed) await new Promise<void>((resolve) => (goOn = resolve));
  }
}
