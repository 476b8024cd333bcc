import type { Clock } from "../core/clock.ts";
import type { ConnectionStatus, EventSourceError } from "../index.ts";
import type { EventSourceHint } from "./record.ts";
import { innermost } from "./redact.ts";
import type { Traceable } from "./traceable.ts";

/**
 * Looks for the likely cause of a failure in what a client emits: statuses, events, comments and errors. Each hint is given
 * once. Returns a function that stops.
 */
export function watchForHints(
  source: Traceable,
  give: (hint: EventSourceHint, message: string) => void,
  silence: number,
  clock: Clock,
): () => void {
  /** The hints that have yet to be given. */
  const messages: Partial<Record<EventSourceHint, string>> = {
    "held-back":
      "No response, or nothing in it. Does a proxy buffer (nginx: proxy_buffering off, X-Accel-Buffering: no) or compress (gzip)? Does the server have nothing to send yet? Then begin with a comment",
    "ends-at-once":
      "3 connections in a row ended within 1 s and without an event. Does the handler return instead of keeping the response open? Does a proxy not stream?",
  };
  let headers: Headers | undefined;
  /** When the open connection opened. `-Infinity` after its first event, and for one that opened before the trace began. */
  let openedAt = -Infinity;
  let instantEnds = 0;
  let cancel = () => {};

  function hint(name: EventSourceHint): void {
    const message = messages[name];
    delete messages[name];
    if (!message) return;
    const parts = [message];
    headers?.forEach((value, header) => {
      if (/^(content-encoding|server|via)$/i.test(header)) parts.push(`${header}: ${value}`);
    });
    give(name, parts.join("; "));
  }

  function countFailure(error: EventSourceError): void {
    const { code } = innermost(error);
    // An ended stream has no cause underneath.
    const isEnd = code === "stream-ended" || code === "premature-end";
    instantEnds = isEnd && clock.now() - openedAt < 1000 ? instantEnds + 1 : 0;
    if (instantEnds === 3) hint("ends-at-once");
  }

  function onStatus(status: ConnectionStatus): void {
    const { error } = status as { error?: EventSourceError };
    cancel();
    if (error) countFailure(error);
    openedAt = -Infinity;
    if (status.state === "open") {
      ({ headers } = status);
      openedAt = clock.now();
      // The native class exposes neither headers nor comments, so its silence means nothing.
      if (!headers.get("content-type")) return;
    } else if (status.state === "connecting") headers = undefined;
    else return;
    const id = source.lastEventId;
    cancel = clock.after(silence, () => {
      // A block that contains only an ID causes no event.
      if (source.lastEventId === id) hint("held-back");
    });
  }

  function onEvent(): void {
    cancel();
    openedAt = -Infinity;
  }

  const unsubscribe = [
    source.onStatus(onStatus),
    source.onComment(() => cancel()),
    source.onEvent(onEvent),
    source.onError((error) => {
      if (error.event) onEvent();
    }),
  ];
  // Most traces begin right after the client was made. Of a connection that is open already, events may have been missed.
  if (source.status.state === "connecting") onStatus(source.status);

  return () => {
    cancel();
    for (const end of unsubscribe) end();
  };
}
