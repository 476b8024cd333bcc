import { systemClock } from "../core/clock.ts";
import { invalid } from "../core/errors.ts";
import type { ConnectionStatus } from "../index.ts";

/** The part of a client that {@link followPage} uses. Every `EventSourceClient` has it. */
export interface Followable {
  /** The status of the connection. */
  readonly status: ConnectionStatus;
  /** Opens the client, or retries at once while it waits. */
  open(): void;
  /** Pauses the client, with the reason that its status shows. */
  pause(reason?: string): void;
  /** Fails an open connection that receives no data within `timeout` ms. */
  checkLiveness(timeout: number): void;
  /** Listens to changes of `status`. Returns an unsubscribe function. */
  onStatus(listener: (status: ConnectionStatus) => void): () => void;
}

/** Options of {@link followPage}. */
export interface FollowPageOptions {
  /**
   * What happens while the page is hidden: `"keep"` keeps the connection, `"pause"` pauses it at once, and a number pauses
   * it after that many ms. Default `"keep"`.
   */
  hidden?: "keep" | "pause" | number | undefined;
  /**
   * Maximum time without a byte after the page returns, in ms. On expiry an open connection fails with `idle-timeout` and
   * is retried. Use a value longer than the server's heartbeat interval. `false` disables the check. Default 5000.
   */
  livenessTimeout?: number | false | undefined;
}

/** How often to look for a jump in time, and the jump that counts as sleep (ms). */
const PULSE = 5000;
const SLEEP = 15_000;

/**
 * Pauses and resumes a subscription with the page that it lives in.
 *
 * - When the page returns from hidden, frozen, the back/forward cache, offline or sleep, a waiting client retries at once,
 *   unless the server set the delay with `Retry-After`. An open connection is checked, see `livenessTimeout`.
 * - `pagehide` and `freeze` pause the client (`status.reason` is `"pagehide"` or `"frozen"`), so that the page can enter the
 *   back/forward cache in browsers that keep such pages. When the page returns, the client resumes after its last event.
 * - For a hidden page see `hidden`; `status.reason` is `"hidden"`.
 *
 * Outside a page, as in Node, only the return from sleep remains. A client that you closed or paused is never opened.
 * Resuming repeats the request, so do not use it with a request that must be sent only once.
 *
 * @returns A function that stops following the page. It leaves the client as it is.
 * @throws EventSourceError `invalid-option` if `hidden` or `livenessTimeout` is negative or NaN.
 *
 * @example
 * const source = createEventSource("/prices");
 * const unfollow = followPage(source, { hidden: 60_000 });
 */
export function followPage(source: Followable, options: FollowPageOptions = {}): () => void {
  for (const [option, value] of Object.entries(options))
    if (Number.isNaN(value) || (value as number) < 0) throw invalid(option, "expected ms >= 0");
  const { hidden = "keep", livenessTimeout = 5000 } = options;
  const page = globalThis.document as Document | undefined;
  const isHidden = () => page?.hidden;
  /** Why the page should have no connection now. */
  const reasons = new Set<string>();
  /** The status of the pause made here. Any other pause belongs to the application. */
  let ownPause: ConnectionStatus | undefined;
  let cancelHide = () => {};

  /** Pauses an active client while there are reasons. A waiting client keeps its delay, and is paused when it connects. */
  function pauseIfActive({ state }: ConnectionStatus): void {
    if (!reasons.size || !/connecting|open/.test(state)) return;
    source.pause([...reasons][0]);
    if (source.status.state === "paused") ownPause = source.status;
  }

  function leave(reason: string): void {
    reasons.add(reason);
    pauseIfActive(source.status);
  }

  function comeBack(...ended: string[]): void {
    for (const reason of ended) reasons.delete(reason);
    if (reasons.size) return;
    const { status } = source;
    const mayRetry = status.state === "waiting" && !status.error.headers?.get("retry-after");
    if (mayRetry || status === ownPause) source.open();
    else if (status.state === "open" && livenessTimeout !== false) source.checkLiveness(livenessTimeout);
  }

  function onVisibility(): void {
    cancelHide();
    if (!isHidden()) comeBack("hidden", "frozen", "pagehide");
    else if (hidden === "pause") leave("hidden");
    else if (hidden !== "keep") cancelHide = systemClock.after(hidden, () => isHidden() && leave("hidden"));
  }

  // A pulse that is very late means sleep. Timers of a hidden page are throttled, so there it means nothing.
  let lastPulse = Date.now();
  const pulse = setInterval(() => {
    const gap = Date.now() - lastPulse;
    lastPulse += gap;
    if (gap > PULSE + SLEEP && !isHidden()) comeBack();
  }, PULSE);
  // In Node the pulse must not keep the process alive.
  (pulse as { unref?: () => void }).unref?.();

  const unsubscribe = source.onStatus(pauseIfActive);
  const scope = globalThis as unknown as EventTarget;
  const listeners: [target: EventTarget | undefined, type: string, listener: (event: Event) => void][] = [
    [page, "visibilitychange", onVisibility],
    [page, "freeze", () => leave("frozen")],
    [page, "resume", () => comeBack("frozen")],
    [scope, "pagehide", () => leave("pagehide")],
    [
      scope,
      "pageshow",
      (event) => {
        // The first `pageshow` of a page is not a return.
        if ((event as PageTransitionEvent).persisted || reasons.size)
          comeBack("frozen", "pagehide", isHidden() ? "" : "hidden");
      },
    ],
    [scope, "online", () => comeBack()],
  ];
  for (const [target, type, listener] of listeners) target?.addEventListener?.(type, listener);
  if (isHidden()) onVisibility();

  return () => {
    cancelHide();
    clearInterval(pulse);
    unsubscribe();
    for (const [target, type, listener] of listeners) target?.removeEventListener?.(type, listener);
  };
}
