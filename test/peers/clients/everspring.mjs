import { createEventSource, schemas } from "../../../dist/index.js";
import { followPage } from "../../../dist/lifecycle.js";
import { createSharedEventSource } from "../../../dist/shared.js";

export function open(url, tell, options) {
  const { headers, headersNow, refresh, method, body, fetch, lastEventId, idleTimeout, schema } = options;
  const source = (options.share ? createSharedEventSource : createEventSource)(url, {
    headers: headersNow ?? headers,
    onUnauthorized: refresh,
    method,
    body,
    fetch,
    lastEventId,
    idleTimeout,
    ...(schema && { decode: schemas({ message: schema }) }),
  });
  source.onEvent(({ type, data, lastEventId: id }) => tell.event({ type, data, id }));
  source.onError(({ code, status, headers: sent, body: text }) =>
    tell.error({ code, status, headers: sent !== undefined, body: text }),
  );
  source.onStatus(({ state }) => {
    if (state === "open") tell.open();
    if (state === "closed") tell.closed();
  });
  if (options.page) followPage(source, { hidden: "pause" });
  return { close: () => source.close() };
}

export const iterate = (url) => createEventSource(url);
