// One client in a process of its own, so that its CPU time and memory are its own: `fork("client.mjs", [name])`.
// Each message is a run: { url, check, body?, h2? }; the answer is what was delivered and what it cost.
import { summarize } from "./lib/summary.mjs";
import { synthetic } from "./lib/synthetic.mjs";
import { peers } from "./peers/index.mjs";

const { load } = peers[process.argv[2]];
// Some peers expect a page, or talk on the console; what they write would be part of their time.
for (const name of ["log", "info", "debug", "warn", "error"]) console[name] = () => {};
const run = await load();
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

process.on("disconnect", () => process.exit());
process.on("message", (message) => {
  once(message).then(
    (result) => process.send(result),
    (error) => process.send({ error: String(error?.stack ?? error) }),
  );
});
process.send({ ready: true });
