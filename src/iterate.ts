/**
 * Hands items over one at a time, and stops while somebody holds.
 *
 * There is no queue. While an item is held, or an iterator has not asked for the next one, nothing moves: the promise
 * that `push` gave stays pending, the reader does not read, and the data stay in the server's socket.
 */
export interface Pump<Item> {
  /** Takes items; a returned promise resolves when the last one is handed over, or dropped. */
  readonly push: (items: Item[]) => Promise<void> | undefined;
  /** Drops what was pushed and not handed over. With `letGo` a promise of what was handed over holds nothing any more. */
  readonly clear: (letGo?: boolean) => void;
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
  /** The promise that holds. */
  let held: PromiseLike<unknown> | undefined;
  let running = false;
  let drained: (() => void) | undefined;

  function run(): void {
    // A listener may call anything from within `handle`; the loop then goes on with whatever that left.
    if (running) return;
    running = true;
    while (!held && !holds) {
      onDone?.();
      if (next >= items.length) break;
      const wait = handle(items[next++]!);
      if (wait) {
        held = wait;
        const go = () => {
          if (held === wait) held = undefined;
          run();
        };
        wait.then(go, go);
      }
    }
    running = false;
    if (!held && next >= items.length) drained?.();
  }

  return {
    push(pushed) {
      items = pushed;
      next = 0;
      run();
      return held || next < items.length ? new Promise((resolve) => (drained = resolve)) : undefined;
    },
    clear(letGo) {
      items = [];
      next = 0;
      if (letGo) held = undefined;
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
  let isHolding = false;

  /** The end may come from within `hold`, while `next` is running: what counts is whether we hold, not who waits. */
  function setHold(value: boolean): void {
    if (isHolding === value) return;
    isHolding = value;
    hold(value ? 1 : -1);
  }

  /** The first to ask after a failure is told of it; to the others the iteration is over. */
  function settle([resolve, reject]: Call): void {
    const error = failure;
    failure = undefined;
    if (error) reject(error);
    else resolve(done);
  }

  setHold(true);
  return {
    give(value) {
      const call = calls.shift();
      if (call) call[0]({ done: false, value });
      else ready = Promise.resolve({ done: false, value });
      if (!calls.length) setHold(true);
    },
    end(error) {
      ended = true;
      failure = error;
      setHold(false);
      calls.forEach(settle);
      calls = [];
    },
    iterator: {
      next() {
        if (!ended) setHold(false);
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
