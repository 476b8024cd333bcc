/** An event handler. Its `this` is what it is assigned to, so that one that was written for the DOM's class fits. */
export type Handler<E extends Event> = ((event: E) => unknown) | null;

/** The event handlers of an object: `get` and `set` are what its attributes do, by the type of the event. */
export interface Handlers {
  readonly get: <E extends Event>(type: string) => Handler<E>;
  readonly set: (type: string, value: unknown) => void;
  /** Must be called before an event of that type is dispatched. */
  readonly hide: (type: string) => void;
}

let isCalled: boolean | undefined;

/** Whether the platform itself calls what it finds under `on…` of an `EventTarget`, as workerd does: ours would be called twice. */
function isCalledByPlatform(): boolean {
  isCalled = false;
  Object.assign(new EventTarget(), { onprobe: () => (isCalled = true) }).dispatchEvent(new Event("probe"));
  return isCalled;
}

/**
 * "An event handler IDL attribute is an IDL attribute for a specific event handler."
 *
 * @see https://html.spec.whatwg.org/multipage/webappapis.html#event-handler-idl-attributes
 */
export function createHandlers(target: EventTarget): Handlers {
  const handled = new Map<string, { handler: unknown; listener: (event: Event) => void }>();
  /** The attribute whose next reader is the platform, which is to find nothing. */
  let hidden: string | undefined;
  return {
    get<E extends Event>(type: string) {
      const isHidden = hidden === type;
      hidden = undefined;
      return ((!isHidden && handled.get(type)?.handler) || null) as Handler<E>;
    },
    hide(type) {
      hidden = (isCalled ?? isCalledByPlatform()) && handled.has(type) ? type : undefined;
    },
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
