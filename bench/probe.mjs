// One client in a process of its own, for what is not throughput: `fork("probe.mjs", [name])`.
import { serve } from "./lib/child.mjs";
import { loadPeer } from "./lib/load-peer.mjs";
import { quantile } from "./lib/stats.mjs";

const run = await loadPeer(process.argv[2]);

/** Bytes that are alive. */
async function memory() {
  for (let i = 0; i < 5; i++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { live: heapUsed + external, rss };
}

const kinds = {
  async latency({ url }) {
    const delays = [];
    await run(url, (_, sent) => void delays.push(Number(process.hrtime.bigint() - BigInt(sent)) / 1000));
    delays.splice(0, 100);
    return { count: delays.length, p50: quantile(delays, 0.5), p99: quantile(delays, 0.99) };
  },
  async first({ url, times }) {
    const delays = [];
    for (let i = 0; i < times; i++) {
      const start = performance.now();
      let delay = 0;
      await run(url, () => void (delay ||= performance.now() - start));
      delays.push(delay);
    }
    return { delay: quantile(delays, 0.5) * 1000 };
  },
  async kept({ url }) {
    const kept = [];
    let seen = 0;
    let chars = 0;
    // What is loaded and compiled once is not what the data hold.
    await run(url, () => {});
    const before = await memory();
    await run(url, (_, data) => {
      if (seen++ % 100) return;
      kept.push(data);
      chars += data.length;
    });
    const after = await memory();
    return { seen, chars, bytes: after.live - before.live, count: kept.length };
  },
  async heap({ url, marks }) {
    let seen = 0;
    const live = [];
    await run(url, () => {
      if (++seen !== marks[live.length]) return;
      globalThis.gc();
      live.push(process.memoryUsage().heapUsed);
    });
    return { seen, live };
  },
  async slow({ url, duration }) {
    const before = process.memoryUsage().rss;
    let seen = 0;
    const end = performance.now() + duration;
    let finish;
    const finished = new Promise((resolve) => (finish = resolve));
    run(url, async () => {
      seen++;
      if (performance.now() > end) finish();
      await new Promise((resolve) => setTimeout(resolve, 2));
    }).catch(() => {});
    await finished;
    return { seen, rss: process.memoryUsage().rss - before };
  },
  async idle({ url, count }) {
    const before = await memory();
    for (let i = 0; i < count; i++) {
      // One that fails is missed at the server.
      run(url, () => {}).catch(() => {});
      // Not all at once: the server's queue has an end.
      if (i % 100 === 99) await new Promise((resolve) => setTimeout(resolve, 30));
    }
    return { before };
  },
  memory,
};

serve(({ kind, ...message }) => kinds[kind](message));
