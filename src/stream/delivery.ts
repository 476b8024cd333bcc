/** Delivers the items of one attempt after the other, one item at a time. */
export interface Delivery<Item> {
  /**
   * Starts an attempt and returns its `deliver` function, see `Sink`. The function of an earlier attempt does nothing from then
   * on. While the consumer is still busy with an item of an earlier attempt, the first item of this one waits.
   */
  readonly begin: () => (item: Item) => Promise<void> | undefined;
  /** Ends the attempt: items that wait are dropped. */
  readonly end: () => void;
  /** Stops waiting for what the consumer is busy with. */
  readonly release: () => void;
}

/**
 * Applies backpressure: after `consume` returned a promise, items wait until it settles.
 *
 * `onProcessed` is called whenever everything that was consumed so far has been processed.
 */
export function createDelivery<Item>(
  consume: (item: Item) => PromiseLike<unknown> | undefined,
  onProcessed?: () => void,
): Delivery<Item> {
  let deliver: ((item: Item) => Promise<void> | undefined) | undefined;
  /** What the next item waits for; `true` while the consumer is called. */
  let hold: PromiseLike<unknown> | true | undefined;
  /** Promises of the consumer that have not settled, those that were released included. */
  let busy = 0;
  let waiting: Item[] = [];
  /** Index in `waiting` of the next item. */
  let next = 0;
  let isDraining = false;
  let drained: Promise<void> | undefined;
  let resolveDrained: (() => void) | undefined;

  function whenSettled(result: PromiseLike<unknown>): void {
    busy++;
    const settled = () => {
      if (!--busy) onProcessed?.();
      if (hold === result) hold = undefined;
      drain();
    };
    result.then(settled, settled);
  }

  function drain(): void {
    if (isDraining || hold) return;
    isDraining = true;
    while (!hold && next < waiting.length) {
      void deliver!(waiting[next++]!);
      // Keeps the list short when a transport never lets it run empty.
      if (next === 1000) {
        waiting = waiting.slice(next);
        next = 0;
      }
    }
    isDraining = false;
    if (!hold) forget();
  }

  /** Nothing waits any more. */
  function forget(): void {
    if (waiting.length) waiting = [];
    next = 0;
    resolveDrained?.();
    drained = resolveDrained = undefined;
  }

  return {
    begin() {
      const mine = (item: Item) => {
        if (deliver !== mine) return undefined;
        if (hold) waiting.push(item);
        else {
          hold = true;
          const result = consume(item);
          if (!result && !busy) onProcessed?.();
          // Unless the consumer called `release`.
          if (hold) hold = result;
          if (result) whenSettled(result);
          if (waiting.length) drain();
        }
        if (hold) return (drained ??= new Promise((resolve) => (resolveDrained = resolve)));
        return undefined;
      };
      deliver = mine;
      // The first item waits a microtask: for listeners that are added right after the attempt began.
      if (!hold) whenSettled((hold = Promise.resolve()));
      return mine;
    },
    end() {
      deliver = undefined;
      forget();
    },
    release() {
      hold = undefined;
    },
  };
}
