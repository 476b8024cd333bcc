import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measureThroughput } from "./throughput.mjs";

const CLIENTS = [
  "drain",
  "decode",
  "listeners",
  "iterator",
  "fetchEvents",
  "class",
  "eventsource-client",
  "eventsource",
  "fetch-event-source",
  "event-source-plus",
  "fetch-event-stream",
  "anthropic",
];

/** A certificate for a minute. */
function certificate() {
  const folder = mkdtempSync(join(tmpdir(), "everspring-bench-"));
  const file = (name) => join(folder, name);
  const args = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost";
  execFileSync("openssl", [...args.split(" "), "-keyout", file("key"), "-out", file("cert")], {
    stdio: "ignore",
  });
  const pair = { key: readFileSync(file("key"), "utf8"), cert: readFileSync(file("cert"), "utf8") };
  rmSync(folder, { recursive: true });
  return pair;
}

export async function http2(context) {
  const { port } = await context.server.ask({ tls: certificate() });
  return measureThroughput({
    ...context,
    clients: context.choose(CLIENTS, []),
    names: context.names.filter((name) => /^(tokens|single|ticks)$/.test(name)),
    origin: `https://127.0.0.1:${port}`,
    extra: () => ({ h2: true }),
  });
}
