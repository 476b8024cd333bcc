import { once } from "node:events";
import { createServer } from "node:net";

/** Below what systems give to those who do not ask for a port by its number (Linux: from 32768 on). */
const LOWEST = 20_000;
const HIGHEST = 32_000;
const given = new Set<number>();

/**
 * A port for a program that has to be told one, and which may be away for a while. No connection that somebody else makes
 * meanwhile, be it to this very port, can have it as its own end, and it is given once.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
}

/** On all addresses: a program may listen on any of them. */
async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  try {
    await once(probe.listen(port), "listening");
    return true;
  } catch {
    return false;
  } finally {
    if (probe.listening) await once(probe.close(), "close");
  }
}
