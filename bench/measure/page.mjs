import { fileURLToPath } from "node:url";
import { chromium } from "playwright";
import { median, ratio, showRatio } from "../lib/stats.mjs";
import { verdict } from "../lib/summary.mjs";
import { table } from "../lib/table.mjs";
import { workloads } from "../workloads.mjs";
import { bundle } from "./sizes.mjs";

const peer = (name) => fileURLToPath(new URL(`../peers/${name}.mjs`, import.meta.url));
const from = (name, what = "run") => `export { ${what} as run } from "${peer(name)}";`;
const clients = {
  native: {
    title: "native EventSource",
    code: `import { target } from "${peer("event-target")}"; export const run = target((url) => new EventSource(url));`,
  },
  decode: { title: "limit: drain + decode", limit: true, code: from("limits", "decode") },
  listeners: { title: "**everspring**, listeners", code: from("everspring", "listeners") },
  iterator: { title: "**everspring**, iterator", code: from("everspring", "iterator") },
  fetchEvents: { title: "**everspring**, `fetchEvents`", code: from("everspring", "finite") },
  class: { title: "**everspring/eventsource**", code: from("everspring", "dropIn") },
  "eventsource-client": { title: "eventsource-client", code: from("eventsource-client") },
  eventsource: { title: "eventsource", code: from("eventsource") },
  "fetch-event-source": {
    title: "@microsoft/fetch-event-source",
    code: `import { fetchEventSource } from "@microsoft/fetch-event-source";
      export async function run(url, take) {
        const controller = new AbortController();
        await fetchEventSource(url, { signal: controller.signal, openWhenHidden: true, onerror(error) { throw error; },
          onmessage({ event, data, id }) { if (event === "end") controller.abort(); else take(event || "message", data, id); } });
      }`,
  },
  "event-source-plus": { title: "event-source-plus", code: from("event-source-plus") },
  "extended-eventsource": { title: "extended-eventsource", code: from("extended-eventsource") },
  "fetch-event-stream": { title: "fetch-event-stream", code: from("fetch-event-stream") },
  "sse.js": {
    title: "sse.js",
    code: `import { SSE } from "sse.js"; import { target } from "${peer("event-target")}";
      export const run = target((url) => new SSE(url));`,
  },
};

const SCRIPT = `import { summarize } from "/summary.js";
window.measure = async (client, url, check) => {
  const { run } = await import("/peer/" + client + ".js");
  const summary = summarize();
  const start = performance.now();
  await run(url, check ? summary.check : summary.take);
  return { wall: performance.now() - start, ...summary.result() };
};`;

/** Main-thread time per event, as Chromium counts its tasks. */
export async function page({ server, rounds, scale, names, log }) {
  const origin = `http://127.0.0.1:${server.port}`;
  const serve = (path, text, type = "text/javascript") => server.ask({ page: path, type, text });
  await serve(
    "/page",
    '<!doctype html><title>bench</title><script type="module" src="/page.js"></script>',
    "text/html",
  );
  await serve("/page.js", SCRIPT);
  const summary = `export * from "${fileURLToPath(new URL("../lib/summary.mjs", import.meta.url))}"`;
  await serve("/summary.js", await bundle(summary));
  for (const [name, { code }] of Object.entries(clients)) await serve(`/peer/${name}.js`, await bundle(code));

  const browser = await chromium.launch({
    executablePath: process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium",
    chromiumSandbox: false,
    args: ["--disable-dev-shm-usage", "--disable-background-networking", "--no-first-run"],
  });
  const parts = [`Chromium ${browser.version()}`];
  try {
    for (const name of names.filter((one) => /^(tokens|single|ticks)$/.test(one))) {
      const size = scale / 5;
      const { expected } = await server.ask({ prepare: name, scale: size });
      const url = `${origin}/stream/${name}?scale=${size}`;
      const results = {};
      const tabs = {};
      for (const client of Object.keys(clients)) {
        const tab = (tabs[client] = await browser.newPage());
        await tab.goto(`${origin}/page`);
        await tab.waitForFunction("window.measure");
        const session = await tab.context().newCDPSession(tab);
        await session.send("Performance.enable");
        const metric = async () => {
          const { metrics } = await session.send("Performance.getMetrics");
          return metrics.find((one) => one.name === "TaskDuration").value * 1000;
        };
        const once = (check) => tab.evaluate(`measure("${client}", "${url}", ${check})`);
        const entry = (results[client] = { cpu: [], wall: [], wrong: "", once, metric });
        try {
          const got = await once(true);
          if (!clients[client].limit) entry.wrong = verdict(got, expected);
        } catch (error) {
          entry.wrong = error.message.split("\n")[0];
        }
      }
      for (let round = -1; round < rounds; round++)
        for (const client of Object.keys(clients)) {
          const entry = results[client];
          if (entry.wrong) continue;
          await tabs[client].bringToFront();
          const before = await entry.metric();
          const { wall } = await entry.once(false);
          const cpu = (await entry.metric()) - before;
          if (round < 0) continue;
          entry.cpu.push(cpu);
          entry.wall.push(wall);
        }
      const per = (values) => `${((median(values) * 1000) / expected.count).toFixed(2)} µs`;
      const rows = Object.entries(results).map(([client, { cpu, wall, wrong }]) =>
        wrong
          ? [clients[client].title, `wrong: ${wrong}`, "", "", ""]
          : [
              clients[client].title,
              per(cpu),
              per(wall),
              showRatio(ratio(results.native.cpu, cpu)),
              showRatio(ratio(cpu, results.decode.cpu)),
            ],
      );
      const text = table(["client", "main thread", "wall", "times faster than native", "÷ decode"], rows);
      log(`\n${workloads[name].title}\n\n${text}`);
      parts.push(`#### ${workloads[name].title}\n\n${text}`);
      for (const tab of Object.values(tabs)) await tab.close();
    }
  } finally {
    await browser.close();
  }
  return { summary: parts.join("\n\n") };
}
