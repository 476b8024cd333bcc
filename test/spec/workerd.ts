import { readdir, readFile, writeFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { workerdConfig } from "../helpers/workerd.ts";

const here = import.meta.dirname;
const dist = join(here, "../../dist");

/** Writes the files that workerd needs to run the suite, and returns the name of its configuration. */
export async function writeWorker(folder: string, baseUrl: string, isOurs: boolean): Promise<string> {
  const sources = (await readdir(here)).filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
  for (const file of sources)
    await writeFile(join(folder, file), stripTypeScriptTypes(await readFile(join(here, file), "utf8")));
  await writeFile(join(folder, "class.js"), await readFile(join(dist, "everspring.min.js")));
  await writeFile(
    join(folder, "worker.js"),
    `import { runAll } from "./run.ts";
import * as ours from "./class.js";
export default {
  async test() {
    const { EventSource } = ${isOurs ? "ours" : "globalThis"};
    const environment = { name: "workerd", kind: "server", isOurs: ${isOurs} };
    for (const outcome of await runAll({ EventSource, baseUrl: "${baseUrl}", environment }))
      console.log(JSON.stringify(outcome));
  },
};
`,
  );
  // Code for Node only is left out.
  const shipped = sources.filter(
    (file) =>
      !/^(server|drop-in-server|command|workerd|outcomes|conformance|browsers|global-setup|worker)\.ts$/.test(
        file,
      ),
  );
  const modules = ["worker.js", "class.js", ...shipped].map((file) => [file, file]);
  await writeFile(join(folder, "spec.capnp"), workerdConfig(Object.fromEntries(modules)));
  return "spec.capnp";
}
