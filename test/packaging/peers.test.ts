// The rows of docs/comparison.md about other runtimes.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serve, stream, type TestServer } from "../helpers/server.ts";
import { bundle } from "../peers/bundle.ts";
import { columns, features } from "../peers/features.ts";
import { installPeers, peers } from "../peers/install.ts";
import { installLimit, installRuntimes, runtimes } from "../runtimes/install.ts";
import { temporaryFolder } from "./consumer.ts";
import { workerdConfig } from "../helpers/workerd.ts";
import { start } from "./run.ts";

const { deno, bun, workerd } = runtimes;
const clients = Object.keys(columns);

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: TestServer;
beforeAll(async () => {
  folder = await temporaryFolder();
  server = await serve((response) => stream(response, "data: 1\n\n"));
  await Promise.all([installPeers(), installRuntimes()]);
}, installLimit);
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

async function runIn(runtime: string, client: string): Promise<string> {
  const [command, args, cwd] = await commandFor(runtime, client);
  await using child = start(command, args, cwd, 60_000);
  const { code, stdout, stderr } = await child.finished;
  if (code === null) throw new Error(`${client} hangs in ${runtime}: ${stderr}`);
  return code === 0 && stdout === "1\n" ? "yes" : "no";
}

async function commandFor(runtime: string, client: string): Promise<[string, string[], string]> {
  const script = ["drive-elsewhere.mjs", client, server.url];
  if (runtime === "bun") return [bun, script, peers];
  if (runtime === "deno")
    return [
      deno,
      ["run", "--no-prompt", "--no-lock", "--allow-net", "--allow-read", "--allow-env", ...script],
      peers,
    ];
  const name = client.replaceAll(/\W/g, "-");
  await writeFile(join(folder.path, `${name}.js`), workerOf());
  await writeFile(
    join(folder.path, `${name}.capnp`),
    workerdConfig({ worker: `${name}.js`, client: `client-${name}.js` }),
  );
  return [workerd, ["test", `${name}.capnp`], folder.path];
}

/** There is nothing but a handler's time in workerd, and no file but what the configuration names. */
const workerOf = () => `
export default {
  async test() {
    const { open } = await import("client");
    await new Promise((resolve, reject) => {
      const event = ({ data }) => {
        console.log(data);
        resolve();
        source.close();
      };
      const closed = () => reject(new Error("closed"));
      const source = open(${JSON.stringify(server.url)}, { event, closed, open() {}, error() {} }, {});
    });
  },
};
`;

const rows = features.filter(({ id }) => ["deno", "bun", "workerd"].includes(id));

test.each(rows)("$title: as the comparison says", async ({ id, values }) => {
  const found: Record<string, string> = {};
  for (const client of clients) {
    if (id === "workerd") {
      const code = await bundle(`export * from "./clients/${client}.mjs";`);
      await writeFile(join(folder.path, `client-${client.replaceAll(/\W/g, "-")}.js`), code);
    }
    found[client] = await runIn(id, client);
  }
  expect(found).toEqual(values);
});

test("there are three such rows", () => {
  expect(rows.map(({ id }) => id)).toEqual(["deno", "bun", "workerd"]);
});
