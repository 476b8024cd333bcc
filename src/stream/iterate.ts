/** An async iterator, and the functions that feed it. */
export interface Feed<Event> {
  readonly iterator: AsyncIterableIterator<Event>;
  /** Gives the iterator an event. Returns a thenable that settles when the loop asks for the next one, or leaves. */
  readonly give: (event: Event) => PromiseLike<unknown> | undefined;
  /** Ends the iteration, by throwing `failure` if there is one. Events that were given come first. */
  readonly end: (failure?: { readonly error: unknown }) => void;
}

/** `onReturn` is called when the loop leaves before the end. */
export function createFeed<Event>(onReturn: () => void): Feed<Event> {
  type Call = [resolve: (result: IteratorResult<Event>) => void, reject: (error: unknown) => void];
  const done = { done: true, value: undefined } as const;
  /** Calls of `next` that wait for an event. */
  let calls: Call[] = [];
  /** Events that wait for a call of `next`. More than one only after `reconnect()`, which does not wait for the loop. */
  let events: Event[] = [];
  let isBusy = false;
  let isOver = false;
  let failure: { readonly error: unknown } | undefined;
  let callbacks: ((value?: never) => unknown)[] = [];

  /** One object for all events: a promise for each would cost more than the rest of the iteration. */
  const hold = {
    then(callback: (value?: never) => unknown) {
      if (isBusy) callbacks.push(callback);
      else callback();
    },
  } as PromiseLike<unknown>;

  function release(): void {
    isBusy = false;
    const released = callbacks;
    if (!released.length) return;
    callbacks = [];
    // They may deliver the next event at once.
    for (const callback of released) callback();
  }

  /** The first call after a failure throws it. */
  function finish([resolve, reject]: Call): void {
    const thrown = failure;
    failure = undefined;
    if (thrown) reject(thrown.error);
    else resolve(done);
  }

  const nextEvent = () => Promise.resolve({ done: false as const, value: events.shift()! });

  return {
    give(value) {
      const call = calls.shift();
      if (call) call[0]({ done: false, value });
      else events.push(value);
      if (calls.length) return undefined;
      isBusy = true;
      return hold;
    },
    end(thrown) {
      isOver = true;
      failure = thrown;
      calls.forEach(finish);
      calls = [];
    },
    iterator: {
      next() {
        if (events.length) return nextEvent();
        release();
        if (events.length) return nextEvent();
        return new Promise((...call) => {
          if (isOver) finish(call);
          else calls.push(call);
        });
      },
      return() {
        if (!isOver) onReturn();
        events = [];
        failure = undefined;
        release();
        return Promise.resolve(done);
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    },
  };
}
