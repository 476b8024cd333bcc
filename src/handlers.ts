/** An event handler. Its `this` is what it is assigned to, so that one that was written for the DOM's class fits. */
export type Handler<E extends Event> = ((event: E) => unknown) | null;

/** The event handlers of an object: `get` and `set` are what its attributes do, by the type of the event. */
export interface Handlers {
  readonly get: <E extends Event>(type: string) => Handler<E>;
  readonly set: (type: string, value: unknown) => void;
}

/**
 * "An event handler IDL attribute is an IDL attribute for a specific event handler."
 *
 * @see https://html.spec.whatwg.org/multipage/webappapis.html#event-handler-idl-attributes
 */
export function createHandlers(target: EventTarget): Handlers {
  const handled = new Map<string, { handler: unknown; listener: (event: Event) => void }>();
  return {
    get: <E extends Event>(type: string) => (handled.get(type)?.handler ?? null) as Handler<E>,
    set(type, value) {
      // "[LegacyTreatNonObjectAsNull] callback EventHandlerNonNull": an object that cannot be called stays, and does nothing.
      const handler = Object(value) === value ? value : null;
      const before = handled.get(type);
      if (before) {
        // What replaces a handler keeps its place among the listeners.
        before.handler = handler;
        if (handler) return;
        // "If the given value is null, then deactivate an event handler": the next one goes to the end.
        handled.delete(type);
        target.removeEventListener(type, before.listener);
      } else if (handler) {
        const added = {
          handler: handler as unknown,
          listener: (event: Event) => {
            if (typeof added.handler === "function") added.handler.call(target, event);
          },
        };
        handled.set(type, added);
        target.addEventListener(type, added.listener);
      }
    },
  };
}
