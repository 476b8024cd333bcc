import { EventSourceError, type StreamItem } from "./index.ts";

/** How the shared connection is, as the tabs tell each other. */
export type SharedState =
  | { readonly is: "connecting"; readonly attempt: number }
  | {
      readonly is: "open";
      readonly attempt?: undefined;
      readonly url: string;
      readonly headers: readonly [string, string][];
    }
  /** The attempt failed; the next one comes after `error.delay`, or when the page is online. */
  | { readonly is: "failed"; readonly attempt: number; readonly error: PlainError }
  | { readonly is: "closed"; readonly attempt?: undefined; readonly error?: PlainError | undefined };

/** An error as it goes from tab to tab. */
export type PlainError = Pick<EventSourceError, "code" | "message"> & {
  readonly headers?: Record<string, string>;
  readonly delay?: number;
};

/** What a client asks of the connection, whoever has it. */
export type Wish = readonly [what: "open" | "reconnect"] | readonly [what: "check", within: number];

/** What tabs tell each other. `from` is the sender's name. */
export type Message =
  /** "I want to follow": `leader` and `end` are whom it followed last, and how far. */
  | { readonly from: string; readonly ask: { readonly leader: string | undefined; readonly end: number } }
  | { readonly from: string; readonly wish: Wish }
  /** To the one who asked. `items` begin with the number `start`, which comes after the ID `id`. */
  | ({ readonly from: string; readonly to: string } & Welcome)
  /** What the leader tells all. */
  | { readonly from: string; readonly start: number; readonly items: readonly StreamItem[] }
  | { readonly from: string; readonly state: SharedState };

export interface Welcome {
  readonly start: number;
  readonly id: string;
  readonly items: readonly StreamItem[];
  /** What the other knew does not join on to this. */
  readonly isNew: boolean;
  readonly state: SharedState | undefined;
}

/** An error without what cannot be told to another tab. */
export function toPlain(error: EventSourceError): PlainError {
  return JSON.parse(JSON.stringify(error)) as PlainError;
}

/** The error again, an object of one's own. */
export function fromPlain({ code, message, headers, ...details }: PlainError): EventSourceError {
  return new EventSourceError(code, message, {
    ...details,
    ...(headers && { headers: new Headers(headers) }),
  });
}
