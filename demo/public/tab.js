// One of many tabs. None of them knows of the others: each asks for the stream as if it were alone.
import { bearer, json } from "everspring";
import { createSharedEventSource } from "everspring/shared";

const $ = (id) => document.getElementById(id);
const me = decodeURIComponent(location.hash.slice(1)) || `A tab · ${Math.random()}`;
document.title = $("name").textContent = me.split(" · ")[0];

let token;
async function refresh() {
  const response = await fetch("/token", { method: "POST" });
  if (!response.ok) throw new Error(`no token: HTTP ${response.status}`);
  ({ token } = await response.json());
  return token;
}
const authorize = bearer(async () => token ?? refresh());

const source = createSharedEventSource("/tabs", {
  // The server gives all the same. Where it does not, name the user, so that nobody gets what is another's.
  identity: "anonymous",
  // Asked in the tab that has the connection: so the server knows which one it is.
  headers: async (context) => ({ ...(await authorize(context)), "X-Tab": encodeURIComponent(me) }),
  async onUnauthorized() {
    await refresh();
    tell("refreshed");
  },
  decode: json,
  connectTimeout: 5_000,
  idleTimeout: 6_000,
  retry: { maxDelay: 8_000 },
});
let isHolder = false;

function draw() {
  const { state, scope } = source.status;
  $("pill").dataset.state = state;
  $("pill").title = `scope: ${scope}`;
  $("role").textContent = state !== "open" ? state : isHolder ? "leads" : "listens";
}
source.onStatus(draw);
source.on("pulse", ({ data: { holders }, lastEventId }) => {
  isHolder = holders.includes(encodeURIComponent(me));
  $("last").textContent = lastEventId;
  draw();
});

/** The page that shows this one in a frame looks on. */
function tell(what, detail) {
  globalThis.frameElement?.dispatchEvent(new CustomEvent(what, { detail }));
}
tell("client", source);
