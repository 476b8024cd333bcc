// One client in a process of its own, so that its CPU time and memory are its own: `fork("client.mjs", [name])`, in Node, Deno
// or Bun. Each message is a run: { url, check, body?, h2? }; the answer is what was delivered and what it cost.
import { serve } from "./lib/child.mjs";
import { loadPeer } from "./lib/load-peer.mjs";
import { summarize } from "./lib/summary.mjs";
import { synthetic } from "./lib/synthetic.mjs";

const run = await loadPeer(process.argv[2]);
const platformFetch = globalThis.fetch;

async function once({ url, check, body, h2 }) {
  globalThis.fetch = body ? synthetic(body) : h2 ? await http2() : platformFetch;
  const summary = summarize();
  const take = check ? summary.check : summary.take;
  const before = process.cpuUsage();
  const start = performance.now();
  await run(url, take);
  const wall = performance.now() - start;
  const { user, system } = process.cpuUsage(before);
  return { cpu: (user + system) / 1000, wall, ...summary.result() };
}

/** undici's fetch, which unlike Node's own can be told to use HTTP/2. */
async function http2() {
  const { Agent, fetch } = await import("undici");
  const dispatcher = new Agent({ allowH2: true, connect: { rejectUnauthorized: false } });
  return (url, init) => fetch(url, { ...init, dispatcher });
}

const { bun, deno, node } = process.versions;
serve(once, { runtime: bun ? `Bun ${bun}` : deno ? `Deno ${deno}` : `Node ${node}` });
