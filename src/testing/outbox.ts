import type { Ending, Line } from "./response-stream.ts";

/** Something that a server does. `id`: it is an event, with that ID or with none (`""`). */
export type Said =
  | { readonly chunk: string | Uint8Array; readonly id?: string | undefined }
  | { readonly ending: Ending };

/** What a server says, in order. What it says while nobody is connected waits for the next connection. */
export interface Script {
  readonly say: (said: Said, lines: readonly Line[]) => void;
  /** Tells a new connection the events that it lacks, where they are kept, and what waits. */
  readonly begin: (line: Line, lastEventId: string) => void;
  /** Whether something waits. */
  readonly isDue: () => boolean;
}

/** `keeps`: connections that resume are told again what they lack. */
export function createScript(keeps: boolean): Script {
  /** The events that were said, where they are kept. */
  const events: Said[] = [];
  let ahead: Said[] = [];

  function hand(said: Said, line: Line): void {
    if ("ending" in said) line.finish(said.ending);
    else line.send(said.chunk);
  }
  const keep = (said: Said) => {
    if (keeps && "id" in said && said.id !== undefined) events.push(said);
  };
  const lastOf = (list: readonly Said[], id: string) =>
    list.findLastIndex((said) => "id" in said && said.id === id);

  return {
    say(said, lines) {
      if (!lines.length) return void ahead.push(said);
      keep(said);
      for (const line of lines) hand(said, line);
    },
    begin(line, lastEventId) {
      if (keeps && lastEventId) {
        // Whoever resumes after an event that waits here has had it, and all before it, from somebody else.
        const had = lastOf(ahead, lastEventId) + 1;
        ahead.slice(0, had).forEach(keep);
        ahead = ahead.slice(had);
      }
      for (const said of events.slice(lastEventId ? lastOf(events, lastEventId) + 1 : 0)) hand(said, line);
      while (ahead.length && line.isOpen()) {
        const said = ahead.shift()!;
        keep(said);
        hand(said, line);
      }
    },
    isDue: () => ahead.length > 0,
  };
}
