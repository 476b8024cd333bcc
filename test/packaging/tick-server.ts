import { createServer, type OutgoingHttpHeaders, type ServerResponse } from "node:http";

/** What every tick carries; the number would keep its last digit if nobody decoded the JSON. */
export const tickData = { symbol: "EVSP", price: 101.5 };
const wireData = '{"symbol":"EVSP","price":101.50}';

/** What a page needs beside the stream, by path. */
export type Files = Record<string, { body: string; headers: OutgoingHttpHeaders } | undefined>;

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

/** Seven ticks; the connection breaks twice, each time in the middle of an event. */
export async function sendAllTicks(
  server: TickServer,
  arrived: (id: number) => Promise<unknown>,
): Promise<void> {
  server.publish(3);
  await arrived(3);
  server.drop();
  server.publish(2);
  await arrived(5);
  server.drop();
  server.publish(2);
}

/** What README's first example prints of them. */
export const allTicks = ["1", "2", "3", "4", "5", "6", "7"].map((id) => [id, tickData]);

/** What the requests for them resume after. */
export const allResumed = [undefined, "3", "5"];

/** The stream is at `/prices`. */
export async function startTickServer(files: Files = {}): Promise<TickServer> {
  const lastEventIds: TickServer["lastEventIds"] = [];
  let published = 0;
  let connection: ServerResponse | undefined;

  const server = createServer((request, response) => {
    if (request.url !== "/prices") {
      const file = files[request.url!];
      response.writeHead(file ? 200 : 404, file?.headers).end(file?.body);
      return;
    }
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
