import { EventSourceError } from "../core/errors.ts";
import { baseUrl } from "../core/page.ts";
import type { AttemptContext, PerAttempt } from "../core/types.ts";
import { copyHeaders, requestHeaders } from "./headers.ts";
import { valueFor } from "./per-attempt.ts";
import type { RequestOptions } from "./request-options.ts";
import type { Timeouts } from "./timeouts.ts";
import { attemptUrl, type StreamUrl } from "./url.ts";

/** One attempt, as the files of this folder share it. */
export interface Attempt {
  readonly context: AttemptContext;
  /** The URL requested, and the final URL once there is a response. */
  url: string;
  readonly timeouts: Timeouts | undefined;
}

/** Makes the request of an attempt. */
export type MakeRequest = (attempt: Attempt) => Promise<Response>;

/** The second argument of fetch, as we send it. */
export type SentInit = Omit<RequestInit, "headers" | "signal"> & {
  headers: Record<string, string>;
  signal: AbortSignal;
};

/** Calls fetch. */
export type Send = (url: string, init: SentInit) => PromiseLike<Response>;

/** The members of fetch's second argument that the caller set. */
export type PassedInit = Omit<RequestInit, "method"> & { method?: PerAttempt<string> | undefined };

/** Whether a method is GET or HEAD, which take no body and can be repeated. A function may return any method. */
export const isPlain = ({ method = "GET" }: { method?: unknown }): boolean =>
  /^(get|head)$/i.test(method as string);

/**
 * The plain request. Headers are copied now; functions are called once per attempt.
 *
 * @param follow - What to do about redirects, if fetch should not follow them.
 * @throws EventSourceError `invalid-option` for malformed headers.
 */
export function plainRequest(
  address: StreamUrl,
  options: Pick<RequestOptions, "headers" | "body" | "fetch" | "lastEventIdParam">,
  init: PassedInit,
  follow = (send: Send): Send => send,
): MakeRequest {
  const { headers, body, lastEventIdParam } = options;
  const ownHeaders = typeof headers === "function" ? headers : copyHeaders(headers);
  return async (attempt) => {
    const { context, timeouts } = attempt;
    const { lastEventId, signal } = context;
    timeouts?.connect();
    const send = (options.fetch ?? globalThis.fetch) as Send | undefined;
    if (!send) throw new EventSourceError("unsupported", "This runtime has no fetch");
    attempt.url = await attemptUrl(address, context, lastEventIdParam);
    const method = await valueFor(init.method, context);
    const sentHeaders = requestHeaders(
      await valueFor(ownHeaders, context),
      lastEventIdParam ? "" : lastEventId,
    );
    const sentBody = await valueFor(body, context);
    signal.throwIfAborted();
    const response = await follow(send)(attempt.url, {
      // The HTTP cache of a page must neither answer nor store a stream. Some other runtimes reject the member.
      ...init,
      ...(baseUrl() && !init.cache && { cache: "no-store" }),
      method,
      // A plain object: a custom fetch that spreads a `Headers` would lose every header.
      headers: Object.fromEntries(sentHeaders),
      body: isPlain({ method }) ? undefined : sentBody,
      signal,
    } as SentInit);
    timeouts?.stop();
    return response;
  };
}
