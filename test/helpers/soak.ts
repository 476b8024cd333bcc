import { writeSync } from "node:fs";

/** Whether the full counts are asked for (`npm run test:soak`). */
export const isSoak: boolean = Boolean(process.env["EVERSPRING_SOAK"]);

/** How often to do something: the full count takes minutes, the quick one seconds. */
export const times = (full: number, quick: number): number => (isSoak ? full : quick);

/** Prints what a soak run measured, so that it can be quoted; silent in the quick run. */
export function tell(what: string, figures: Record<string, unknown>): void {
  if (isSoak) writeSync(1, `${what}: ${JSON.stringify(figures)}\n`);
}
