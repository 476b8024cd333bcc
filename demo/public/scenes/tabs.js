// Many tabs, one connection: each frame is a page of its own, tab.html, as a tab would be. This page only looks on.
import { refreshed } from "../access.js";
import { element, enable } from "../dom.js";
import { checkIds } from "../frame.js";

export const lead =
  "However many tabs follow the stream, the server has one connection to feed. One tab leads: it has the connection and tells the others. Close it, or break the line: the next one takes over where all have been, and nothing is lost in any.";
export const files = ["public/tab.js", "public/tab.html", "scenes/tabs.ts", "public/scenes/tabs.js"];
export const html = `
  <section class="panel" aria-labelledby="tabs-title">
    <div class="panel-head">
      <h2 id="tabs-title">Tabs</h2>
      <p class="hint"><a href="tab.html" target="_blank" rel="noopener">Open one as a real tab</a></p>
    </div>
    <dl class="sums">
      <div><dt>Tabs here</dt><dd id="tab-count">0</dd></div>
      <div><dt>Connections at the server</dt><dd id="connections">0</dd></div>
      <div><dt>Led by</dt><dd id="holder">–</dd></div>
    </dl>
    <ul class="tabs" id="tabs"></ul>
    <p class="buttons">
      <button type="button" class="primary" id="add">Add a tab</button>
      <button type="button" id="close-one">Close one that listens</button>
      <button type="button" id="close-holder">Close the one that leads</button>
    </p>
    <p class="hint">Events, lost and repeated are those of all tabs together.</p>
  </section>`;

const MOST = 6;
const KEPT = 1_000;

export function start(stage, frame) {
  const $ = (selector) => stage.querySelector(selector);
  const tabs = [];
  let holders = [];
  let made = 0;
  let newest = 0;
  /** How the last events came when the first tab had them, by id: the others have them a moment later. */
  const deliveries = new Map();
  /** The tab whose status is shown: the one that leads, since the others hear of it a moment later. */
  let teller;
  let undo = () => {};
  let state;

  frame.hideClient();
  document.querySelector("#endpoint").textContent = "GET /tabs";

  function add() {
    const title = `Tab ${++made}`;
    const name = encodeURIComponent(`${title} · ${Math.random().toString(36).slice(2, 8)}`);
    const tab = { title, name, item: element("li"), source: undefined, last: undefined };
    const page = element("iframe");
    page.title = title;
    page.src = `/tab.html#${name}`;
    page.addEventListener("client", ({ detail }) => listen(tab, detail));
    // Loaded, and nobody there: the server was away. Moving a frame, if only to where it is, loads it again.
    const again = () => !tab.source && tabs.includes(tab) && tab.item.prepend(page);
    page.addEventListener("load", () => tab.source ?? setTimeout(again, 1_000));
    page.addEventListener("refreshed", () => refreshed.dispatchEvent(new Event("refreshed")));
    const button = element("button", "", "×");
    button.type = "button";
    button.ariaLabel = `Close ${title}`;
    button.addEventListener("click", () => close(tab));
    tab.item.append(page, button);
    tabs.push(tab);
    $("#tabs").append(tab.item);
    draw();
  }

  function listen(tab, source) {
    tab.source = source;
    source.onEvent((event) => {
      if (!tabs.includes(tab)) return;
      // Each tab has to have had every event once.
      const check = () => (tab.last ? checkIds(tab.last, event) : 0);
      const id = Number(event.lastEventId);
      const isNews = id > newest;
      if (isNews) deliveries.set(id, frame.delivery).delete(id - KEPT);
      frame.count(event, Date.parse(event.data.at), check, isNews ? undefined : deliveries.get(id));
      tab.last = event;
      if (!isNews) return;
      newest = id;
      ({ holders } = event.data);
      follow();
      draw();
    });
    source.onComment((comment) => comment.trim() === "live" && tabs.includes(tab) && frame.live());
    follow();
  }

  function follow() {
    const next = tabs.find((tab) => tab.source && isHolder(tab)) ?? tabs.find(({ source }) => source);
    if (next === teller) return;
    undo();
    teller = next;
    if (!next) return;
    undo = next.source.onStatus(show);
    if (next.source.status.state !== state) show(next.source.status);
  }

  function show(status) {
    ({ state } = status);
    frame.show(status);
  }

  /** As a tab is closed: without a word to the client in it. */
  function close(tab) {
    if (!tab) return;
    frame.note("tab", `${tab.title} was closed`);
    tabs.splice(tabs.indexOf(tab), 1);
    follow();
    tab.item.remove();
    draw();
    if (document.activeElement === document.body) $("#add").focus();
  }

  const isHolder = ({ name }) => holders.includes(name);

  function draw() {
    const holder = tabs.find(isHolder);
    for (const tab of tabs) tab.item.toggleAttribute("data-holds", tab === holder);
    $("#tab-count").textContent = tabs.length;
    $("#connections").textContent = holders.length;
    $("#holder").textContent = holder?.title ?? (holders.length > 0 ? "a tab elsewhere" : "–");
    enable($("#add"), tabs.length < MOST);
    enable($("#close-one"), !tabs.every(isHolder));
    enable($("#close-holder"), holder !== undefined);
  }

  $("#add").addEventListener("click", add);
  $("#close-one").addEventListener("click", () => close(tabs.findLast((tab) => !isHolder(tab))));
  $("#close-holder").addEventListener("click", () => close(tabs.find(isHolder)));
  for (let count = 0; count < 3; count++) add();

  return () => {
    undo();
    tabs.length = 0;
    $("#tabs").replaceChildren();
  };
}
