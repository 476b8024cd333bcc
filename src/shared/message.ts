import { EventSourceError } from "../index.ts";
import type { Entry, Place } from "./log.ts";

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
  readonly headers?: readonly [string, string][] | undefined;
  readonly delay?: number;
};

/** What a client asks of the connection, whoever has it. `within` belongs to `checkLiveness`. */
export type Wish = readonly [what: "open" | "reconnect" | "checkLiveness", within: number];

/** What tabs tell each other. */
export type Message = {
  /** The sender's name. */
  readonly from: string;
} & ({ readonly ask: Place } | { readonly wish: Wish } | News);

/** What the leader tells: all, or who asked. */
export interface News {
  readonly to?: string;
  /** The key of the item before `items`, and of the last of them. Whoever is not there has to ask. */
  readonly after: string;
  readonly at: string;
  readonly items: readonly Entry[];
  readonly state: SharedState | undefined;
  /** To somebody who is at no place that the leader knows of: what `items` come after. */
  readonly lost?: Place | undefined;
}

/** Whether data of the channel is a message. It may come from another version of this package, or from a stranger. */
export function isMessage(data: unknown): data is Message {
  const { from, ask, wish, to, after, at, items, lost } = Object(data) as Record<string, unknown>;
  const isText = (value: unknown) => typeof value === "string";
  const isPlace = (value: unknown) => {
    const { key, lastEventId } = Object(value) as Place;
    return isText(key) && isText(lastEventId);
  };
  if (!isText(from)) return false;
  if (ask !== undefined) return isPlace(ask);
  if (wish !== undefined)
    return Array.isArray(wish) && /^(open|reconnect|checkLiveness)$/.test(wish[0] as string) && wish[1] >= 0;
  return (
    isText(after) &&
    isText(at) &&
    Array.isArray(items) &&
    items.every(isPlace) &&
    (to === undefined || isText(to)) &&
    (lost === undefined || isPlace(lost))
  );
}

/** An error without what cannot be told to another tab. */
export function toPlain(error: EventSourceError): PlainError {
  const headers: [string, string][] = [];
  error.headers?.forEach?.((value, name) => headers.push([name, value]));
  return { ...(JSON.parse(JSON.stringify(error)) as PlainError), headers };
}

/** The error again, an object of one's own. */
export function fromPlain({ code, message, headers, ...details }: PlainError): EventSourceError {
  return new EventSourceError(code, message, {
    ...details,
    ...(headers?.length && { headers: new Headers(headers as [string, string][]) }),
  });
}
