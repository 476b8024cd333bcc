import { peers } from "../peers/index.mjs";

/** The client that this process is about. When it cannot be loaded here, the parent hears why. */
export async function loadPeer(name) {
  // Some peers expect a page, or talk on the console; what they write would be part of their time.
  for (const method of ["log", "info", "debug", "warn", "error"]) console[method] = () => {};
  process.emitWarning = () => {};
  try {
    const { file, name: member } = peers[name];
    return (await import(`../peers/${file}.mjs`))[member];
  } catch (error) {
    process.send({ error: String(error?.message ?? error).split("\n")[0] });
    // The parent ends this process.
    return new Promise(() => setInterval(() => {}, 60_000));
  }
}
