import { bottomOf } from "./redact.ts";
import type { TraceClock } from "./logger.ts";
import type { Traceable } from "./traceable.ts";
import type { EventSourceError } from "../index.ts";
import type { EventSourceHint } from "./record.ts";

/** Tells what a client's statuses, events and errors together say about the way that its stream takes; the result ends it. */
export function followHints(
  source: Traceable,
  tell: (hint: EventSourceHint, message: string) => void,
  silence: number,
  clock: TraceClock,
): () => void {
  /** What can be told yet. */
  const words: Partial<Record<EventSourceHint, string>> = {
    "held-back":
      "Open, but nothing comes: does a proxy buffer (proxy_buffering off, X-Accel-Buffering: no), or gzip, also of a development server? A server that has nothing to say yet begins with a comment",
    "ends-at-once":
      "Three connections in a row ended within a second and without an event: does the handler return instead of keeping the response open, or a proxy not stream?",
  };
  let headers: Headers | undefined;
  /** When the connection opened that has had no event yet. Of one that was open before nobody knows what came. */
  let openedAt = -Infinity;
  let instantEnds = 0;
  let cancel = () => {};

  function hint(what: EventSourceHint): void {
    const message = words[what];
    delete words[what];
    if (!message) return;
    const said = [message];
    headers?.forEach((value, name) => {
      if (/^(content-encoding|server|via)$/i.test(name)) said.push(`${name}: ${value}`);
    });
    tell(what, said.join("; "));
  }

  const undo = [
    source.onStatus((status) => {
      const { error } = status as { error?: EventSourceError };
      cancel();
      if (error) {
        // Where the server ended the stream there is nothing else underneath.
        const isEnd = /^(network|premature-end)$/.test(bottomOf(error).code as string);
        instantEnds = isEnd && clock.now() - openedAt < 1000 ? instantEnds + 1 : 0;
        if (instantEnds === 3) hint("ends-at-once");
      }
      openedAt = -Infinity;
      if (status.state !== "open") return;
      ({ headers } = status);
      openedAt = clock.now();
      // The native class tells neither headers nor comments: there silence says nothing.
      if (!headers.get("content-type")) return;
      // A block that is only an ID is not told otherwise.
      const id = source.lastEventId;
      cancel = clock.after(silence, () => {
        if (source.lastEventId === id) hint("held-back");
      });
    }),
    source.onComment(() => cancel()),
    source.onEvent(heard),
    source.onError((error) => {
      if (error.event) heard();
    }),
  ];

  function heard(): void {
    cancel();
    openedAt = -Infinity;
  }

  return () => {
    cancel();
    for (const end of undo) end();
  };
}
