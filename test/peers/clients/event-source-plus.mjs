import { EventSourcePlus } from "event-source-plus";

export function open(url, tell, { headers, headersNow, refresh, method, body, fetch, lastEventId }) {
  const source = new EventSourcePlus(url, {
    headers: headersNow ?? headers,
    method: method?.toLowerCase(),
    body,
    ...(fetch && { fetch }),
  });
  if (lastEventId) source.lastEventId = lastEventId;
  const controller = source.listen({
    onMessage: ({ event, data, id = "" }) => tell.event({ type: event, data, id }),
    async onResponseError({ response }) {
      const { status, headers: sent } = response;
      // A page that is taken for a stream may have no end.
      const body = status === 200 ? undefined : await response.text();
      tell.error({ status, headers: Boolean(sent), body });
      if (status === 401) await refresh?.();
    },
    onRequestError: () => tell.error({}),
  });
  controller.onAbort(() => tell.closed());
  return { close: () => controller.abort() };
}
