// The status union made visible: pill, countdown, the union itself, a log of changes, and a few words for screen readers.
import { element, clock, seconds } from "./dom.js";

const LOG_LENGTH = 80;
const $ = (id) => document.getElementById(id);

export function createConnectionView() {
  let status = { state: "idle" };
  let since = performance.now();

  setInterval(tick, 100);
  // Whoever scrolls down to the buttons keeps an eye on the state.
  new IntersectionObserver(([pill]) => ($("mini").hidden = pill.isIntersecting)).observe($("pill"));

  function show(next) {
    status = next;
    since = performance.now();
    const { state, attempt, error } = status;
    $("pill").dataset.state = $("mini").dataset.state = state === "closed" && error ? "failed" : state;
    $("state").textContent = $("mini").lastChild.textContent = state;
    $("attempt").textContent = attempt ?? "–";
    $("delay").textContent = state === "waiting" ? seconds(status.delay) : "–";
    if (error) $("error").replaceChildren(element("code", "", error.code), ` ${error.message}`);
    $("union").textContent = print(status);
    tick();
    announce(state);
    log(state, describe(status));
  }

  function tick() {
    const left = status.state === "waiting" ? Math.max(0, status.delay - (performance.now() - since)) : 0;
    $("headline").textContent = headline(status, left);
    $("countdown").style.transform = `scaleX(${left > 0 ? left / status.delay : 0})`;
  }

  function clear() {
    show({ state: "idle" });
    $("log").replaceChildren();
    $("error").replaceChildren("none");
  }

  return { show, clear, note: log };
}

/** An entry in the log of changes. */
function log(kind, text) {
  const item = element("li");
  item.dataset.kind = kind;
  item.append(element("time", "", clock(Date.now())), element("b", "", kind), element("span", "", text));
  $("log").prepend(item);
  while ($("log").children.length > LOG_LENGTH) $("log").lastChild.remove();
}

function headline(status, left) {
  switch (status.state) {
    case "connecting":
      return status.attempt > 1 ? "Connecting again" : "Connecting";
    case "open":
      return "Receiving events";
    case "waiting":
      return `Next attempt in ${seconds(left)}`;
    case "paused":
      return status.reason === "offline" ? "Waiting for the network" : `Paused: ${status.reason}`;
    case "closed":
      if (status.reason === "complete") return "Complete";
      return status.error ? "Closed by an error" : "Closed";
    default:
      return "Not started";
  }
}

function describe(status) {
  switch (status.state) {
    case "connecting":
      return `attempt ${status.attempt}`;
    case "open":
      return new URL(status.url).pathname;
    case "waiting":
      return `${seconds(status.delay)} · ${status.error.code}: ${status.error.message}`;
    case "closed":
      return status.error ? `${status.reason} · ${status.error.message}` : status.reason;
    default:
      return status.reason ?? "";
  }
}

/** The union as a developer would write it. */
function print(status) {
  const members = Object.entries(status).map(([name, value]) => {
    if (name === "headers") return "headers: Headers";
    if (name === "delay") return `delay: ${Math.round(value)}`;
    if (name !== "error") return `${name}: ${JSON.stringify(value)}`;
    return `error: EventSourceError { code: "${value.code}"${value.status ? `, status: ${value.status}` : ""} }`;
  });
  return `{\n${members.map((member) => `  ${member},\n`).join("")}}`;
}

const WORDS = { open: "Connected", waiting: "Connection lost, trying again", closed: "Connection closed" };
let announcing;

/** Only what lasts for a second is worth interrupting somebody who listens to the page. */
function announce(state) {
  clearTimeout(announcing);
  const words = WORDS[state];
  announcing = setTimeout(() => {
    const target = $("announcement");
    if (words && target.textContent !== words) target.textContent = words;
  }, 1_000);
}
