import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runScript } from "../helpers/run-script.ts";
import { serve, stream } from "../helpers/server.ts";

const source = (name: string) => JSON.stringify(new URL(`../../src/${name}.ts`, import.meta.url).href);

/** Does its work on each event, which takes a while, and remembers it in a file. Told how many events it may see. */
const script = `
  import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
  import { setImmediate as turn } from "node:timers/promises";
  import { createEventSource } from ${source("index")};
  import { rememberLastEventId } from ${source("resume")};
  const [url, folder, most] = process.argv.slice(1);
  const storage = {
    getItem: (key) => { try { return readFileSync(folder + "/" + key, "utf8"); } catch { return null; } },
    setItem: (key, id) => writeFileSync(folder + "/" + key, id),
  };
  const subscription = createEventSource(url, { open: false });
  let count = 0;
  subscription.onEvent(async ({ data }) => {
    await turn();
    appendFileSync(folder + "/work", data + "\\n");
    if (++count === Number(most)) console.log("killed here");
    if (count >= Number(most)) await new Promise(() => {});
  });
  rememberLastEventId(subscription, { key: "id", storage });
`;

it("a process that is killed and started again goes on where it was: no event is lost, and only the one in work may come twice", async () => {
  const folder = await mkdtemp(join(tmpdir(), "everspring-restart-"));
  const total = 40;
  await using server = await serve((response, request) => {
    const after = Number(request.headers["last-event-id"] ?? 0);
    let text = "";
    for (let id = after + 1; id <= total; id++) text += `id: ${id}\ndata: ${id}\n\n`;
    stream(response, text);
  });
  const starts: string[] = [];
  for (let last = 0; last < total;) {
    const run = runScript(script, server.url, folder, `${Math.min(9, total - last + 1)}`);
    await run.says("killed here");
    expect((await run.kill()).stderr).toBe("");
    starts.push(String(server.requests.at(-1)!.headers["last-event-id"] ?? "none"));
    last = Number((await readFile(join(folder, "work"), "utf8")).trim().split("\n").at(-1));
  }
  const work = (await readFile(join(folder, "work"), "utf8")).trim().split("\n").map(Number);
  // Each run was killed in the middle of its ninth event: that one was done and not stored, and comes again.
  expect(starts).toEqual(["none", "8", "16", "24", "32"]);
  expect([...new Set(work)]).toEqual(Array.from({ length: total }, (_, i) => i + 1));
  expect(work.filter((id, i) => work.indexOf(id) !== i)).toEqual([9, 17, 25, 33]);
  await rm(folder, { recursive: true });
});
