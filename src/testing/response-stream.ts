/** How a server ends a connection. */
export type Ending = "drop" | "end";

/** The body of one response, which a server writes to. */
export interface ResponseStream {
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly closed: Promise<"client" | Ending>;
  /** Whether the server may still send. */
  readonly isOpen: () => boolean;
  /** Whether the client has read everything and asks for more. */
  readonly isIdle: () => boolean;
  /** Whether the connection is closed. */
  readonly isOver: () => boolean;
  readonly send: (chunk: string | Uint8Array) => void;
  readonly finish: (ending: Ending) => void;
  /** Passes the next chunk to the client, if the client asks and the server is not stalled. */
  readonly flow: () => void;
}

export function createResponseStream(
  signal: AbortSignal | null | undefined,
  isStalled: () => boolean,
  /** Called when the stream becomes idle, and when it is over. */
  onChange: () => void,
): ResponseStream {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let ending: Ending | undefined;
  let isOver = false;
  let isAsked = false;
  let controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
  let settle: (ending: "client" | Ending) => void;
  const closed = new Promise<"client" | Ending>((resolve) => (settle = resolve));

  const over = (how: "client" | Ending) => {
    isOver = true;
    signal?.removeEventListener("abort", abort);
    settle(how);
    onChange();
  };
  const abort = () => {
    over("client");
    controller.error(signal!.reason);
  };
  signal?.addEventListener("abort", abort);

  const flow = () => {
    if (!isAsked || isOver || isStalled()) return;
    const chunk = chunks.shift();
    if (chunk) {
      isAsked = false;
      controller.enqueue(chunk);
    } else if (ending) {
      over(ending);
      if (ending === "end") controller.close();
      else controller.error(new TypeError("The connection was lost"));
    } else onChange();
  };

  // With a high-water mark of 0 the stream pulls only when the client reads, so a drop loses nothing that was sent before it.
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start: (its) => void (controller = its),
      pull() {
        isAsked = true;
        flow();
      },
      cancel: () => over("client"),
    },
    { highWaterMark: 0 },
  );

  return {
    body,
    closed,
    isOpen: () => !isOver && !ending,
    isOver: () => isOver,
    isIdle: () => isAsked && !chunks.length && !ending,
    send(chunk) {
      const bytes = typeof chunk === "string" ? new TextEncoder().encode(chunk) : Uint8Array.from(chunk);
      if (!isOver && !ending && bytes.length) chunks.push(bytes);
      flow();
    },
    finish(how) {
      ending ??= how;
      flow();
    },
    flow,
  };
}
