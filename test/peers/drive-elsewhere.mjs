// Runs one client in a runtime that is neither Node nor a page: prints the first event, and ends.
const [client, url] = (globalThis.Deno?.args ?? process.argv.slice(2)).slice(-2);
const end = globalThis.Deno?.exit ?? process.exit;
const { open } = await import(`./clients/${client}.mjs`);
const tell = {
  event({ data }) {
    console.log(data);
    end(0);
  },
  closed: () => end(1),
  open() {},
  error() {},
};
open(url, tell, {});
