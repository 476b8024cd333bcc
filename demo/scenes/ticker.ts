// Ticker: invented companies on a random walk. /ticker is open to all, /events wants a token.
import { Router } from "express";
import type { Feed } from "../feed.ts";
import type { Scene, Stage } from "../stage.ts";

const EVERY = Number(process.env["DEMO_TICK"] ?? 500);

export interface Tick {
  symbol: string;
  price: number;
  /** Per cent since the opening price. */
  change: number;
  /** ISO 8601 time at which the server made this tick. */
  at: string;
}

export async function createTicker({ guard, tokens, report }: Stage, feed: Feed): Promise<Scene> {
  // The walk goes on from the prices of the last run.
  const walk = createWalk(await feed.recent(200));
  const ticking = setInterval(() => {
    feed
      .publish("tick", walk.next())
      .catch((error: Error) => report(new Error(`not published: ${error.message}`)));
  }, EVERY);

  const routes = Router();
  const gate = guard("ticker", tokens.revoke);
  routes.get("/ticker", gate, feed.join);
  routes.get("/events", gate, tokens.require, feed.join);
  return { routes, close: () => clearInterval(ticking) };
}

const OPENING: Readonly<Record<string, number>> = {
  BROOK: 84.2,
  DELTA: 231.5,
  GEYSR: 12.75,
  LAGUN: 156.4,
  RILL: 47.1,
  TIDE: 318.9,
};

const round = (value: number): number => Math.round(value * 100) / 100;

/** `recent` is the data of the last events in the log. */
function createWalk(recent: readonly string[]) {
  const prices = new Map(Object.entries(OPENING));
  for (const data of recent) {
    const tick: Tick = JSON.parse(data);
    if (prices.has(tick.symbol)) prices.set(tick.symbol, tick.price);
  }
  let previous = "";

  return {
    next(): Tick {
      const symbols = [...prices.keys()].filter((symbol) => symbol !== previous);
      const symbol = symbols[Math.floor(Math.random() * symbols.length)] ?? "BROOK";
      const opening = OPENING[symbol] ?? 100;
      const current = prices.get(symbol) ?? opening;
      // A little pull towards the opening price keeps a demo that runs for days on the chart.
      const step = current * 0.012 * (Math.random() - 0.5) + (opening - current) * 0.015;
      const price = Math.max(0.01, round(current + step));
      prices.set(symbol, price);
      previous = symbol;
      return { symbol, price, change: round((price / opening - 1) * 100), at: new Date().toISOString() };
    },
  };
}
