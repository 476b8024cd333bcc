// PHP, nginx and Redis for `npm run demo -- --all`: each as a process of its own with its files in the demo's folder.
// What is not installed is left out, and the page says what to install.
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { delimiter, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** The ports are this one and those after it, or any others when they are taken. 0: any. */
const FIRST_PORT = Number(process.env["DEMO_SERVICES_PORT"] ?? 8421);

export interface Service {
  name: string;
  url: string;
  restart: () => Promise<void>;
  stop: () => Promise<void>;
}

/** PHP's own server. Its workers are processes that it does not take along when it ends: they are a group of their own. */
export async function startPhp(folder: string, env: NodeJS.ProcessEnv): Promise<Service | undefined> {
  const port = await choosePort(FIRST_PORT);
  const args = ["-q", "-d", "display_errors=stderr", "-S", `127.0.0.1:${port}`, "-t", folder];
  // A stream keeps a worker busy, so there must be several.
  return start("php", `http://127.0.0.1:${port}`, args, { ...env, PHP_CLI_SERVER_WORKERS: "8" });
}

/** A Redis that has an append on the disk before it answers, so that no id is given twice after a crash. */
export async function startRedis(folder: string): Promise<Service | undefined> {
  const port = await choosePort(FIRST_PORT && FIRST_PORT + 1);
  const dir = join(folder, "redis");
  mkdirSync(dir, { recursive: true });
  const settings = { port, bind: "127.0.0.1", dir, save: "", appendonly: "yes", appendfsync: "always" };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  return start("redis-server", `redis://127.0.0.1:${port}`, args);
}

/** nginx in front of both: HTTP/2 where a certificate can be made, so that streams do not use up six connections. */
export async function startNginx(folder: string, demo: string, php?: string): Promise<Service | undefined> {
  const port = await choosePort(FIRST_PORT && FIRST_PORT + 2);
  const dir = join(folder, "nginx");
  mkdirSync(dir, { recursive: true });
  const isSecure = makeCertificate(dir);
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${dir}/${name};`,
  );
  const config = `
    ${process.getuid?.() === 0 ? "user root;" : ""}
    daemon off;
    worker_processes 1;
    pid ${dir}/nginx.pid;
    error_log ${dir}/error.log;
    events {}
    http {
      ${temporary.join("\n")}
      access_log off;
      server {
        listen 127.0.0.1:${port}${isSecure ? " ssl http2" : ""};
        ${isSecure ? `ssl_certificate ${dir}/cert.pem; ssl_certificate_key ${dir}/key.pem;` : ""}

        # Streams: pass on every byte at once, and wait for the next one for an hour.
        proxy_buffering off;
        proxy_read_timeout 1h;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Forwarded-Proto $scheme;

        location / { proxy_pass ${demo}; }
        ${php === undefined ? "" : `location /php/ { proxy_pass ${php}/; }`}
      }
    }`;
  writeFileSync(join(dir, "nginx.conf"), config);
  const url = `http${isSecure ? "s" : ""}://127.0.0.1:${port}`;
  return start("nginx", url, ["-p", dir, "-c", join(dir, "nginx.conf"), "-e", join(dir, "error.log")]);
}

/** A certificate that the browser will warn of. Without openssl there is none. */
function makeCertificate(dir: string): boolean {
  if (existsSync(join(dir, "cert.pem"))) return true;
  const args =
    "req -x509 -newkey rsa:2048 -nodes -days 365 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1";
  const files = ["-keyout", join(dir, "key.pem"), "-out", join(dir, "cert.pem")];
  return spawnSync("openssl", [...args.split(" "), ...files], { stdio: "ignore" }).status === 0;
}

async function start(
  name: string,
  url: string,
  args: string[],
  env = process.env,
): Promise<Service | undefined> {
  const path = find(name);
  if (path === undefined) return undefined;
  let child: ChildProcess;

  async function run(): Promise<void> {
    // In a group of its own, so that Ctrl-C in the terminal reaches the demo only, which then ends them in order.
    child = spawn(path!, args, { stdio: "ignore", detached: true, env });
    const { port, hostname } = new URL(url);
    while (!(await answers(Number(port), hostname))) {
      if (child.exitCode !== null) throw new Error(`${name} did not start`);
      await delay(50);
    }
  }

  async function stop(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    process.kill(-child.pid!, "SIGTERM");
    await exited;
    // PHP's workers have its port until they are gone, too.
    const { port, hostname } = new URL(url);
    while (await answers(Number(port), hostname)) await delay(20);
  }

  await run();
  return {
    name,
    url,
    stop,
    async restart() {
      await stop();
      await run();
    },
  };
}

/** The path of a program; `/usr/sbin` is not in everybody's PATH. */
export function find(name: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return folders
    .filter(Boolean)
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

async function answers(port: number, host: string): Promise<boolean> {
  const socket = connect(port, host);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** This port, or any other when it is taken. */
export async function choosePort(wanted: number): Promise<number> {
  const probe = createServer();
  for (const port of [wanted, 0])
    try {
      await once(probe.listen(port, "127.0.0.1"), "listening");
      break;
    } catch {
      // taken
    }
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  return typeof address === "object" && address ? address.port : wanted;
}
