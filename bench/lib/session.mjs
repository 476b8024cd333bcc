import { measures } from "../measure/index.mjs";
import { workloads } from "../workloads.mjs";
import { child } from "./child.mjs";

/**
 * Runs one measure against a server of its own, with the clients and workloads (`names`) of a choice, or its own. `rounds`
 * replaces its own too.
 */
export async function measure(name, { clients, names, rounds, scale = 1, log = () => {} } = {}) {
  const server = child("bench/server.mjs");
  try {
    const { port } = await server.next();
    return await measures[name].run({
      server: { ...server, port },
      /** What is chosen; where `base` is given, only out of `those`, and `base` whether it is chosen or not. */
      choose: (those, base) =>
        !clients ? those : base ? those.filter((one) => [...clients, ...base].includes(one)) : clients,
      names: names ?? Object.keys(workloads),
      rounds: rounds ?? measures[name].rounds,
      scale,
      log,
    });
  } finally {
    server.stop();
  }
}
