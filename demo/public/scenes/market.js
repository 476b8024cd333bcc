// Cards with sparklines, and the list of the last events.
import { clock, element } from "../dom.js";

const POINTS = 40;
const ROWS = 60;
const price = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const change = new Intl.NumberFormat("en", {
  style: "percent",
  minimumFractionDigits: 2,
  signDisplay: "always",
});
const percent = (value) => change.format(value / 100);
const direction = (value) => (value > 0 ? "up" : value < 0 ? "down" : "flat");

export function createMarket(stage) {
  const cards = new Map();
  let rows = [];

  return {
    add(tick) {
      rows.push(tick);
      if (rows.length > ROWS) rows = rows.slice(-ROWS);
      if (!cards.has(tick.symbol))
        cards.set(tick.symbol, createCard(tick.symbol, stage.querySelector("#market")));
      cards.get(tick.symbol).add(tick);
    },

    draw() {
      for (const card of cards.values()) card.draw();
      const table = stage.querySelector("#rows");
      for (const tick of rows) table.prepend(row(tick));
      rows = [];
      while (table.children.length > ROWS) table.lastChild.remove();
    },
  };
}

function row({ id, symbol, price: value, change: moved, at, delivery }) {
  const line = element("tr", delivery);
  line.append(
    element("td", "id", id),
    element("td", "symbol", symbol),
    element("td", "num", price.format(value)),
    element("td", `num ${direction(moved)}`, percent(moved)),
    element("td", "num time", clock(Date.parse(at))),
    element("td", "tag", delivery === "replay" ? "caught up" : ""),
  );
  return line;
}

function createCard(symbol, market) {
  const prices = [];
  let latest;
  let dirty = false;

  const root = element("li", "card");
  const moved = element("span", "change");
  const value = element("span", "price");
  const head = element("div", "card-head");
  head.append(element("h3", "", symbol), moved);
  const { svg, line, area } = createSparkline();
  root.append(head, value, svg);
  market.insertBefore(root, [...market.children].find((other) => other.dataset.symbol > symbol) ?? null);
  root.dataset.symbol = symbol;

  return {
    add(tick) {
      latest = tick;
      dirty = true;
      prices.push(tick.price);
      if (prices.length > POINTS) prices.shift();
    },

    draw() {
      if (!dirty) return;
      dirty = false;
      const step = direction(latest.price - (prices.at(-2) ?? latest.price));
      value.textContent = price.format(latest.price);
      moved.textContent = percent(latest.change);
      moved.className = `change ${direction(latest.change)}`;
      root.dataset.trend = direction(latest.change);
      value.getAnimations().forEach((animation) => animation.cancel());
      if (!matchMedia("(prefers-reduced-motion: reduce)").matches && step !== "flat") {
        value.animate([{ color: `var(--${step})` }, {}], { duration: 900, easing: "ease-out" });
      }
      const points = path(prices);
      line.setAttribute("d", points);
      area.setAttribute("d", `${points} L100 32 L0 32 Z`);
    },
  };
}

function create(tag, attributes) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

function createSparkline() {
  const svg = create("svg", { viewBox: "0 0 100 32", preserveAspectRatio: "none", "aria-hidden": "true" });
  const area = create("path", { class: "area" });
  const line = create("path", { class: "line", "vector-effect": "non-scaling-stroke" });
  svg.append(area, line);
  return { svg, line, area };
}

/** A line from left to right, its range of prices spread over the height. */
function path(prices) {
  const low = Math.min(...prices);
  const range = Math.max(...prices) - low || 1;
  const y = (value) => (29 - ((value - low) / range) * 26).toFixed(2);
  if (prices.length === 1) return "M0 16 L100 16";
  return prices
    .map(
      (value, index) => `${index ? "L" : "M"}${((index / (prices.length - 1)) * 100).toFixed(2)} ${y(value)}`,
    )
    .join(" ");
}
