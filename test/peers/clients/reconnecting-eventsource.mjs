import ReconnectingEventSource from "reconnecting-eventsource";

export function open(url, tell, { types = ["message"], ...options }) {
  const source = new ReconnectingEventSource(url, options);
  const hear = ({ type, data, lastEventId }) => tell.event({ type, data, id: lastEventId });
  for (const type of types) source.addEventListener(type, hear);
  source.onopen = () => tell.open();
  source.onerror = () => tell.error({});
  return { close: () => source.close() };
}
