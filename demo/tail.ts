// A terminal client: events on stdout, the life of the connection on stderr. Ctrl-C ends it.
//   node demo/tail.ts URL [--last-event-id ID]
import { once } from "node:events";
import { parseArgs } from "node:util";
import { createEventSource } from "../src/index.ts"; // "everspring" in a project of yours

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { "last-event-id": { type: "string", default: "" } },
});
const [url] = positionals;
if (url === undefined || positionals.length > 1) {
  console.error("usage: node demo/tail.ts URL [--last-event-id ID]");
  process.exit(2);
}

/** One line per event, and no escape sequence of a stranger's server reaches the terminal. */
const printable = (text: string): string => text.replaceAll("\n", "␤").replaceAll(/\p{Cc}/gu, "\uFFFD");

async function tail(from: string, lastEventId: string): Promise<void> {
  const source = createEventSource(from, {
    lastEventId,
    connectTimeout: 10_000,
    retry: { maxDelay: 5_000 }, // someone is watching: never let them wait for half a minute
  });

  source.onStatus((status) => {
    if (status.state === "connecting") console.error(`# connecting (attempt ${status.attempt})`);
    else if (status.state === "open") console.error(`# open ${status.url}`);
    else if (status.state === "waiting")
      console.error(
        `# waiting ${Math.round(status.delay)} ms: ${status.error.message} [${status.error.code}]`,
      );
    else if (status.state === "closed") console.error(`# closed (${status.reason})`);
  });

  process.once("SIGINT", () => source.close());
  process.once("SIGTERM", () => source.close());
  process.stdout.on("error", () => source.close()); // `tail.ts URL | head`

  for await (const { lastEventId: id, type, raw } of source) {
    const written = process.stdout.write(`${printable(id)}\t${printable(type)}\t${printable(raw)}\n`);
    // Pulling no event while the pipe is full holds the server back instead of filling memory here.
    if (!written) await once(process.stdout, "drain").catch(() => {});
  }
}

await tail(url, values["last-event-id"]).catch((error: unknown) => {
  console.error(`# ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
