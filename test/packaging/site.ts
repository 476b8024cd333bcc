import { once } from "node:events";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { root } from "./consumer.ts";
import { run } from "./run.ts";

const docs = join(root, "docs");

interface Lockfile {
  packages: Record<string, { version?: string; optional?: boolean } | undefined>;
}

/** Whether docs/node_modules has what docs/package-lock.json names. */
function upToDate(): boolean {
  const read = (name: string): Lockfile => JSON.parse(readFileSync(join(docs, name), "utf8"));
  try {
    const installed = read("node_modules/.package-lock.json").packages;
    return Object.entries(read("package-lock.json").packages).every(
      ([name, entry]) => !name || entry?.optional || installed[name]?.version === entry?.version,
    );
  } catch {
    return false;
  }
}

/** Builds the site into a folder. A dead link is an error of the build. */
export async function buildSite(into: string): Promise<string> {
  if (!upToDate()) await run("npm", ["ci", "--no-audit", "--no-fund"], docs, 600_000);
  const { stdout } = await run("npm", ["run", "build", "--", "--outDir", into], docs, 300_000);
  return stdout;
}

const types: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
  ".txt": "text/plain",
};

/** Serves a folder as it is. */
export async function serveFolder(folder: string): Promise<AsyncDisposable & { url: string }> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, "http://localhost");
    const file = join(folder, pathname.endsWith("/") ? `${pathname}index.html` : pathname);
    readFile(file).then(
      (content) =>
        response.setHeader("content-type", types[extname(file)] ?? "application/octet-stream").end(content),
      () => response.writeHead(404).end(),
    );
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
