// Live dashboard: a busy shop. Whatever happens within 100 ms goes out as one event.
import { Router } from "express";
import type { Scene, Stage } from "../stage.ts";

const BATCH = 100;
/** A minute of it. */
const BACKLOG = 600;

export interface Metrics {
  at: string;
  /** Visitors who are here now. */
  users: number;
  /** Orders since the last event, and how many of them failed. */
  transactions: number;
  errors: number;
}

export function createDashboard({ feed, join, guard, tokens, report }: Stage): Scene {
  const shop = createShop();
  const batching = setInterval(() => void tick().catch(report), BATCH);

  async function tick(): Promise<void> {
    const metrics = await feed("dashboard", BACKLOG);
    if (metrics.isWatched()) await metrics.publish("metrics", shop.take());
  }

  const routes = Router();
  routes.get("/", guard("dashboard", tokens.revoke), tokens.require, join("dashboard", BACKLOG));
  return { routes, close: () => clearInterval(batching) };
}

/** Made up: visitors come in waves, every one of them buys now and then, and now and then a bad minute passes. */
function createShop() {
  let users = 900 + 400 * Math.random();
  let trouble = 0;
  return {
    take(): Metrics {
      const now = new Date();
      const wave = 1200 + 380 * Math.sin(now.getTime() / 17_000) + 120 * Math.sin(now.getTime() / 3_100);
      users += (wave - users) * 0.02 + (Math.random() - 0.5) * 14;
      trouble = Math.random() < 0.006 ? 1 : trouble * 0.97;
      const transactions = poisson((users / 1200) * 9);
      const errors = Math.min(transactions, poisson(transactions * (0.01 + 0.3 * trouble)));
      return { at: now.toISOString(), users: Math.round(users), transactions, errors };
    },
  };
}

/** How often something happens that happens `mean` times on average. */
function poisson(mean: number): number {
  let count = -1;
  for (let left = Math.exp(mean); left > 1 || count < 0; left *= Math.random()) count++;
  return count;
}
