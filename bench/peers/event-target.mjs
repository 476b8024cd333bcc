/** A run with anything that has the interface of the standard's class. */
export function target(open) {
  return (url, take) =>
    new Promise((resolve, reject) => {
      const source = open(url);
      const hear = (event) => take(event.type, event.data, event.lastEventId);
      source.addEventListener("message", hear);
      source.addEventListener("tick", hear);
      source.addEventListener("end", () => {
        source.close();
        resolve();
      });
      source.addEventListener("error", (event) => {
        source.close();
        reject(new Error(`error event: ${event.message ?? ""}`));
      });
    });
}
