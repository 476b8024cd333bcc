/** For whatever has the interface of the standard's class. The driver names the types that a server here sends. */
export function listen(source, tell, { types = ["message"] }) {
  const hear = ({ type, data, lastEventId }) => tell.event({ type, data, id: lastEventId });
  for (const type of types) source.addEventListener(type, hear);
  source.addEventListener("open", () => tell.open());
  source.addEventListener("error", (event) => {
    const { status, code, message, headers } = event;
    tell.error({
      status: typeof code === "number" ? code : status,
      headers: headers !== undefined,
      message: Boolean(message),
    });
    if (source.readyState === 2) tell.closed();
  });
  return { close: () => source.close() };
}
