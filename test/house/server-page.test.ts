import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { createEventSource } from "../../src/index.ts";
import { freePort } from "../helpers/free-port.ts";
import { serve, stream } from "../helpers/server.ts";
import { extractSnippets, openWorkshop } from "../helpers/snippets.ts";
import { find, nginxPath } from "../setup/system.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/server.md"), "utf8");
const block = (language: string): string => {
  const [, code] = new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, "m").exec(page) ?? [];
  if (code === undefined) throw new Error(`docs/server.md has no ${language}`);
  return code;
};

const folder = mkdtempSync(join(tmpdir(), "everspring-server-page-"));
let child: ChildProcess | undefined;
afterEach(async () => {
  child?.kill();
  if (child?.exitCode === null) await once(child, "exit");
  child = undefined;
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Starts a program that listens at a port. */
async function launch(command: string, args: string[], port: number): Promise<void> {
  child = spawn(command, args, { stdio: "ignore" });
  const answers = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => {
        socket.destroy();
        resolve(true);
      }).on("error", () => resolve(false));
    });
  while (!(await answers())) {
    if (child?.exitCode !== null) throw new Error(`${command} did not start`);
    await sleep(50);
  }
}

describe("what docs/server.md says of", () => {
  test("nginx: an event is through before the next one is there, and a client resumes", async () => {
    let goOn = () => {};
    await using origin = await serve(async (response, { headers }) => {
      if (headers["last-event-id"] === "2") return response.writeHead(204).end();
      const out = stream(response, "id: 1\ndata: first\n\n");
      // Nothing more until the client has the first one.
      await new Promise<void>((resolve) => (goOn = resolve));
      return out.end("id: 2\ndata: second\n\n");
    });
    const port = await freePort();
    const places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (name) => `${name}_temp_path ${folder}/${name};`,
    );
    writeFileSync(
      join(folder, "nginx.conf"),
      `${process.getuid?.() === 0 ? "user root;" : ""} daemon off; pid ${folder}/nginx.pid; events {}
      http { access_log off; ${places.join(" ")} server { listen 127.0.0.1:${port};
        ${block("nginx").replace("127.0.0.1:3000", `127.0.0.1:${origin.port}`)} } }`,
    );
    await launch(nginxPath(), ["-c", join(folder, "nginx.conf"), "-e", join(folder, "error.log")], port);

    const heard: string[] = [];
    const source = createEventSource(`http://127.0.0.1:${port}/events`, { retry: { initialDelay: 1 } });
    source.onEvent(({ data }) => {
      heard.push(data);
      if (data === "first") goOn();
    });
    expect(await source.closed).toMatchObject({ reason: "server" });
    expect(heard).toEqual(["first", "second"]);
  });

  test("PHP: a script that never ends streams, also where PHP buffers", async () => {
    const port = await freePort();
    writeFileSync(join(folder, "events.php"), block("php"));
    const settings = ["-d", "output_buffering=4096", "-d", "zlib.output_compression=0"];
    await launch(find("php")!, ["-q", ...settings, "-S", `127.0.0.1:${port}`, "-t", folder], port);

    const past = Math.floor(Date.now() / 1000) - 3;
    const ids: number[] = [];
    const source = createEventSource(`http://127.0.0.1:${port}/events.php`, { lastEventId: String(past) });
    for await (const { lastEventId } of source) if (ids.push(Number(lastEventId)) === 5) break;
    expect(ids).toEqual([1, 2, 3, 4, 5].map((count) => past + count));
  });

  test("a whole server: who was away gets what was missed, then what is new", async () => {
    using workshop = openWorkshop();
    const server = extractSnippets(page, "docs/server.md").find(({ code }) => code.includes("node:sqlite"))!;
    expect(await workshop.run(server, {})).toEqual({
      code: 0,
      stdout: '1 {"price":101}\n2 {"price":102}\n3 {"price":103}\n',
      stderr: "",
    });
  });
});
