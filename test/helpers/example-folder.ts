import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What the examples expect to find in the folder that they run in: certificates, and `expo/fetch`. */
export function furnish(folder: string): void {
  for (const name of ["ca.pem", "client.pem", "client.key"])
    copyFileSync(join(import.meta.dirname, "certificates", name), join(folder, name));
  const expo = join(folder, "node_modules/expo");
  mkdirSync(expo, { recursive: true });
  const standIn = JSON.stringify(join(import.meta.dirname, "expo-fetch.ts"));
  writeFileSync(join(expo, "package.json"), '{ "type": "module", "exports": { "./fetch": "./fetch.js" } }');
  writeFileSync(join(expo, "fetch.js"), `export { expoFetch as fetch } from ${standIn};\n`);
  writeFileSync(
    join(expo, "fetch.d.ts"),
    "export declare function fetch(url: string, init?: RequestInit): Promise<Response>;\n",
  );
}
