import { serve } from "./server.ts";

/** Lets I/O happen: as many requests as asked, one after the other, go to a server that has no part in the test. */
export async function roundTrips(count: number): Promise<void> {
  await using server = await serve((response) => response.end());
  for (let i = 0; i < count; i++) await (await fetch(server.url)).text();
}

/** Resolves when a condition holds; it is looked at once per turn of the event loop. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}
