// What `npm run demo` runs: the server, started again whenever it ends, and with --all what stands around it.
//   node demo/start.ts [--all]
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { choosePort, startNginx, startPhp, startRedis, type Service } from "./services.ts";

/** The exit code of a server that wants to be started again at once. */
const RESTART = 75;
const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const folder = dirname(process.env["DEMO_DB"] ?? path("data/events.db"));
mkdirSync(folder, { recursive: true });

const port = Number(process.env["PORT"] ?? (await choosePort(8420)));
const url = `http://127.0.0.1:${port}`;
const env: NodeJS.ProcessEnv = { ...process.env, PORT: `${port}`, DEMO_FOLDER: folder, DEMO_URL: url };
const services: Service[] = [];
let server: ChildProcess | undefined;
let isStopping = false;

async function startServices(): Promise<void> {
  const php = await startPhp(path("php"), env);
  if (php) services.push(php);
  const [redis, nginx] = await Promise.all([startRedis(folder), startNginx(folder, url, php?.url)]);
  for (const service of [redis, nginx]) if (service) services.push(service);
  Object.assign(env, { DEMO_ALL: "1", DEMO_PHP: php?.url, DEMO_REDIS: redis?.url, DEMO_NGINX: nginx?.url });
}

async function serve(): Promise<void> {
  for (let isUp = false; !isStopping;) {
    server = fork(path("server.ts"), { env, stdio: "inherit" });
    server.on("message", (message: { url: string } | "restart php") => {
      if (message === "restart php") {
        void services.find(({ name }) => name === "php")?.restart();
        return;
      }
      if (!isUp) console.log(`everspring demo: ${message.url}`);
      if (!isUp && env["DEMO_NGINX"]) console.log(`through nginx:   ${env["DEMO_NGINX"]}`);
      isUp = true;
    });
    const [code]: (number | null)[] = await once(server, "exit");
    // One that never came up will not the next time either.
    if (!isUp) process.exitCode = code ?? 1;
    if (!isUp) break;
    if (code !== RESTART && !isStopping) await delay(500);
  }
  await Promise.all(services.map((service) => service.stop()));
}

function stop(): void {
  isStopping = true;
  server?.kill("SIGTERM");
}
process.once("SIGINT", stop);
process.once("SIGTERM", stop);

if (process.argv.includes("--all")) await startServices();
await serve();
