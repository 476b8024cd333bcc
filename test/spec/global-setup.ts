import type { TestProject } from "vitest/node";
import { startDropInServer } from "./drop-in-server.ts";
import { startSpecServer } from "./server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The port of the suite's server. */
    specPort: number;
    /** The port of the server of `drop-in.html`. */
    dropInPort: number;
  }
}

/** Starts the servers of the suite for the tests that run in a page. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const servers = [await startSpecServer(), await startDropInServer()] as const;
  project.provide("specPort", servers[0].port);
  project.provide("dropInPort", servers[1].port);
  return async () => {
    for (const server of servers) await server[Symbol.asyncDispose]();
  };
}
