import { fileURLToPath } from "node:url";
import { browsers } from "../lib/browsers.mjs";
import { bundle } from "../lib/bundle.mjs";
import { against, complaint, heading, interleave, PATIENCE, titleOf } from "../lib/interleave.mjs";
import { mainThreadTime, processes } from "../lib/main-threads.mjs";
import { median } from "../lib/stats.mjs";
import { table } from "../lib/table.mjs";
import { peers, visible } from "../peers/index.mjs";
import { workloads } from "../workloads.mjs";

/** Those of Node, the class of the platform, and what only a page has. */
const CLIENTS = ["native", "decode", ...visible.slice(2), "sse.js"];

const here = (path) => JSON.stringify(fileURLToPath(new URL(path, import.meta.url)));

/** A client, and what it takes to measure it, as the page loads it. */
const code = ({ file, name }) => `import { summarize } from ${here("../lib/summary.mjs")};
import { ${name} as run } from ${here(`../peers/${file}.mjs`)};
export async function measure(url, check) {
  const summary = summarize();
  const start = performance.now();
  await run(url, check ? summary.check : summary.take);
  return { wall: performance.now() - start, ...summary.result() };
}`;

/** Fails when that takes too long: a page may be too busy to say so itself. */
async function patiently(promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`over ${PATIENCE / 1000} s`)), PATIENCE);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What each client delivers in a tab of its own, and what it costs the main thread of the page. */
const inBrowser = (browserName) => async (context) => {
  const { server, rounds, names, log } = context;
  const clients = context.choose(CLIENTS);
  const scale = context.scale / 5;
  const origin = `http://127.0.0.1:${server.port}`;
  const serve = (path, text, type = "text/javascript") => server.ask({ page: path, type, text });
  await serve("/page", "<!doctype html><title>bench</title><body></body>", "text/html");

  const { start, pages } = browsers[browserName];
  const browser = await start();
  const results = {};
  try {
    for (const name of names.filter((workload) => /^(tokens|single|ticks)$/.test(workload))) {
      const { expected, bytes } = await server.ask({ prepare: name, scale });
      const url = `${origin}/stream/${name}?scale=${scale}`;
      const tabs = new Set();
      const openTab = async (client) => {
        if (peers[client].node) throw new Error("it needs Node's modules");
        await serve(`/peer/${client}.js`, await bundle(code(peers[client])));
        const tab = await browser.newTab();
        tabs.add(tab);
        await tab.open(`${origin}/page`);
        return async (check) => {
          await tab.show();
          const running = processes(pages);
          const before = mainThreadTime(running);
          const expression = `import("/peer/${client}.js").then(({ measure }) => measure("${url}", ${check}))`;
          const got = await patiently(tab.run(expression)).catch(async (error) => {
            // It may still be busy, which would disturb the others.
            tabs.delete(tab);
            await patiently(tab.close()).catch(() => {});
            throw error;
          });
          return { ...got, cpu: mainThreadTime(running) - before };
        };
      };
      const entries = await interleave({ clients, rounds, expected, start: openTab });
      results[name] = { bytes, events: expected.count, clients: entries };
      for (const tab of tabs) await tab.close();
      log(`\n${heading(name, results[name])}\n\n${oneTable(results[name])}`);
    }
  } finally {
    await browser.close();
  }
  const ours = clients.filter((client) => peers[client].ours);
  const summary = table(
    ["times faster than native", ...ours.map((client) => peers[client].title)],
    Object.entries(results).map(([name, result]) => [
      workloads[name].title,
      ...ours.map((client) => against(result, "native", client)),
    ]),
  );
  const details = Object.entries(results).map(
    ([name, result]) => `${heading(name, result)}\n\n${oneTable(result)}`,
  );
  return { summary: `${browser.version}\n\n${summary}`, details: details.join("\n\n"), results };
};

function oneTable(result) {
  const per = (values) => `${((median(values) * 1000) / result.events).toFixed(2)} µs`;
  const rows = Object.entries(result.clients).map(([client, entry]) => [
    titleOf(client, entry),
    ...(entry.cpu.length
      ? [
          per(entry.cpu),
          per(entry.wall),
          against(result, "native", client),
          against(result, client, "decode"),
        ]
      : [complaint(entry), "", "", ""]),
  ]);
  return table(["client", "main thread", "wall", "times faster than native", "÷ decode"], rows);
}

export const chromium = inBrowser("chromium");
export const firefox = inBrowser("firefox");
export const webkitgtk = inBrowser("webkitgtk");
