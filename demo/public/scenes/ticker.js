// Ticker: prices behind a token, with the list of events as the proof.
import { access } from "../access.js";
import { createMarket } from "./market.js";

const { createEventSource, json } = globalThis.everspring;

export const lead =
  "A stock ticker, protected by a token. Cut it, starve it, revoke its token or kill the server: the client comes back and resumes after the last event that it saw.";
export const files = ["public/scenes/ticker.js", "scenes/ticker.ts", "public/scenes/market.js"];
export const html = `
  <h2 class="visually-hidden">Market</h2>
  <ul class="market" id="market"></ul>
  <section class="panel table-panel" aria-labelledby="events-title">
    <div class="panel-head"><h2 id="events-title">Events</h2></div>
    <div class="scroll" tabindex="0" role="group" aria-labelledby="events-title">
      <table>
        <thead>
          <tr>
            <th scope="col">Id</th>
            <th scope="col">Symbol</th>
            <th scope="col" class="num">Price</th>
            <th scope="col" class="num">Change</th>
            <th scope="col" class="num time">Sent</th>
            <th scope="col"><span class="visually-hidden">Delivery</span></th>
          </tr>
        </thead>
        <tbody id="rows"></tbody>
      </table>
    </div>
  </section>`;

export function start(stage, frame) {
  const market = createMarket(stage);
  let drawing;

  const source = createEventSource("/events", { ...access, decode: json });
  frame.watch(source, { endpoint: "GET /events" });

  source.on("tick", ({ data, lastEventId }) => {
    market.add({ id: Number(lastEventId), ...data, delivery: frame.delivery });
    // At most once per frame, however many events a replay brings.
    drawing ??= requestAnimationFrame(() => {
      drawing = undefined;
      market.draw();
    });
  });

  return () => {
    source.close();
    cancelAnimationFrame(drawing);
  };
}
