type Make = (type: string, data: string, origin: string, lastEventId: string) => Event;

let make: Make | undefined;

/**
 * Makes a `MessageEvent`, as far as anybody can see. The platform's constructor takes most of the time of an event (in Node
 * five to ten times that of `new Event`), for a dictionary of which we know the members.
 */
export function createMessageEvent(...args: Parameters<Make>): Event {
  return (make ??= defineMessage())(...args);
}

/** At the first event: importing must not need the platform. */
function defineMessage(): Make {
  class Message extends Event {
    readonly #data: string;
    readonly #origin: string;
    readonly #lastEventId: string;
    constructor(type: string, data: string, origin: string, lastEventId: string) {
      super(type);
      this.#data = data;
      this.#origin = origin;
      this.#lastEventId = lastEventId;
    }
    get data(): string {
      return this.#data;
    }
    get origin(): string {
      return this.#origin;
    }
    get lastEventId(): string {
      return this.#lastEventId;
    }
    get [Symbol.toStringTag](): string {
      return "MessageEvent";
    }
    get source(): null {
      return null;
    }
    get ports(): readonly [] {
      return noPorts;
    }
  }
  const noPorts = Object.freeze([] as const);
  Object.setPrototypeOf(Message.prototype, MessageEvent.prototype);
  Reflect.deleteProperty(Message.prototype, "constructor");
  return (...args) => new Message(...args);
}
