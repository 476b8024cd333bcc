/** The configuration by which `workerd test` runs a worker: its modules by name, each a file; the first one has the handler. */
export function workerdConfig(modules: Readonly<Record<string, string>>): string {
  const embedded = Object.entries(modules).map(
    ([name, file]) => `(name = "${name}", esModule = embed "${file}"),`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [
  (name = "main", worker = (
    modules = [
      ${embedded.join("\n      ")}
    ],
    compatibilityDate = "2026-10-01",
    globalOutbound = "internet",
  )),
  (name = "internet", network = (allow = ["local", "private"])),
]);
`;
}
