// The client in a page. This file is the part to copy; the other scripts draw.
import { createConnectionView } from "./connection.js";
import { createContinuity } from "./continuity.js";
import { createMarket } from "./market.js";

const { createEventSource, json, bearer } = globalThis.everspring;

const connection = createConnectionView();
const continuity = createContinuity(document.querySelector("#continuity"));
const market = createMarket();
let drawing = false;

let token;

async function refreshToken() {
  const response = await fetch("/token", { method: "POST" });
  if (!response.ok) throw new Error(`no token: HTTP ${response.status}`);
  ({ token } = await response.json());
}

const source = createEventSource("/events", {
  decode: json,
  headers: bearer(async () => {
    if (token === undefined) await refreshToken();
    return token;
  }),
  async onUnauthorized() {
    connection.note("token", "401: the server refused the token, asking for a new one");
    await refreshToken();
  },
  connectTimeout: 5_000,
  // The server sends a heartbeat every 2 s. Three of them missing is a dead line, however open it looks.
  idleTimeout: 6_000,
  retry: { max: 8_000 },
});

/** Consecutive ids are the proof: a jump means lost events, a step back means repeated ones. */
const counts = { events: 0, reconnects: 0, replayed: 0, lost: 0, repeated: 0 };
let lastId;
let opened = 0;
let replaying = false;
let caughtUp = 0;

source.on("tick", ({ data, lastEventId }) => {
  const id = Number(lastEventId);
  if (lastId !== undefined && id > lastId + 1) counts.lost += id - lastId - 1;
  if (lastId !== undefined && id <= lastId) counts.repeated++;
  counts.events++;
  lastId = Math.max(id, lastId ?? 0);
  // The first connection begins with a little history; what a later one begins with was missed during the break.
  const delivery = !replaying ? "live" : opened > 1 ? "replay" : "before";
  if (delivery === "replay") {
    counts.replayed++;
    caughtUp++;
  }
  market.add({ id, ...data, delivery });
  continuity.event(Date.parse(data.at), delivery);
  draw();
});

// The server marks the end of the replay with a comment.
source.onComment((comment) => {
  if (comment.trim() !== "live") return;
  if (caughtUp > 0) connection.note("resumed", `caught up ${caughtUp} event${caughtUp === 1 ? "" : "s"}`);
  replaying = false;
  caughtUp = 0;
});

source.onStatus(show);
show(source.status);

function show(status) {
  if (status.state === "open") {
    counts.reconnects = opened++;
    replaying = true;
    caughtUp = 0;
  }
  connection.show(status);
  continuity.status(status.state);
  draw();
}

for (const button of document.querySelectorAll("[data-client]")) {
  button.addEventListener("click", () => source[button.dataset.client]());
}

for (const button of document.querySelectorAll("[data-fault]")) {
  button.addEventListener("click", () => {
    connection.note("fault", button.querySelector("b").textContent);
    fetch(`/faults/${button.dataset.fault}`, { method: "POST" }).catch(() =>
      connection.note("fault", "the server did not hear it"),
    );
  });
}

/** Draws at most once per frame, however many events a replay brings. */
function draw() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    market.draw();
    const text = { ...counts, "last-id": lastId ?? "–" };
    for (const [id, value] of Object.entries(text)) {
      document.getElementById(id).textContent = value.toLocaleString("en");
    }
    document.querySelector(".proof").dataset.intact = String(counts.lost + counts.repeated === 0);
  });
}
