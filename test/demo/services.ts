// Real nginx and Redis servers, each with a folder and a port of its own. Ended with the test.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createClient } from "redis";
import { atCleanUp } from "../helpers/clean-up.ts";
import { freePort } from "../helpers/free-port.ts";
import { nginxPath, redisServerPath } from "../setup/system.ts";

async function createFolder(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `everspring-${name}-`));
  atCleanUp(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts a program and resolves when a line of its output says that it is ready. */
async function start(path: string, args: string[], ready: RegExp): Promise<ChildProcess> {
  const child = spawn(path, args, { stdio: ["ignore", "pipe", "pipe"] });
  const exited = once(child, "exit");
  atCleanUp(() => stop(child, "SIGTERM"));
  let output = "";
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      createInterface(stream).on("line", (line) => {
        output += `${line}\n`;
        if (ready.test(line)) resolve();
      });
    child.once("error", reject);
    void exited.then(() => reject(new Error(`${path} did not start: ${output}`)));
  });
  return child;
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
}

/** A Redis whose log is on the disk before an append is answered, as the demo's README asks for. */
export async function startRedis() {
  const folder = await createFolder("redis");
  const port = await freePort();
  const settings = {
    port: `${port}`,
    bind: "127.0.0.1",
    dir: folder,
    save: "",
    appendonly: "yes",
    appendfsync: "always",
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const run = () => start(redisServerPath(), args, /Ready to accept connections/);
  let child = await run();
  const url = `redis://127.0.0.1:${port}`;
  return {
    url,
    /** As a crash would. */
    kill: () => stop(child, "SIGKILL"),
    async startAgain(): Promise<void> {
      child = await run();
    },
    /** Everything in the log, by id. */
    async log(): Promise<Map<number, string>> {
      const client = await createClient({ url }).connect();
      const entries = (await client.xRange("everspring:events", "-", "+")) ?? [];
      await client.close();
      return new Map(entries.map(({ id, message }) => [Number(id.slice(2)), message["data"] ?? ""]));
    },
  };
}

/** An nginx that shares requests out among servers and says by `X-Served-By` which one answered. */
export async function startNginx(upstreams: readonly string[]) {
  const folder = await createFolder("nginx");
  const port = await freePort();
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  const config = `
    ${process.getuid?.() === 0 ? "user root;" : ""}
    daemon off;
    worker_processes 1;
    pid ${folder}/nginx.pid;
    error_log stderr notice;
    events {}
    http {
      ${temporary.join("\n")}
      access_log off;
      upstream demo {
        # A server that failed is asked again at once: it may be back.
        ${upstreams.map((host) => `server ${host} max_fails=0;`).join("\n")}
      }
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://demo;
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          proxy_buffering off;
          proxy_read_timeout 1h;
          add_header X-Served-By $upstream_addr always;
        }
      }
    }`;
  const path = join(folder, "nginx.conf");
  await writeFile(path, config);
  await start(nginxPath(), ["-p", folder, "-c", path, "-e", "stderr"], /start worker process \d+/);
  return { url: `http://127.0.0.1:${port}` };
}
