import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "./consumer.ts";

/** The files that a reader of docs/guide.md saves, to the letter but for the port. */
export async function saveGuide(folder: string, port: number): Promise<string[]> {
  const page = await readFile(join(root, "docs/guide.md"), "utf8");
  const files = [...page.matchAll(/<!-- file: (\S+) -->\n\n```\w+\n(.*?\n)```/gs)];
  for (const [, name, code] of files)
    await writeFile(join(folder, name!), code!.replaceAll("3000", String(port)));
  return files.map(([, name]) => name!);
}

/** The numbers of the seconds that a script has shown: each is the ID of an event. */
export function seconds(output: string): number[] {
  return [...output.matchAll(/^(\d{10})\b/gm)].map(([, id]) => Number(id));
}

/** Nothing lost, nothing twice. */
export function consecutive(ids: readonly number[]): boolean {
  return ids.every((id, index) => index === 0 || id === ids[index - 1]! + 1);
}
