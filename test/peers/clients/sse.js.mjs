import { SSE } from "sse.js";

export function open(url, tell, { types = ["message"], headers, method, body, lastEventId, once }) {
  const source = new SSE(url, { headers, method, payload: body, autoReconnect: !once, start: false });
  if (lastEventId) source.lastEventId = lastEventId;
  const hear = ({ type, data, lastEventId: id }) => tell.event({ type, data, id });
  for (const type of types) source.addEventListener(type, hear);
  source.addEventListener("open", () => tell.open());
  source.addEventListener("error", ({ responseCode, data }) =>
    tell.error({ status: responseCode, body: data || undefined }),
  );
  source.addEventListener("readystatechange", ({ readyState }) => {
    if (readyState === SSE.CLOSED && !source.autoReconnect) tell.closed();
  });
  source.stream();
  return { close: () => source.close() };
}
