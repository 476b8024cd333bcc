import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { frame, splitHead, unchunk } from "./chunked-body.ts";

/** What goes wrong with one response. `after` counts its bytes, headers included, as they are on the wire. */
export type Fault =
  | { kind: "none" }
  /** The connection ends, by a regular end or by a reset. */
  | { kind: "cut"; by: "fin" | "rst"; after: number }
  /** Nothing more comes, and nobody says so. */
  | { kind: "stall"; after: number }
  /**
   * A chunked body ends early, `after` counting its bytes without headers and framing: as if it were complete, after a
   * whole chunk but without the last one, or inside a chunk. Of a body that is not chunked the connection just ends.
   */
  | { kind: "truncate"; how: "complete" | "between" | "inside"; after: number }
  /** Somebody else answers: a status, or for 200 a page of HTML. */
  | { kind: "answer"; status: 200 | 401 | 429 | 503 };

/** One connection: plain data, so that a property test can make it up and shrink it. */
export interface ConnectionPlan {
  fault: Fault;
  /** Forwards at most so many bytes at a time, each in a packet of its own. */
  split?: number | undefined;
  /** Waits so long (ms) before each of them: with `split` this is a throttle. */
  delay?: number | undefined;
}

/** A TCP proxy that keeps to a plan. It ends with the block that uses it (`await using`). */
export interface FaultProxy extends AsyncDisposable {
  readonly url: string;
  /** Requests so far. The n-th one gets the n-th entry of the plan. */
  readonly requests: number;
  /** How often each fault came about: a fault behind the end of a response never does. */
  readonly faults: Readonly<Record<string, number>>;
  /** Sockets that are open now, on both sides. */
  readonly sockets: ReadonlySet<Socket>;
  /** Resolves when no socket is open any more. */
  idle(): Promise<void>;
}

const ANSWERS: Record<(Fault & { kind: "answer" })["status"], string> = {
  200: "200 OK\r\ncontent-type: text/html\r\ncontent-length: 13\r\n\r\n<p>log in</p>",
  401: "401 Unauthorized\r\ncontent-length: 0\r\n\r\n",
  429: "429 Too Many Requests\r\nretry-after: 1\r\ncontent-length: 4\r\n\r\nslow",
  503: "503 Service Unavailable\r\ncontent-type: text/plain\r\ncontent-length: 4\r\n\r\ndown",
};

/** What a fault is counted as. */
export function nameOf(fault: Fault): string {
  if (fault.kind === "cut") return `cut ${fault.by}`;
  if (fault.kind === "truncate") return `truncate ${fault.how}`;
  return fault.kind === "answer" ? `answer ${fault.status}` : fault.kind;
}

/** Forwards to a port of the loopback. Once the plan is used up nothing goes wrong any more, or with `again` it starts over. */
export async function createFaultProxy(
  target: number,
  plan: readonly ConnectionPlan[],
  { again = false }: { again?: boolean } = {},
): Promise<FaultProxy> {
  const sockets = new Set<Socket>();
  const faults: Record<string, number> = {};
  let requests = 0;
  let idle: (() => void)[] = [];

  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.setNoDelay();
    // How a socket ends is told by its stream.
    socket.on("error", () => {});
    socket.on("close", () => {
      sockets.delete(socket);
      if (sockets.size === 0) for (const resolve of idle.splice(0)) resolve();
    });
    return socket;
  };

  const server = createServer((client) => {
    track(client);
    let upstream: Socket | undefined;
    // The plan is for requests: fetch may open a connection that it never uses.
    client.on("data", (bytes) => {
      if (!upstream) {
        const entry = plan[again ? requests % plan.length : requests] ?? { fault: { kind: "none" } };
        requests++;
        upstream = track(connect(target, "127.0.0.1"));
        void relay(client, upstream, entry).then((happened) => {
          if (!happened) return;
          const name = nameOf(entry.fault);
          faults[name] = (faults[name] ?? 0) + 1;
        });
      }
      if (!upstream.destroyed) upstream.write(bytes);
    });
    client.on("close", () => upstream?.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    get requests() {
      return requests;
    },
    faults,
    sockets,
    idle: () =>
      new Promise((resolve) => {
        if (sockets.size === 0) resolve();
        else idle = [...idle, resolve];
      }),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Forwards one response; whether its fault came about. */
async function relay(
  client: Socket,
  upstream: Socket,
  { fault, split = Infinity, delay = 0 }: ConnectionPlan,
): Promise<boolean> {
  const write = (bytes: Uint8Array | string) =>
    new Promise<void>((resolve) => {
      if (bytes.length === 0 || client.destroyed) resolve();
      else client.write(bytes, () => resolve());
    });
  /** Each piece is in the kernel, and the event loop has turned, before the next one follows. */
  const send = async (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length && !client.destroyed; at += split) {
      if (delay) await sleep(delay);
      await write(bytes.subarray(at, at + split));
      if (split < Infinity) await new Promise(setImmediate);
    }
  };

  if (fault.kind === "answer") {
    client.end(`HTTP/1.1 ${ANSWERS[fault.status].replace("\r\n", "\r\nconnection: close\r\n")}`);
    upstream.destroy();
    return true;
  }
  let left = "after" in fault ? fault.after : Infinity;
  let isChunked = false;
  let last: Uint8Array = new Uint8Array();
  try {
    let source: AsyncIterable<Uint8Array> = upstream;
    if (fault.kind === "truncate") {
      const [head, body] = await splitHead(upstream);
      isChunked = /^transfer-encoding: *chunked\r$/im.test(head);
      await send(Buffer.from(head, "latin1"));
      source = isChunked ? unchunk(body) : body;
    }
    if (left)
      for await (const bytes of source) {
        last = bytes.subarray(0, left);
        left -= last.length;
        if (!left) break;
        await send(isChunked ? frame(last) : last);
        last = new Uint8Array();
        if (client.destroyed) return false;
      }
  } catch {
    // The origin, or the client, has broken off by itself.
    left = Math.max(left, 1);
  }
  if (client.destroyed) return false;
  if (left) {
    if (isChunked) await write("0\r\n\r\n");
    client.destroySoon();
    return false;
  }
  if (fault.kind !== "truncate") await send(last);
  else if (!isChunked) await send(last);
  else if (fault.how === "inside") await send(frame(last, 10).subarray(0, -2));
  else {
    await send(last.length ? frame(last) : last);
    if (fault.how === "complete") await write("0\r\n\r\n");
  }
  if (fault.kind === "cut" && fault.by === "rst") client.resetAndDestroy();
  else if (fault.kind !== "stall") client.destroySoon();
  return true;
}
