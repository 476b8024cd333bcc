// The page's token, and what every stream of the demo has in common.
const { bearer } = globalThis.everspring;

export const refreshed = new EventTarget();
let token;

async function refresh() {
  const response = await fetch("/token", { method: "POST" });
  if (!response.ok) throw new Error(`no token: HTTP ${response.status}`);
  ({ token } = await response.json());
  return token;
}

async function onUnauthorized() {
  await refresh();
  refreshed.dispatchEvent(new Event("refreshed"));
}

/** Options of a stream. */
export const access = {
  headers: bearer(async () => token ?? refresh()),
  onUnauthorized,
  connectTimeout: 5_000,
  // The server sends a heartbeat every 2 s. Three of them missing is a dead line, however open it looks.
  idleTimeout: 6_000,
  retry: { maxDelay: 8_000 },
};

/** An ordinary request with the same token. */
export async function post(url, body) {
  const send = async () =>
    fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${token ?? (await refresh())}` },
      body: JSON.stringify(body),
    });
  const response = await send();
  if (response.status !== 401) return response;
  await onUnauthorized();
  return send();
}
