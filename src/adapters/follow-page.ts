import type { ConnectionStatus } from "../index.ts";

/** What of a client is needed to follow the page; every `EventSourceClient` has it. */
export interface Followable {
  /** Tells who waits, who is open, and whose pause is ours. */
  readonly status: ConnectionStatus;
  /** Called to connect again, and to retry at once. */
  open(): void;
  /** Called when the page wants no connection, with the reason. */
  pause(reason?: string): void;
  /** Called to see within so many ms whether an open connection is alive. */
  checkLiveness(timeout: number): void;
  /** Hears every change of the status, and returns its undo. */
  onStatus(listener: (status: ConnectionStatus) => void): () => void;
}

/** Options of {@link followPage}. */
export interface FollowPageOptions {
  /**
   * What happens while the page is hidden: `"keep"` the connection, `"pause"` it at once, or pause it after so many ms.
   * Default `"keep"`.
   */
  hidden?: "keep" | "pause" | number | undefined;
  /**
   * An open connection has so many ms to show that it is alive when the page is back, else it is dropped (`idle-timeout`)
   * and made anew. It should be longer than the server's heartbeat. `false` trusts it. Default 5000.
   */
  livenessTimeout?: number | false | undefined;
}

/** How often we look whether time has jumped, and how far it must have (ms). */
const LOOK = 5000;
const JUMP = 15_000;

/** What `setTimeout` can keep. */
const LONGEST = 2 ** 31 - 1;

/**
 * Lets a subscription follow the page that it lives in.
 *
 * - Back from hidden, frozen, the back/forward cache, offline or sleep: a client that waits retries now (unless the server
 *   set the time with `Retry-After`), one that is open is checked for life, see `livenessTimeout`.
 * - `pagehide` and `freeze` pause (`status.reason` is `"pagehide"` or `"frozen"`), so that the page may enter the
 *   back/forward cache, where the browser lets it (Firefox does not, see docs/decisions/browsers.md); coming back opens
 *   again, after the last event that was handed over.
 * - Hidden: see `hidden`; `status.reason` is `"hidden"`.
 *
 * Where there is no page, as in Node, what remains is the wake from sleep. It never opens what you have closed or paused,
 * and whatever it opens is requested again: do not let it follow a request that must not be sent twice.
 *
 * @returns What ends it, and leaves the client as it is.
 *
 * @example
 * const source = createEventSource("/prices");
 * const unfollow = followPage(source, { hidden: 60_000 });
 */
export function followPage(
  source: Followable,
  { hidden = "keep", livenessTimeout = 5000 }: FollowPageOptions = {},
): () => void {
  const page = globalThis.document as Document | undefined;
  const isHidden = () => page?.visibilityState === "hidden";
  /** Why the page wants no connection now. */
  const reasons = new Set<string>();
  /** The status of the pause that we made. Any other pause is none of our business. */
  let ours: ConnectionStatus | undefined;
  let hideTimer: ReturnType<typeof setTimeout> | undefined;

  /** Whoever waits has no connection to let go of: it is paused only when it makes one. */
  function restrain({ state }: ConnectionStatus): void {
    if (!reasons.size || (state !== "connecting" && state !== "open")) return;
    source.pause([...reasons][0]);
    if (source.status.state === "paused") ours = source.status;
  }

  function hold(reason: string): void {
    reasons.add(reason);
    restrain(source.status);
  }

  function comeBack(...over: string[]): void {
    for (const reason of over) reasons.delete(reason);
    if (reasons.size) return;
    const { status } = source;
    const isWaiting = status.state === "waiting" && !status.error.headers?.get("retry-after");
    if (isWaiting || status === ours) source.open();
    else if (status.state === "open" && livenessTimeout !== false) source.checkLiveness(livenessTimeout);
  }

  function look(): void {
    clearTimeout(hideTimer);
    if (!isHidden()) comeBack("hidden", "frozen", "pagehide");
    else if (hidden === "pause") hold("hidden");
    else if (hidden !== "keep")
      hideTimer = setTimeout(() => isHidden() && hold("hidden"), Math.min(hidden, LONGEST));
  }

  // A timer that fires late by far has slept. Those of a hidden page are late by themselves.
  let lookedAt = Date.now();
  const pulse = setInterval(() => {
    const gap = Date.now() - lookedAt;
    lookedAt += gap;
    if (gap > LOOK + JUMP && !isHidden()) comeBack();
  }, LOOK);
  // Node's: looking must not keep a process alive.
  (pulse as { unref?: () => void }).unref?.();

  const unlisten = source.onStatus(restrain);
  const handlers: [target: EventTarget | undefined, type: string, handler: (event: Event) => void][] = [
    [page, "visibilitychange", look],
    [page, "freeze", () => hold("frozen")],
    [page, "resume", () => comeBack("frozen")],
    [globalThis.window, "pagehide", () => hold("pagehide")],
    [
      globalThis.window,
      "pageshow",
      (event) => {
        // The first one of a page is no return.
        if (!(event as PageTransitionEvent).persisted && !reasons.has("pagehide")) return;
        comeBack("frozen", "pagehide", ...(isHidden() ? [] : ["hidden"]));
      },
    ],
    [globalThis as unknown as EventTarget, "online", () => comeBack()],
  ];
  for (const [target, type, handler] of handlers) target?.addEventListener?.(type, handler);
  if (isHidden()) look();

  return () => {
    clearTimeout(hideTimer);
    clearInterval(pulse);
    unlisten();
    for (const [target, type, handler] of handlers) target?.removeEventListener?.(type, handler);
  };
}
