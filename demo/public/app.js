// Shows one scene at a time: a browser opens six connections to a server, so only what is in view has a stream.
import { element } from "./dom.js";
import { createFrame } from "./frame.js";

const SCENES = {
  dashboard: ["Live dashboard", "M4 20V11M10 20V4M16 20v-7M21 20H3"],
  notifications: ["Notifications", "M6 16V11a6 6 0 0 1 12 0v5l1.5 2.5h-15zM10 21h4"],
  posts: ["Social feed", "M4 5h16v11H10l-4.5 4V16H4z"],
  viewers: [
    "Viewers",
    "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9.5v5M9.5 12h5",
  ],
  ticker: ["Ticker", "M3 16l5-6 4 4 8-9M15 5h5v5"],
  log: ["Log tail", "M4 6h16M4 11h11M4 16h14M4 21h6"],
  progress: ["Progress", "M3 12h12M3 8.5h18v7H3z"],
  assistant: ["Assistant", "M12 3l2 6.5L20.5 12 14 14.5 12 21l-2-6.5L3.5 12 10 9.5z"],
  tabs: ["Many tabs", "M3 8h18v11H3zM3 8l1.5-3h6L12 8M12 8l1.5-3h6L21 8"],
  php: ["Server time in PHP", "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 7v5.5l3.5 2"],
};

const $ = (id) => document.getElementById(id);
const ready = untilThere(async () => (await fetch("/services")).json());
const frame = createFrame();
let leave = () => {};
let shown = 0;

for (const [name, [title, path]] of Object.entries(SCENES)) {
  const link = element("a", "", title);
  link.href = `#/${name}`;
  const item = element("li");
  item.append(link);
  link.insertAdjacentHTML(
    "afterbegin",
    `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${path}" /></svg>`,
  );
  $("scenes").append(item);
}

const isHttp2 = performance.getEntriesByType("navigation")[0]?.nextHopProtocol === "h2";

async function show() {
  const turn = ++shown;
  const services = await ready;
  $("served").textContent =
    `Served over ${isHttp2 ? "HTTP/2" : "HTTP/1.1"}, log in ${services.redis ? "Redis" : "SQLite"}`;
  const found = location.hash.slice(2);
  const name = Object.hasOwn(SCENES, found) ? found : "dashboard";
  // A browser may remember a failed import, but not of another URL.
  const load = (tries) => turn === shown && import(`./scenes/${name}.js${tries > 0 ? `?${tries}` : ""}`);
  const scene = await untilThere(load);
  if (turn !== shown) return;

  leave();
  const [title] = SCENES[name];
  document.title = `${title} · everspring demo`;
  $("title").textContent = title;
  $("lead").textContent = scene.lead;
  $("stage").dataset.scene = name;
  $("stage").innerHTML = scene.html;
  for (const link of document.querySelectorAll("#scenes a")) {
    if (link.hash === `#/${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.querySelector("#scenes [aria-current]").scrollIntoView({ block: "nearest", inline: "nearest" });
  frame.begin(name, services);
  showSources(scene.files);
  leave = scene.start($("stage"), frame, services) ?? (() => {});
  // A link within the page loads none, so say where we are. The first time the browser does.
  if (turn > 1) $("title").focus({ preventScroll: true });
  if (turn > 1) scrollTo(0, 0);
}

/** The server may be in the middle of a restart: what it cannot be asked for now is asked for again. */
async function untilThere(ask) {
  for (let tries = 0; ; tries++)
    try {
      return await ask(tries);
    } catch {
      $("lead").textContent = "The server cannot be reached. Trying again …";
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
}

function showSources(files) {
  const details = $("sources");
  details.open = false;
  details.replaceChildren(details.firstElementChild);
  details.ontoggle = async () => {
    details.ontoggle = null;
    for (const file of files) {
      const text = await fetch(`/source/${file}`).then((response) => response.text());
      const code = element("pre", "source");
      code.append(element("code", "", text));
      code.tabIndex = 0;
      code.setAttribute("role", "region");
      code.setAttribute("aria-label", file);
      details.append(element("h3", "", `demo/${file}`), code);
    }
  };
}

addEventListener("hashchange", () => void show());
// The hash says which scene it is, so the link into it has to do without.
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  $("stage").focus();
});
void show();
