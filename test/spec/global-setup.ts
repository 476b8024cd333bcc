import type { TestProject } from "vitest/node";
import { startSpecServer } from "./server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The port of the suite's server. */
    specPort: number;
  }
}

/** Starts the server of the suite for the tests that run in a page. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startSpecServer();
  project.provide("specPort", server.port);
  return async () => {
    await server[Symbol.asyncDispose]();
  };
}
