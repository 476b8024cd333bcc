/**
 * Hands items over one at a time, and stops while somebody holds.
 *
 * There is no queue. While an item is held, or an iterator has not asked for the next one, nothing moves: the promise
 * that `push` gave stays pending, the reader does not read, and the data stay in the server's socket.
 */
export interface Pump<Item> {
  /** Takes items; a returned promise resolves when the last one is handed over, or dropped. */
  readonly push: (items: Item[]) => Promise<void> | undefined;
  /** Drops what was pushed and not handed over. */
  readonly clear: () => void;
  /** Adds 1 for an iterator that has not asked for the next item, and -1 when it asks or leaves. */
  readonly hold: (change: number) => void;
}

/**
 * `handle` takes one item; a promise that it returns holds the next one. `onDone` is called whenever nobody holds what was
 * handed over so far.
 */
export function createPump<Item>(
  handle: (item: Item) => PromiseLike<unknown> | undefined,
  onDone?: () => void,
): Pump<Item> {
  let items: Item[] = [];
  let next = 0;
  let holds = 0;
  /** The batch of the item that a promise holds. It holds nothing once that batch is dropped. */
  let held: Item[] | undefined;
  let running = false;
  let drained: (() => void) | undefined;

  function run(): void {
    // A listener may call anything from within `handle`; the loop then goes on with whatever that left.
    if (running) return;
    running = true;
    while (held !== items && !holds) {
      onDone?.();
      if (next >= items.length) break;
      const from = items;
      const wait = handle(items[next++]!);
      if (wait) {
        held = from;
        const go = () => {
          if (held === from) held = undefined;
          run();
        };
        wait.then(go, go);
      }
    }
    running = false;
    if (held !== items && next >= items.length) drained?.();
  }

  return {
    push(pushed) {
      items = pushed;
      next = 0;
      run();
      return held === items || next < items.length
        ? new Promise((resolve) => (drained = resolve))
        : undefined;
    },
    clear() {
      items = [];
      next = 0;
      drained?.();
    },
    hold(change) {
      holds += change;
      run();
    },
  };
}

/** An iterator, and the two functions that feed it. */
export interface Feed<Event> {
  readonly iterator: AsyncIterableIterator<Event>;
  readonly give: (event: Event) => void;
  /** Ends the iteration, with an error where there is one. */
  readonly end: (error?: unknown) => void;
}

/** `hold` is called with -1 when the consumer waits for an event, and with 1 when it has got it. */
export function createFeed<Event>(hold: (change: number) => void, onReturn: () => void): Feed<Event> {
  type Call = [resolve: (result: IteratorResult<Event>) => void, reject: (error: unknown) => void];
  const done = { done: true, value: undefined } as const;
  let calls: Call[] = [];
  /** The event of a call of `next` that found it there already, while that call is running. */
  let ready: Promise<IteratorResult<Event>> | undefined;
  let ended = false;
  let failure: unknown;

  /** The first to ask after a failure is told of it; to the others the iteration is over. */
  function settle([resolve, reject]: Call): void {
    const error = failure;
    failure = undefined;
    if (error) reject(error);
    else resolve(done);
  }

  hold(1);
  return {
    give(value) {
      const call = calls.shift();
      if (call) call[0]({ done: false, value });
      else ready = Promise.resolve({ done: false, value });
      if (!calls.length) hold(1);
    },
    end(error) {
      ended = true;
      failure = error;
      if (!calls.length) hold(-1);
      calls.forEach(settle);
      calls = [];
    },
    iterator: {
      next() {
        if (!ended && !calls.length) hold(-1);
        const given = ready;
        ready = undefined;
        return (
          given ??
          new Promise((...call) => {
            if (ended) settle(call);
            else calls.push(call);
          })
        );
      },
      return() {
        if (!ended) onReturn();
        return Promise.resolve(done);
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    },
  };
}
