/** How a server is done with a connection. */
export type Ending = "drop" | "end";

/** The body of one response. It is read only as fast as the client asks. */
export interface Line {
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly closed: Promise<"client" | Ending>;
  /** Whether the server may still send. */
  readonly isOpen: () => boolean;
  /** Whether all that was sent is read, and the client asks for more. */
  readonly isIdle: () => boolean;
  readonly isOver: () => boolean;
  readonly send: (chunk: string | Uint8Array) => void;
  readonly finish: (ending: Ending) => void;
  /** Hands on what may be handed on. */
  readonly flow: () => void;
}

export function createLine(
  signal: AbortSignal | null | undefined,
  isStalled: () => boolean,
  /** Called when it becomes idle, and when it is over. */
  onChange: () => void,
): Line {
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
      else controller.error(new TypeError("The connection broke"));
    } else onChange();
  };

  // With a high-water mark of 0 it is asked only when somebody reads: so nothing that was sent before a drop is lost.
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

/** A list that can be waited for. */
export interface Log<T> {
  readonly all: readonly T[];
  readonly add: (item: T) => void;
  /** Resolves with the n-th, counted from 1. */
  readonly nth: (n?: number) => Promise<T>;
}

export function createLog<T>(): Log<T> {
  const all: T[] = [];
  let waiting: { n: number; resolve: (item: T) => void }[] = [];
  return {
    all,
    add(item) {
      const count = all.push(item);
      for (const { n, resolve } of waiting) if (n === count) resolve(item);
      waiting = waiting.filter(({ n }) => n > count);
    },
    nth: (n = 1) =>
      new Promise((resolve) => {
        const there = all[n - 1];
        if (there) resolve(there);
        else waiting.push({ n, resolve });
      }),
  };
}

/** A promise that is given up when the signal is aborted. */
export async function orAbort<T>(promise: Promise<T>, signal: AbortSignal | null | undefined): Promise<T> {
  if (!signal) return promise;
  let abort = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(signal.reason as Error);
    signal.addEventListener("abort", abort);
  });
  try {
    signal.throwIfAborted();
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
