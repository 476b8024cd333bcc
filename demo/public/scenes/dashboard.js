// Live dashboard: ten events a second into two charts.
import uPlot from "/uplot/uPlot.esm.js";
import { access } from "../access.js";

const { createEventSource, json } = globalThis.everspring;

export const lead =
  "A busy shop. The server collects what happens and sends it in batches, one event every 100 ms. Break the stream: the charts close the gap by themselves, in amber.";
export const files = ["public/scenes/dashboard.js", "scenes/dashboard.ts"];
export const html = `
  <dl class="tiles">
    <div><dt>Visitors now</dt><dd id="users">–</dd></div>
    <div><dt>Orders per second</dt><dd id="orders">–</dd></div>
    <div data-tone="bad"><dt>Failed, last 10 s</dt><dd id="failed">–</dd></div>
  </dl>
  <figure class="panel chart">
    <figcaption><h2>Visitors</h2></figcaption>
    <div id="users-chart" role="img" aria-label="Visitors over the last minute"></div>
  </figure>
  <figure class="panel chart">
    <figcaption>
      <h2>Orders per second</h2>
      <ul class="legend"><li>orders</li><li data-key="failed">failed</li></ul>
    </figcaption>
    <div id="orders-chart" role="img" aria-label="Orders per second, and how many of them failed, over the last minute"></div>
  </figure>`;

/** The charts show a minute, and less as long as there is less (s). */
const SPAN = 60;
const LEAST = 15;

export function start(stage, frame) {
  const samples = []; // { time, users, isLate }
  const seconds = new Map(); // second → { orders, failed }
  const charts = createCharts(stage);

  const source = createEventSource("/dashboard", { ...access, decode: json });
  frame.watch(source, { endpoint: "GET /dashboard" });

  source.on("metrics", ({ data: { at, users, transactions, errors } }) => {
    const time = Date.parse(at) / 1000;
    // While nobody watches nothing is made up: no line through what there never was.
    if (time - samples.at(-1)?.time > 1) samples.push({ time, users: null, isLate: false });
    samples.push({ time, users, isLate: frame.delivery === "replay" });
    const sum = seconds.get(Math.floor(time)) ?? { orders: 0, failed: 0 };
    seconds.set(Math.floor(time), { orders: sum.orders + transactions, failed: sum.failed + errors });
  });

  // Drawing has its own pace: it does not matter how many events came since the last time.
  const drawing = setInterval(() => {
    if (samples.length === 0 || document.hidden) return;
    const now = Date.now() / 1000;
    samples.splice(
      0,
      samples.findIndex(({ time }) => time > now - SPAN - 2),
    );
    for (const second of seconds.keys()) if (second < now - SPAN - 2) seconds.delete(second);
    charts.draw(now, samples, seconds);

    const whole = [...seconds].filter(([second]) => second < Math.floor(now));
    const failed = whole.slice(-10).reduce((sum, [, value]) => sum + value.failed, 0);
    stage.querySelector("#users").textContent = (samples.at(-1)?.users ?? 0).toLocaleString("en");
    stage.querySelector("#orders").textContent = whole.at(-1)?.[1].orders ?? "–";
    stage.querySelector("#failed").textContent = failed;
  }, 100);

  return () => {
    clearInterval(drawing);
    source.close();
    charts.destroy();
  };
}

function createCharts(stage) {
  const places = ["#users-chart", "#orders-chart"].map((id) => stage.querySelector(id));
  const style = getComputedStyle(stage);
  // Asked at every drawing, so light and dark may change under way.
  const color = (name) => () => style.getPropertyValue(name);
  const axis = {
    stroke: color("--muted"),
    grid: { stroke: color("--line"), width: 1 },
    ticks: { show: false },
    font: `12px ${style.fontFamily}`,
  };
  const ago = (self, splits) =>
    splits.map((time) =>
      time - self.scales.x.max > -1 ? "now" : `${Math.round(time - self.scales.x.max)} s`,
    );
  const marks = ({ scales: { x } }) => {
    const step = x.max - x.min > 30 ? 15 : 5;
    return [4, 3, 2, 1, 0].map((n) => x.max - n * step).filter((time) => time > x.min - 1);
  };
  const common = {
    height: 190,
    cursor: { show: false },
    legend: { show: false },
    padding: [8, 14, 0, 0],
    axes: [
      { ...axis, values: ago, splits: marks, size: 26 },
      { ...axis, size: 50, space: 40 },
    ],
  };
  const bars = uPlot.paths.bars({ size: [0.62, 22], align: 1 });
  const options = [
    {
      ...common,
      scales: { x: { time: false }, y: { range: (_self, low, high) => [Math.max(0, low - 60), high + 60] } },
      series: [
        {},
        { stroke: color("--accent"), width: 2, fill: color("--area"), points: { show: false } },
        { stroke: color("--replay"), width: 3, points: { show: false } },
      ],
    },
    {
      ...common,
      scales: { x: { time: false }, y: { range: (_self, _low, high) => [0, Math.max(10, high * 1.1)] } },
      series: [
        {},
        { stroke: color("--bar"), fill: color("--bar"), width: 0, paths: bars, points: { show: false } },
        { stroke: color("--down"), fill: color("--down"), width: 0, paths: bars, points: { show: false } },
      ],
    },
  ];
  const charts = options.map(
    (option, index) =>
      new uPlot({ ...option, width: places[index].clientWidth }, [[], [], []], places[index]),
  );
  const resizing = new ResizeObserver(() =>
    charts.forEach((chart, index) =>
      chart.setSize({ width: places[index].clientWidth, height: common.height }),
    ),
  );
  resizing.observe(stage);

  return {
    draw(now, samples, seconds) {
      const data = [
        [
          samples.map(({ time }) => time),
          samples.map(({ users }) => users),
          samples.map(({ users, isLate }) => (isLate ? users : null)),
        ],
        [
          [...seconds.keys()],
          [...seconds.values()].map(({ orders }) => orders),
          [...seconds.values()].map(({ failed }) => failed),
        ],
      ];
      const span = Math.min(SPAN, Math.max(LEAST, now - samples[0].time));
      charts.forEach((chart, index) =>
        chart.batch(() => {
          chart.setData(data[index], false);
          chart.setScale("x", { min: now - span, max: now });
        }),
      );
    },
    destroy() {
      resizing.disconnect();
      charts.forEach((chart) => chart.destroy());
    },
  };
}
