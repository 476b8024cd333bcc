// Notifications: one inbox, three ways to prove whose it is.
import { refreshed } from "../access.js";
import { clock, element } from "../dom.js";

const { createEventSource, json, bearer } = globalThis.everspring;

export const lead =
  "Every user has a stream of their own, with named events. The server knows you by a cookie, by a token that expires every 20 seconds, or by a token in the URL, which you should not do.";
export const files = [
  "public/scenes/notifications.js",
  "scenes/notifications.ts",
  "sessions.ts",
  "tokens.ts",
];
export const html = `
  <section class="panel" aria-labelledby="who-title">
    <h2 id="who-title">Signed in</h2>
    <div class="choices">
      <fieldset class="segments"><legend>as</legend>
        <label><input type="radio" name="user" value="ada" checked />Ada</label>
        <label><input type="radio" name="user" value="grace" />Grace</label>
        <label><input type="radio" name="user" value="linus" />Linus</label>
      </fieldset>
      <fieldset class="segments"><legend>by</legend>
        <label><input type="radio" name="how" value="cookie" checked />Cookie</label>
        <label><input type="radio" name="how" value="header" />Bearer token</label>
        <label><input type="radio" name="how" value="url" />URL</label>
      </fieldset>
    </div>
    <p class="explanation" id="how"></p>
    <p class="life" id="life" hidden><span id="life-text"></span><i aria-hidden="true"><b></b></i></p>
  </section>
  <section class="panel" aria-labelledby="inbox-title">
    <div class="panel-head"><h2 id="inbox-title">Inbox</h2><button type="button" id="read"><span id="unread">0</span> unread, mark all read</button></div>
    <ul class="inbox scroll" id="inbox" tabindex="0" aria-labelledby="inbox-title"></ul>
  </section>
  <form class="panel send" id="send">
    <h2>Send one</h2>
    <div class="fields">
      <label>To <select name="to"><option value="ada">Ada</option><option value="grace">Grace</option><option value="linus">Linus</option></select></label>
      <label>Event <select name="type"><option>message</option><option>mention</option><option>alert</option></select></label>
      <label class="wide">Text <input name="text" required maxlength="280" value="Are you there?" /></label>
    </div>
    <p class="row"><span class="hint" id="sending" role="status"></span><button class="primary">Send</button></p>
  </form>`;

const EXPLAIN = {
  cookie:
    "A session cookie goes along by itself, HttpOnly and SameSite, so no script can read it and no other site can have it sent. The best choice where page and stream share an origin.",
  header:
    "An Authorization header on a fetch. The server ends the stream when the token does; the client is told 401, gets a new one by onUnauthorized, and goes on after the last event.",
  url: "A token in the URL is the only way for the native EventSource without cookies. But URLs are written down: in access logs, in histories, in proxies. Look for yours in the Log tail scene, then use a header.",
};

export function start(stage, frame) {
  const $ = (selector) => stage.querySelector(selector);
  let source;
  let token;
  let expires = 0;
  let unread = 0;

  const user = () => $("[name=user]:checked").value;
  const how = () => $("[name=how]:checked").value;
  const send = (url, body) =>
    fetch(`/notifications/${user()}/${url}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });

  /** A demo asks for no password. */
  const logIn = () => send("session");

  /** What takes a session: it may have ended. */
  async function sendAsUser(url, body) {
    const response = await send(url, body);
    if (response.status !== 401) return response;
    await logIn();
    return send(url, body);
  }

  async function refresh() {
    const response = await sendAsUser("token");
    if (!response.ok) throw new Error(`no token: HTTP ${response.status}`);
    const { token: fresh, expiresIn } = await response.json();
    token = fresh;
    expires = Date.now() + expiresIn * 1000;
  }

  async function subscribe(lastEventId = "") {
    source?.close();
    const [mode, inbox] = [how(), `/notifications/${user()}`];
    token = undefined;
    $("#how").textContent = EXPLAIN[mode];
    $("#life").hidden = mode === "cookie";
    const mine = (source = createEventSource(
      mode === "url" ? () => `${inbox}/by-url?token=${token}` : `${inbox}/by-${mode}`,
      {
        decode: json,
        lastEventId,
        headers: mode === "header" ? bearer(() => token) : {},
        async onUnauthorized() {
          await (mode === "cookie" ? logIn() : refresh());
          refreshed.dispatchEvent(new Event("refreshed"));
        },
        connectTimeout: 5_000,
        idleTimeout: 6_000,
        retry: { maxDelay: 8_000 },
        open: false,
      },
    ));
    frame.watch(mine, { endpoint: `GET ${inbox}/by-${mode}`, isNew: lastEventId === "" });
    for (const type of ["message", "mention", "alert"]) mine.on(type, add);
    try {
      await logIn();
      if (mode !== "cookie") await refresh();
    } catch {
      // The stream finds out, and asks again.
    }
    if (mine === source) mine.open();
  }

  function add({ type, data }) {
    const { from, text, at } = data;
    const item = element("li", frame.delivery);
    item.dataset.type = type;
    const line = element("p", "by");
    line.append(element("b", "", from), element("time", "", clock(Date.parse(at))));
    const body = element("div");
    body.append(line, element("p", "", text));
    item.append(element("span", "kind", type), body);
    $("#inbox").prepend(item);
    while ($("#inbox").children.length > 60) $("#inbox").lastChild.remove();
    count(unread + 1);
  }

  function count(value) {
    unread = value;
    $("#unread").textContent = String(unread);
  }

  // Same user, another proof: go on where the other stream was. Another user: another inbox.
  for (const radio of stage.querySelectorAll("[name=how]"))
    radio.addEventListener("change", () => void subscribe(source.lastEventId));
  for (const radio of stage.querySelectorAll("[name=user]"))
    radio.addEventListener("change", () => {
      $("#inbox").replaceChildren();
      count(0);
      void subscribe();
    });
  $("#read").addEventListener("click", () => count(0));
  $("#send").addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const response = await sendAsUser("send", Object.fromEntries(new FormData(event.target)));
      $("#sending").textContent = response.ok
        ? "Sent"
        : response.status === 429
          ? `Slow down: try again in ${response.headers.get("Retry-After")} s`
          : `Refused: HTTP ${response.status}`;
    } catch {
      $("#sending").textContent = "The server cannot be reached";
    }
  });

  const ticking = setInterval(() => {
    const left = Math.max(0, expires - Date.now());
    $("#life-text").textContent = left > 0 ? `Token valid for ${Math.ceil(left / 1000)} s` : "Token expired";
    $("#life b").style.transform = `scaleX(${Math.min(1, left / 20_000)})`;
  }, 200);
  void subscribe();

  return () => {
    clearInterval(ticking);
    source.close();
    source = undefined;
  };
}
