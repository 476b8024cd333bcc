/**
 * Hands items over one at a time, and stops while somebody holds.
 *
 * What is pushed while somebody holds waits. It is no more than what had arrived: the promise that `push` gave stays
 * pending, the reader does not read, and the data stay in the server's socket.
 */
export interface Pump<Item> {
  /** Takes an item; a returned promise resolves when all that wait are handed over, or dropped. */
  readonly push: (item: Item) => Promise<void> | undefined;
  /** Drops what was pushed and not handed over. With `letGo` a promise of what was handed over holds nothing any more. */
  readonly clear: (letGo?: boolean) => void;
  /**
   * Changes how many hold the next item back, and how many are busy with one that they were given: by 1 each for an iterator
   * that was handed an item, by -1 when it asks for the next one or leaves.
   */
  readonly hold: (holdChange: number, busyChange?: number) => void;
}

/**
 * `handle` takes one item; a promise that it returns holds the next one. `onDone` is called whenever nobody is busy any
 * more with what was handed over so far.
 */
export function createPump<Item>(
  handle: (item: Item) => PromiseLike<unknown> | undefined,
  onDone?: () => void,
): Pump<Item> {
  let waiting: Item[] = [];
  let next = 0;
  /** Iterators that have not asked, and the promise that holds: nothing moves unless it is 0. */
  let holds = 0;
  let handling = false;
  /** Those who hold, and those who were let go and have not finished. */
  let busy = 0;
  /** What holds is a promise of this series; letting go begins another one. */
  let series = 0;
  let held = 0;
  let drained: Promise<void> | undefined;
  let drain: (() => void) | undefined;

  function hand(item: Item): void {
    const its = series;
    // A listener may call anything from within `handle`; the one who called goes on with whatever that left.
    handling = true;
    const wait = handle(item);
    handling = false;
    if (wait) holdFor(wait, its);
    else if (onDone && !busy) onDone();
  }

  /** Not within `hand`, where the closure would cost every item something. */
  function holdFor(wait: PromiseLike<unknown>, its: number): void {
    // Whoever let go of it meanwhile may have been its own listener.
    const holding = its === series ? 1 : 0;
    held += holding;
    holds += holding;
    busy++;
    const go = () => {
      busy--;
      if (holding && its === series) {
        held--;
        holds--;
      }
      run();
    };
    wait.then(go, go);
  }

  function run(): void {
    if (handling) return;
    if (!busy) onDone?.();
    while (!holds && next < waiting.length) {
      hand(waiting[next++]!);
      // A transport that does not wait may never let it run dry.
      if (next > 999) next -= waiting.splice(0, next).length;
    }
    if (next >= waiting.length && !held) forget();
  }

  /** Nothing waits any more. */
  function forget(): void {
    if (next) waiting = [];
    next = 0;
    drain?.();
    drained = drain = undefined;
  }

  return {
    push(item) {
      if (handling || holds || waiting.length) waiting.push(item);
      else {
        hand(item);
        if (waiting.length) run();
      }
      if (held || waiting.length) return (drained ??= new Promise((resolve) => (drain = resolve)));
      return undefined;
    },
    clear(letGo) {
      next = waiting.length;
      if (letGo) {
        series++;
        holds -= held;
        held = 0;
      }
      forget();
    },
    hold(holdChange, busyChange = holdChange) {
      holds += holdChange;
      busy += busyChange;
      // Who begins to hold sets nothing going.
      if (holdChange <= 0) run();
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

/** `hold` is called with -1 when the consumer waits for an event, and with 1 when it has got it; see `Pump`. */
export function createFeed<Event>(hold: Pump<unknown>["hold"], onReturn: () => void): Feed<Event> {
  type Call = [resolve: (result: IteratorResult<Event>) => void, reject: (error: unknown) => void];
  const done = { done: true, value: undefined } as const;
  let calls: Call[] = [];
  /** The event of a call of `next` that found it there already, while that call is running. */
  let ready: Promise<IteratorResult<Event>> | undefined;
  let ended = false;
  let failure: unknown;
  let isHolding: 0 | 1 = 0;
  let isBusy: 0 | 1 = 0;

  /** The end may come from within `hold`, while `next` is running: what counts is whether we hold, not who waits. */
  function setHold(holding: 0 | 1, busy: 0 | 1): void {
    const holdChange = holding - isHolding;
    const busyChange = busy - isBusy;
    isHolding = holding;
    isBusy = busy;
    if (holdChange || busyChange) hold(holdChange, busyChange);
  }

  /** The first to ask after a failure is told of it; to the others the iteration is over. */
  function settle([resolve, reject]: Call): void {
    const error = failure;
    failure = undefined;
    if (error) reject(error);
    else resolve(done);
  }

  setHold(1, 0);
  return {
    give(value) {
      const call = calls.shift();
      if (call) call[0]({ done: false, value });
      else ready = Promise.resolve({ done: false, value });
      if (!calls.length) setHold(1, 1);
    },
    end(error) {
      ended = true;
      failure = error;
      // Whoever ended it, the consumer is still busy with what it was given, until it asks for more or leaves.
      setHold(0, isBusy);
      calls.forEach(settle);
      calls = [];
    },
    iterator: {
      next() {
        if (!ready) setHold(0, 0);
        const given = ready;
        ready = undefined;
        return (
          given ??
          new Promise((...call) => {
            if (ended) return settle(call);
            calls.push(call);
            // A listener may have called `next` too, and have got what was ours.
            setHold(0, 0);
          })
        );
      },
      return() {
        if (!ended) onReturn();
        ready = failure = undefined;
        setHold(0, 0);
        return Promise.resolve(done);
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    },
  };
}
