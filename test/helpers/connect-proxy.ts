import { once } from "node:events";
import { createServer, request, type IncomingHttpHeaders } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";

/** A real HTTP proxy on a free port of the loopback: for tunnels (`CONNECT`), and for plain requests, which it hands on. */
export interface ConnectProxy extends AsyncDisposable {
  readonly url: string;
  /** The `host:port` of each tunnel so far. */
  readonly tunnels: readonly string[];
  /** Breaks all tunnels off at once. */
  cut(): void;
  /** Resolves when no tunnel is open any more. */
  idle(): Promise<void>;
}

/** `authorization` is what `Proxy-Authorization` has to be. */
export async function serveProxy(authorization?: string): Promise<ConnectProxy> {
  const tunnels: string[] = [];
  const sockets = new Set<Socket>();
  let waiting: (() => void)[] = [];
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => {
      sockets.delete(socket);
      if (sockets.size === 0) for (const resolve of waiting.splice(0)) resolve();
    });
  };
  const mayPass = (headers: IncomingHttpHeaders) => headers["proxy-authorization"] === authorization;
  const server = createServer((incoming, response) => {
    const { url = "", method, headers } = incoming;
    if (!mayPass(headers)) return response.writeHead(407).end();
    const outgoing = request(url, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.on("error", () => response.destroy());
    response.on("close", () => outgoing.destroy());
    return incoming.pipe(outgoing);
  });
  server.on("connect", ({ url = "", headers }, client: Socket) => {
    if (!mayPass(headers)) return client.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    tunnels.push(url);
    const { hostname, port } = new URL(`http://${url}`);
    const upstream = connect(Number(port), hostname, () => {
      client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      client.pipe(upstream).pipe(client);
    });
    // When one end goes, so does the other.
    for (const socket of [client, upstream]) {
      keep(socket);
      socket.on("close", () => (socket === client ? upstream : client).destroy());
    }
    return undefined;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tunnels,
    cut,
    idle: () =>
      new Promise((resolve) => {
        if (sockets.size === 0) resolve();
        else waiting = [...waiting, resolve];
      }),
    async [Symbol.asyncDispose]() {
      cut();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
