import { isMessage, type Message } from "./message.ts";

/** A place where the tabs of an origin meet. */
export interface Meeting {
  /** Tells the others. */
  readonly post: (message: Message) => void;
  /** Leaves, and lets the next one lead. */
  readonly leave: () => void;
}

/** Who meets the others, and what it hears. */
export interface Guest {
  /** What another one posts. */
  readonly receive: (message: Message) => void;
  /** Nobody before us is left. */
  readonly lead: () => void;
  /** Somebody took the lead from us. */
  readonly robbed: () => void;
  /** The platform turns out to keep the tabs of an origin apart. */
  readonly alone: () => void;
}

/** Whom a connection is shared with: all tabs of the origin, or the clients of one tab only. */
export type Scope = "shared" | "tab";

/** What is around a tab, passed in so that tests can make it up. */
export interface World {
  /** What the components of the tab share, by key. */
  readonly hubs: Map<string, unknown>;
  /** As far as can be told before trying. */
  readonly scope: () => Scope;
  /** Characters of past events that every tab keeps, for those who join late or have to catch up. */
  readonly kept: number;
  /** A name that nobody else has. */
  readonly makeId: () => string;
  /** Meets the others. `undefined` where the platform is known at once to keep the tabs of an origin apart. */
  readonly meet: (name: string, guest: Guest) => Meeting | undefined;
  /** Calls back when the page goes away, perhaps to come back, and when it has come back; the result ends that. */
  readonly watch: (onHide: () => void, onShow: () => void) => () => void;
}

/** What pages fire when they go away, and when they have come back. */
const hiding = ["pagehide", "freeze"];
const turns = [...hiding, "pageshow", "resume"];

/** The runtime's own. All is looked up at call time. */
export const systemWorld: World = {
  hubs: /* @__PURE__ */ new Map(),
  scope: () => (globalThis.navigator?.locks && globalThis.BroadcastChannel ? "shared" : "tab"),
  kept: 2 ** 20,
  makeId: () => Math.random().toString(36),
  meet(name, { receive, lead, robbed, alone }) {
    const controller = new AbortController();
    const { signal } = controller;
    let channel: BroadcastChannel | undefined;
    let release: (() => void) | undefined;
    try {
      const { locks } = navigator;
      const opened = (channel = new BroadcastChannel(name));
      opened.onmessage = ({ data }) => {
        if (isMessage(data)) receive(data);
      };
      locks
        .request(name, { signal }, () => {
          if (!signal.aborted)
            return new Promise<void>((resolve) => {
              release = resolve;
              lead();
            });
        })
        .catch(() => signal.aborted || (release ? robbed : alone)());
      return {
        post: (message) => opened.postMessage(message),
        leave() {
          opened.close();
          controller.abort();
          release?.();
        },
      };
    } catch {
      // There is no such thing here, or this page may not use it.
      channel?.close();
      return undefined;
    }
  },
  watch(onHide, onShow) {
    const each = (how: "addEventListener" | "removeEventListener") => {
      // Capturing, since `freeze` and `resume` are fired at the document and do not bubble.
      for (const type of turns) globalThis[how]?.(type, hiding.includes(type) ? onHide : onShow, true);
    };
    each("addEventListener");
    return () => each("removeEventListener");
  },
};
