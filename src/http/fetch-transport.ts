import { release } from "../stream/body.ts";
import type { Clock } from "../core/clock.ts";
import { createDeadline } from "./deadline.ts";
import { EventSourceError, toEventSourceError } from "../core/errors.ts";
import { attemptUrl, checkResponse, originOf, refusal, requestHeaders, valueFor } from "./http.ts";
import { baseUrl } from "../core/page.ts";
import { readStream } from "../stream/reader.ts";
import type { FetchInit, RequestOptions } from "./request-options.ts";
import type { PerAttempt, Transport } from "../core/types.ts";

/** The refreshes of credentials per `onUnauthorized` function, which concurrent streams share. */
interface Refreshes {
  inFlight?: Promise<void> | undefined;
  done: number;
}
const refreshes = /* @__PURE__ */ new WeakMap<object, Refreshes>();

/** Makes attempts with fetch. `init` goes to it as it is. */
export function createFetchTransport(
  url: PerAttempt<string | URL>,
  options: RequestOptions,
  init: RequestInit,
  clock: Clock,
): Transport {
  return async (context, sink) => {
    const { onUnauthorized, lastEventIdParam, idleTimeout, maxEventSize } = options;
    const isSameOrigin = (init.redirect as string) === "same-origin";
    const { lastEventId, signal } = context;
    let target: URL;
    let opened = false;
    const setDeadline = createDeadline(clock, signal, sink.fail);
    const endDeadline = () => setDeadline();
    const setConnectDeadline = () => setDeadline(options.connectTimeout, "connect-timeout");
    /** Whether we wait for bytes, and how long at most until the next ones. */
    let waiting = false;
    let patience = idleTimeout;
    const onWait = (isWaiting = false) => {
      waiting = isWaiting;
      if (!patience) return;
      setDeadline(waiting && patience, "idle-timeout");
      if (!waiting) patience = idleTimeout;
    };
    const checkLiveness = (within: number) => {
      patience = Math.min(Math.max(within, 1), patience || Infinity);
      if (waiting) setDeadline(patience, "idle-timeout", true);
    };

    async function request(): Promise<Response> {
      const send = options.fetch ?? globalThis.fetch;
      if (!send) throw new EventSourceError("unsupported", "There is no fetch here");
      target = await attemptUrl(url, context, lastEventIdParam);
      const sentHeaders = requestHeaders(
        await valueFor(options.headers, context),
        lastEventIdParam ? "" : lastEventId,
      );
      const sent: RequestInit = {
        // A page has an HTTP cache, which must neither answer nor keep a stream. Some other runtimes refuse the member.
        ...(baseUrl() && { cache: "no-store" }),
        ...init,
        body: (await valueFor(options.body, context)) ?? null,
        ...(isSameOrigin && { redirect: "manual" }),
        signal,
      };
      for (let count = 0; ; count++) {
        signal.throwIfAborted();
        // A plain object: a custom fetch that adds to it by a spread would lose all of a `Headers`, the last event ID, too.
        const plain = { ...sent, headers: Object.fromEntries(sentHeaders) };
        const response = (await send(target.href, plain as FetchInit)) as Response;
        const { status, headers, type } = response;
        const location = headers.get("location");
        if (!isSameOrigin || !(type === "opaqueredirect" || (location && /30[12378]/.test(`${status}`))))
          return response;
        void release(response.body);
        const next = location && new URL(location, target);
        // A browser does not tell where a redirect leads (`location` is null); refusing is the safe answer.
        if (!next || next.origin !== target.origin || count > 19)
          throw new EventSourceError("http-status", "Refused a redirect", { status, headers });
        target = next;
        const method = sent.method?.toUpperCase();
        if (status === 303 ? method !== "HEAD" : status < 303 && method === "POST") {
          Object.assign(sent, { method: "GET", body: null });
          for (const name of ["type", "length", "encoding", "language", "location"])
            sentHeaders.delete(`content-${name}`);
        }
      }
    }

    async function respond(): Promise<Response> {
      if (!onUnauthorized) return request();
      const shared = refreshes.get(onUnauthorized) ?? { done: 0 };
      refreshes.set(onUnauthorized, shared);
      const { done } = shared;
      const response = await request();
      if (response.status !== 401) return response;
      endDeadline();
      try {
        signal.throwIfAborted();
        // Nothing to do when another stream refreshed after this request was made.
        if (shared.done === done)
          await (shared.inFlight ??= (async () => {
            await onUnauthorized(response);
            shared.done++;
          })().finally(() => {
            shared.inFlight = undefined;
          }));
      } catch (cause) {
        throw Object.assign(refusal(response)!, { message: "onUnauthorized failed", cause });
      } finally {
        void release(response.body);
      }
      setConnectDeadline();
      return request();
    }

    // However the attempt ends, its signal is aborted, even while a function of the caller's hangs.
    signal.addEventListener("abort", endDeadline);
    try {
      signal.throwIfAborted();
      setConnectDeadline();
      const response = await respond();
      endDeadline();
      await checkResponse(response, clock.after);
      const { body, headers } = response;
      opened = true;
      const openUrl = response.url || target!.href;
      sink.open({ url: openUrl, headers, checkLiveness }, response);
      if (body)
        await readStream(body, {
          lastEventId,
          origin: originOf(openUrl),
          signal,
          maxEventSize,
          onRetry: sink.retry,
          onWait,
          deliver: sink.deliver,
        });
    } catch (cause) {
      throw toEventSourceError(cause, "network", opened ? "The connection was lost" : "The request failed");
    }
  };
}
