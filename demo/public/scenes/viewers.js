// Viewer analytics: being connected is what counts. Each heartbeat of the server is answered, or the server lets go.
import { access } from "../access.js";
import { clock, element, enable } from "../dom.js";

const { createEventSource, json } = globalThis.everspring;

export const lead =
  "How many people watch each page right now. Leaving is counted, a reconnect is not taken for one, and whoever is silently gone is cleaned up, however open their connection looks.";
export const files = ["public/scenes/viewers.js", "scenes/viewers.ts"];
export const html = `
  <fieldset class="pages">
    <legend><h2>You are reading</h2></legend>
    <label class="panel"><input type="radio" name="page" value="springs" checked /><b>Hot springs</b><strong data-count="springs">0</strong><span>watching</span></label>
    <label class="panel"><input type="radio" name="page" value="rivers" /><b>Wild rivers</b><strong data-count="rivers">0</strong><span>watching</span></label>
    <label class="panel"><input type="radio" name="page" value="tides" /><b>Spring tides</b><strong data-count="tides">0</strong><span>watching</span></label>
  </fieldset>
  <section class="panel" aria-labelledby="guests-title">
    <div class="panel-head">
      <h2 id="guests-title">Guests</h2>
      <p class="hint">Clients of their own, in this page. <span id="guests">0</span> of 3 are here.</p>
    </div>
    <p class="buttons">
      <button type="button" id="bring">Bring a guest</button>
      <button type="button" id="send-home">Send one home</button>
      <button type="button" id="mute">Let one go silent</button>
    </p>
  </section>
  <section class="panel" aria-labelledby="visits-title">
    <div class="panel-head">
      <h2 id="visits-title">Comings and goings</h2>
      <p class="hint"><b id="left">0</b> left, <b id="cleaned">0</b> cleaned up</p>
    </div>
    <ul class="visits scroll" id="visits" tabindex="0" aria-labelledby="visits-title"></ul>
  </section>`;

/** With ours that makes four streams. A browser has six to a server. */
const MOST = 3;

export function start(stage, frame) {
  const $ = (selector) => stage.querySelector(selector);
  const guests = [];
  const totals = { left: 0, "was cleaned up": 0 };
  let me;

  /** A viewer is a stream, and an answer to each heartbeat. */
  function join(page, attach = () => {}) {
    const id = crypto.randomUUID?.() ?? `viewer-${Math.random().toString(36).slice(2)}`;
    const viewer = {
      id,
      isMute: false,
      source: createEventSource(`/viewers/${page}?viewer=${id}`, { ...access, decode: json, open: false }),
    };
    viewer.source.onComment(() => {
      if (!viewer.isMute) fetch(`/viewers/alive?viewer=${id}`, { method: "POST" }).catch(() => {});
    });
    // One who is gone in all but name does not come back when thrown out.
    viewer.source.onStatus(({ state }) => viewer.isMute && state === "waiting" && dismiss(viewer));
    attach(viewer.source);
    viewer.source.open();
    return viewer;
  }

  const pageOf = () => $("[name=page]:checked").value;

  function read(lastEventId = "") {
    me?.source.close();
    me = join(pageOf(), (source) => {
      source.lastEventId = lastEventId;
      frame.watch(source, { endpoint: "GET /viewers/:page" });
      source.on("viewers", show);
    });
  }

  function show({ data: { what, viewer, page, counts, at } }) {
    for (const [name, count] of Object.entries(counts)) $(`[data-count=${name}]`).textContent = count;
    if (frame.delivery !== "before" && Object.hasOwn(totals, what)) totals[what]++;
    $("#left").textContent = totals.left;
    $("#cleaned").textContent = totals["was cleaned up"];
    const isMe = me?.id.startsWith(viewer) && viewer !== "";
    const item = element("li", frame.delivery);
    item.dataset.what = what;
    const who = what === "started" ? "The server" : isMe ? "You" : `Viewer ${viewer}`;
    item.append(
      element("time", "", clock(Date.parse(at))),
      element("b", "", who),
      element(
        "span",
        "",
        `${isMe && what.startsWith("was") ? "were cleaned up" : what}${page && ` · ${page}`}`,
      ),
    );
    $("#visits").prepend(item);
    while ($("#visits").children.length > 60) $("#visits").lastChild.remove();
  }

  function dismiss(guest) {
    guest?.source.close();
    guests.splice(0, guests.length, ...guests.filter((other) => other !== guest));
    update();
  }

  function update() {
    const able = guests.filter(({ isMute }) => !isMute);
    $("#guests").textContent = String(able.length);
    enable($("#bring"), guests.length < MOST);
    enable($("#send-home"), able.length > 0);
    enable($("#mute"), able.length > 0);
  }

  for (const radio of stage.querySelectorAll("[name=page]"))
    radio.addEventListener("change", () => read(me.source.lastEventId));
  $("#bring").addEventListener("click", () => {
    guests.push(join(pageOf()));
    update();
  });
  $("#send-home").addEventListener("click", () => dismiss(guests.find(({ isMute }) => !isMute)));
  $("#mute").addEventListener("click", () => {
    guests.find(({ isMute }) => !isMute).isMute = true;
    update();
  });
  update();
  read();

  return () => {
    for (const { source } of [me, ...guests]) source.close();
  };
}
