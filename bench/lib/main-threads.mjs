import { readdirSync, readFileSync } from "node:fs";

const read = (path) => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // it has ended
  }
};

/** The processes that this one has started, and those that they have, whose command line matches. */
export function processes(pattern) {
  const children = new Map();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    // What comes before is a name, which may hold anything.
    const [, parent] = /\) \S (\d+) [^)]*$/.exec(read(`/proc/${pid}/stat`)) ?? [];
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const below = (pid) => (children.get(pid) ?? []).flatMap((one) => [one, ...below(one)]);
  return below(String(process.pid)).filter((pid) =>
    pattern.test(read(`/proc/${pid}/cmdline`).replaceAll("\0", " ")),
  );
}

/** How long their main threads have run so far, together, as the kernel counts it (ms). */
export const mainThreadTime = (pids) =>
  pids.reduce((sum, pid) => sum + Number(read(`/proc/${pid}/schedstat`).split(" ")[0]) / 1e6, 0);
