import { createServer, type ServerResponse } from "node:http";

/** What every tick carries; the number would keep its last digit if nobody decoded the JSON. */
export const tickData = { symbol: "EVSP", price: 101.5 };
const wireData = '{"symbol":"EVSP","price":101.50}';

/** A server that numbers its ticks, keeps them, and sends those after `Last-Event-ID` to whoever comes back. */
export interface TickServer extends AsyncDisposable {
  origin: string;
  /** `Last-Event-ID` of every request so far. */
  lastEventIds: (string | undefined)[];
  /** Publishes so many ticks: to the open connection, to the next one where there is none. */
  publish(count: number): void;
  /** Drops the connection in the middle of an event. */
  drop(): void;
}

export async function startTickServer(): Promise<TickServer> {
  const lastEventIds: TickServer["lastEventIds"] = [];
  let published = 0;
  let connection: ServerResponse | undefined;

  const server = createServer((request, response) => {
    const lastEventId = request.headers["last-event-id"]?.toString();
    lastEventIds.push(lastEventId);
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.write("retry: 10\n\n");
    for (let id = Number(lastEventId ?? 0) + 1; id <= published; id++) send(response, id);
    connection = response;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;

  return {
    origin: `http://127.0.0.1:${port}`,
    lastEventIds,
    publish(count) {
      for (const last = published + count; published < last;) {
        published++;
        if (connection) send(connection, published);
      }
    },
    drop() {
      connection?.write(`event: tick\nid: ${published + 1}\ndata: {"symb`);
      connection?.socket?.destroySoon();
      connection = undefined;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send(response: ServerResponse, id: number): void {
  response.write(`event: tick\nid: ${id}\ndata: ${wireData}\n\n`);
}
