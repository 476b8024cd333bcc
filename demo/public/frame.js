// What stands around every scene: the state of its connection, the proof that nothing was lost, and the faults.
import { access, refreshed } from "./access.js";
import { createConnectionView } from "./connection.js";
import { createContinuity } from "./continuity.js";
import { enable } from "./dom.js";
import { followPage } from "/everspring/lifecycle.js";

const $ = (id) => document.getElementById(id);

export function createFrame() {
  const view = createConnectionView();
  const continuity = createContinuity($("continuity"));
  let scene;
  let source;
  let undo = () => {};
  let counts;
  /** How often this stream was opened. Another one of the same scene begins anew. */
  let opened = 0;
  let caughtUp = 0;
  let isReplay = false;
  let last;
  let drawing = false;

  const client = (name) => document.querySelector(`[data-client=${name}]`);
  for (const button of document.querySelectorAll("[data-client]"))
    button.addEventListener("click", () => source?.[button.dataset.client]());

  for (const button of document.querySelectorAll("[data-fault]"))
    button.addEventListener("click", () => {
      view.note("fault", button.querySelector("b").textContent);
      breakIt(button.dataset.fault).catch(() => view.note("fault", "the server did not hear it"));
    });

  /** The token goes along, so that "Expire" means this page's. */
  async function breakIt(fault) {
    const headers = await access.headers();
    const response = await fetch(`/faults/${scene}/${fault}`, { method: "POST", headers });
    if (response.headers.get("X-Open-Streams") === "0") view.note("fault", "no stream was open");
  }

  refreshed.addEventListener("refreshed", () => view.note("token", "401: a new one was asked for, and came"));

  const frame = {
    note: view.note,

    /** "live", "replay" for what comes late after a break, "before" for what had happened before this page. */
    get delivery() {
      return !isReplay ? "live" : opened > 1 ? "replay" : "before";
    },

    /** A new scene, with counters at 0. */
    begin(name, services) {
      frame.release();
      scene = name;
      counts = { opened: 0, events: 0, replayed: 0, lost: 0, repeated: 0 };
      last = undefined;
      opened = 0;
      isReplay = true;
      view.clear();
      continuity.clear();
      $("client").hidden = false;
      // Alone, without demo/start.ts, nobody would start the server again.
      document.querySelector("[data-fault=restart]").disabled = !services.canRestart;
      // At once: what is there is another scene's.
      paint();
    },

    /**
     * Watches a client. `at` tells when an event was sent; `check` how many were lost between two of them, -1 for
     * one that came twice. Without it ids are consecutive numbers.
     */
    watch(stream, { endpoint, at = atOf, check = checkIds, isNew = false }) {
      frame.release();
      source = stream;
      $("endpoint").textContent = endpoint;
      if (isNew) {
        last = undefined;
        opened = 0;
      }
      const undos = [
        stream.onEvent((event) => frame.count(event, at(event), check)),
        // The server marks the end of a replay with a comment.
        stream.onComment((comment) => comment.trim() === "live" && live()),
        stream.onStatus((status) => frame.show(status)),
        followPage(stream),
      ];
      undo = () => undos.forEach((end) => end());
      frame.show(stream.status);
    },

    release() {
      undo();
      undo = () => {};
      source = undefined;
    },

    /** For a scene whose stream is no client: its status, and its events. */
    show(status) {
      if (status.state === "open") {
        counts.opened++;
        opened++;
        isReplay = true;
        caughtUp = 0;
      }
      view.show(status);
      enable(client("open"), !/^(connecting|open)$/.test(status.state));
      enable(client("close"), !/^(idle|closed)$/.test(status.state));
      continuity.status(status.state);
      draw();
    },

    /** `known` is the delivery of an event that another stream has brought already. */
    count(event, at = Date.now(), check = checkIds, known) {
      const lost = last === undefined ? 0 : check(last, event);
      if (lost < 0) counts.repeated++;
      else counts.lost += lost;
      counts.events++;
      last = event;
      const delivery = known ?? frame.delivery;
      if (!known && delivery === "replay") {
        counts.replayed++;
        caughtUp++;
      }
      continuity.event(at, delivery);
      draw();
    },

    /** What comes from now on is no replay. */
    live,

    /** A scene without a client to reconnect, close or open. */
    hideClient() {
      $("client").hidden = true;
    },
  };

  function live() {
    if (caughtUp > 0) view.note("resumed", `caught up ${caughtUp} event${caughtUp === 1 ? "" : "s"}`);
    isReplay = false;
    caughtUp = 0;
  }

  /** Ten times a second at most, however many events a replay brings. */
  function draw() {
    if (drawing) return;
    drawing = true;
    setTimeout(() => {
      drawing = false;
      paint();
    }, 100);
  }

  function paint() {
    const { opened, events, replayed, lost, repeated } = counts;
    const texts = { events, replayed, lost, repeated, reconnects: Math.max(0, opened - 1) };
    for (const [id, value] of Object.entries(texts)) $(id).textContent = value.toLocaleString("en");
    $("last-id").textContent = last?.lastEventId || "–";
    document.querySelector(".proof").dataset.intact = String(lost + repeated === 0);
  }

  return frame;
}

const atOf = ({ data }) => Date.parse(data?.at) || Date.now();

/** Consecutive ids are the proof: a jump means lost events, a step back means repeated ones. */
export function checkIds(before, { lastEventId }) {
  const step = Number(lastEventId) - Number(before.lastEventId);
  return step > 0 ? step - 1 : -1;
}
