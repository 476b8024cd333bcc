// Both sides of each pair in docs/migrate, run against the same server: they print and ask for the same, or for what is said here.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWorkshop } from "../helpers/snippets.ts";
import { root } from "./bundle.ts";
import { blocksOf, countBlocks, openRunner, type Block } from "./guides.ts";
import { installLimit, installPeers, peers } from "./install.ts";
import { places, type Client } from "./lab.ts";
import { titles } from "./features.ts";
import { guides } from "./tables.ts";

type Lines = readonly string[];

/** What a pair prints, and what the server is asked for; by side where the page says that they differ. */
interface Pair {
  readonly prints: Lines | { readonly before: Lines; readonly after: Lines };
  readonly asks: Lines | { readonly before: Lines; readonly after: Lines };
  /** Something else keeps the process alive, as in a server. */
  readonly isKeptAlive?: boolean;
}

const all = ["message 1", "message 2", "message 3"];
const resumed = (what: string) => [`GET ${what}`, `GET ${what} after 2`];
const messages: Pair = { prints: all, asks: resumed("/messages") };
const account: Pair = {
  prints: all,
  asks: ["GET /account Bearer fresh", "GET /account Bearer fresh after 2"],
};
const chat: Pair = {
  prints: ["Because water finds its way"],
  asks: ['POST /chat {"prompt":"Why?"}'],
};
const gone = (text: string): Pair => ({ prints: [text], asks: ["GET /gone"] });

const pairs: { readonly [C in keyof typeof guides]: Readonly<Record<string, Pair>> } = {
  native: {
    messages,
    named: { prints: ["101", "102", "103"], asks: resumed("/prices") },
    token: {
      prints: all,
      asks: {
        before: ["GET /account ?token=fresh", "GET /account ?token=fresh after 2"],
        after: account.asks as Lines,
      },
    },
    busy: {
      prints: { before: ["closed for good"], after: ["503 true", ...all] },
      asks: { before: ["GET /busy"], after: ["GET /busy", "GET /busy"] },
    },
  },
  eventsource: {
    messages: { ...messages, isKeptAlive: true },
    headers: { ...account, isKeptAlive: true },
    refused: gone("403"),
    process: {
      prints: { before: all.slice(0, 2), after: all },
      asks: { before: ["GET /news"], after: resumed("/news") },
    },
  },
  "eventsource-client": {
    messages,
    loop: messages,
    resume: { prints: all.slice(2), asks: ["GET /messages after 2"] },
    status: {
      prints: ["connected", ...all.slice(0, 2), "waiting true", "connected", "message 3"],
      asks: resumed("/messages"),
    },
    busy: {
      prints: { before: ["connected", "connected"], after: ["connected"] },
      asks: ["GET /busy", "GET /busy"],
    },
  },
  "fetch-event-source": { chat, account, refused: gone("403 plan expired"), hidden: messages },
  "event-source-plus": {
    account,
    chat: { ...chat, prints: { before: ["Becausewaterfindsitsway"], after: chat.prints as Lines } },
    refused: gone("403"),
  },
  "event-source-polyfill": { account, param: messages },
  "sse.js": { chat, messages, refused: gone("403 plan expired") },
  "reconnecting-eventsource": {
    messages,
    busy: { prints: all, asks: ["GET /busy", "GET /busy"] },
    seed: { prints: all.slice(2), asks: ["GET /messages after 2"] },
  },
};

const runner = openRunner();
beforeAll(installPeers, installLimit);
afterAll(() => runner[Symbol.asyncDispose]());

test("there is a guide for every client, and no other page", () => {
  const pages = readdirSync(join(root, "docs/migrate")).map((name) => `docs/migrate/${name}`);
  expect(pages.toSorted()).toEqual([...Object.values(guides), "docs/migrate/README.md"].toSorted());
});

test("the new sides compile", async () => {
  using workshop = openWorkshop();
  const blocks = Object.values(guides)
    .flatMap(blocksOf)
    .filter(({ side }) => side === "after");
  const errors = await workshop.check(blocks.map((block) => ({ ...block, typesOnly: true })));
  expect(Object.fromEntries(errors)).toEqual({});
});

describe.each(Object.entries(guides))("the guide for %s", (client, file) => {
  const blocks = blocksOf(file);
  const expected = pairs[client as keyof typeof guides];
  const of = (side: Block["side"]) => [
    ...new Set(blocks.filter((one) => one.side === side).map(({ pair }) => pair)),
  ];

  test("has a before and an after for each pair, and no other example", () => {
    expect(of("before")).toEqual(Object.keys(expected));
    expect(of("after")).toEqual(Object.keys(expected));
    expect(countBlocks(file)).toBe(blocks.length);
  });

  test.concurrent.each(blocks)("$pair, $side ($place)", async (block) => {
    const { prints, asks, isKeptAlive } = expected[block.pair]!;
    const [printed, asked] = [prints, asks].map((lines) => ("before" in lines ? lines[block.side] : lines));
    const outcome =
      places[client as Client] === "page"
        ? await runner.inPage(block, printed!.length)
        : await runner.inNode(block, isKeptAlive);
    expect(outcome).toEqual({ printed, asked, errors: [] });
  });

  test("names options that there are", () => {
    const [peer, ours] = optionsOf(file);
    const texts = client === "native" ? typesOfDom() : publishedTexts(titles[client as Client]);
    const unknown = (names: string[], text: string) => names.filter((name) => !text.includes(name));
    expect(peer.length).toBeGreaterThan(3);
    expect({ peer: unknown(peer, texts), ours: unknown(ours, typesOfDom() + ownTypes()) }).toEqual({
      peer: [],
      ours: [],
    });
  });
});

/** The names in the table of options, of the other client and of ours. */
function optionsOf(file: string): [peer: string[], ours: string[]] {
  const [, section = ""] = readFileSync(join(root, file), "utf8").split("## Options");
  const rows = section
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .slice(2);
  const cells = rows
    .slice(0, rows.findIndex((row) => /^\|\s+\|/.test(row)) + 1 || undefined)
    .map((row) => row.split("|").slice(1, -1));
  const names = (texts: (string | undefined)[]) =>
    texts.flatMap((text = "") =>
      [...text.matchAll(/`([^`]*)`/g)].flatMap(
        ([, code]) => code!.replaceAll(/"[^"]*"/g, "").match(/[A-Za-z_]{3,}/g) ?? [],
      ),
    );
  return [names(cells.map(([peer]) => peer)), names(cells.flatMap(([, ...ours]) => ours))];
}

/** All text that a package consists of. */
function publishedTexts(name: string): string {
  const folder = join(peers, "node_modules", name);
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return files
    .filter((path) => /\.(js|mjs|ts|md)$/.test(path) && !path.includes("node_modules"))
    .map((path) => readFileSync(join(folder, path), "utf8"))
    .join("\n");
}

const ownTypes = () =>
  readdirSync(join(root, "dist"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".d.ts"))
    .map((name) => readFileSync(join(root, "dist", name), "utf8"))
    .join("\n");

/** The types of TypeScript's own, which lie in a package of the platform. */
function typesOfDom(): string {
  const folder = join(root, "node_modules/@typescript");
  const [own] = readdirSync(folder).filter((name) => name.startsWith("typescript-"));
  return readFileSync(join(folder, own!, "lib/lib.dom.d.ts"), "utf8");
}
