// Runs one client in a runtime that is neither Node nor a page: prints the first event, and ends.
import process from "node:process";

const [client, url] = process.argv.slice(-2);
const { open } = await import(`./clients/${client}.mjs`);
const tell = {
  event: ({ data }) => process.stdout.write(`${data}\n`, () => process.exit(0)),
  closed: () => process.exit(1),
  open() {},
  error() {},
};
open(url, tell, {});
