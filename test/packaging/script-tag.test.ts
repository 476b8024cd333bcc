// The script-tag builds as a page gets them: out of the tarball, from another origin, pinned by hash, under a strict policy.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serve, type TestServer } from "../helpers/server.ts";
import { pack, root, temporaryFolder } from "./consumer.ts";
import { launchChromium, visit } from "./page.ts";
import { rows, ticks } from "./quickstart.ts";
import { run } from "./run.ts";
import { allResumed, allTicks, sendAllTicks, startTickServer } from "./tick-server.ts";

const scriptFile = "dist/everspring.global.min.js";
const moduleFile = "dist/everspring.min.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let browser: Browser;
let version: string;
let readme: string;
/** What dist/sri.json of the tarball says, by file name. */
let hashes: Record<string, string>;

const unpacked = (file: string) => readFile(join(folder.path, "package", file));

beforeAll(async () => {
  folder = await temporaryFolder();
  const { path } = await pack(folder.path);
  await run("tar", ["-xzf", path], folder.path);
  hashes = JSON.parse((await unpacked("dist/sri.json")).toString());
  ({ version } = JSON.parse((await unpacked("package.json")).toString()));
  readme = await readFile(join(root, "README.md"), "utf8");
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
  await folder[Symbol.asyncDispose]();
});

/** Serves the unpacked package as a CDN does; what it serves may be tampered with. */
function serveCdn(tamper = (text: string) => text): Promise<TestServer> {
  return serve(async (response, { url = "" }) => {
    const [, file] = new RegExp(`^/everspring@${version}/(dist/[\\w.]+)$`).exec(url) ?? [];
    if (file === undefined) return response.writeHead(404).end();
    const headers = { "content-type": "text/javascript", "access-control-allow-origin": "*" };
    return response.writeHead(200, headers).end(tamper((await unpacked(file)).toString()));
  });
}

const policyOf = (...scripts: string[]) =>
  `default-src 'none'; script-src ${scripts.join(" ")}; connect-src 'self'; base-uri 'none'; ` +
  "require-trusted-types-for 'script'; trusted-types 'none'";

/** Prints ticks, what the policy forbids, and, as the policy has to be at work, whether code can be made of text. */
const app = (everspring: string) => `
const print = (...values) => console.log(JSON.stringify(values));
addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => print(violatedDirective, blockedURI));
try { print("eval", (0, eval)("1")); } catch ({ name }) { print("eval", name); }
const { createEventSource, EventSource, json } = ${everspring};
print(typeof EventSource);
const source = createEventSource("/prices", { decode: json });
source.on("tick", ({ lastEventId, data }) => print(lastEventId, data));
`;

/** All that it prints beside the ticks: nothing is forbidden but what it tries on purpose. */
const beside = [["eval", "EvalError"], ["function"], ["require-trusted-types-for", "trusted-types-sink"]];

/** Opens a page of another origin than the CDN's under a policy. */
async function open(html: string, policy: string, script: string) {
  const headers = { "content-type": "text/javascript" };
  const server = await startTickServer({
    "/": { body: html, headers: { "content-type": "text/html", "content-security-policy": policy } },
    "/app.js": { body: script, headers },
  });
  const page = await visit(browser, server.origin);
  return {
    server,
    page,
    printed: () => rows(page.lines.join("\n")),
    async [Symbol.asyncDispose]() {
      await page[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

async function expectAllTicks({ server, page, printed }: Awaited<ReturnType<typeof open>>) {
  const last = (id: number) => page.printed(() => ticks(printed()).at(-1)?.[0] === String(id));
  await sendAllTicks(server, last);
  await last(7);
  expect(ticks(printed())).toEqual(allTicks);
  expect(server.lastEventIds).toEqual(allResumed);
  const others = printed().filter((row) => !allTicks.some(([id]) => id === row[0]));
  expect(others.toSorted((a, b) => String(a).localeCompare(String(b)))).toEqual(beside);
  expect(page.thrown).toEqual([]);
}

/** README's tag. The hash that it leaves open is what the reader finds in the package. */
function readTag(): string {
  const [tag] = /<script\s[^>]*src="https:\/\/unpkg\.com\/everspring[^>]*><\/script>/.exec(readme) ?? [];
  if (tag === undefined) throw new Error("README.md has no script tag for unpkg.com/everspring");
  return tag;
}

const fill = (text: string, cdn: string) =>
  text
    .replaceAll("https://unpkg.com", cdn)
    .replaceAll(`integrity="sha384-…"`, `integrity="${hashes["everspring.global.min.js"]}"`);

test("dist/sri.json has the hash of each script-tag build", async () => {
  const hash = async (file: string) =>
    `sha384-${createHash("sha384")
      .update(await unpacked(file))
      .digest("base64")}`;
  expect(hashes).toEqual({
    "everspring.global.min.js": await hash(scriptFile),
    "everspring.min.js": await hash(moduleFile),
  });
});

describe("README's script tag", () => {
  test("is pinned to this version, to a file of the package and to a hash, and its command shows the hash", async () => {
    const tag = readTag();
    expect(tag).toContain(`src="https://unpkg.com/everspring@${version}/${scriptFile}"`);
    expect(tag).toContain(`integrity="sha384-…"`);
    expect(tag).toContain(`crossorigin="anonymous"`);
    // The first half fetches the tarball, which is here already.
    const [, fetching, showing] = /^(npm pack everspring@\S+) && (tar .*)$/m.exec(readme)!;
    expect(fetching).toBe(`npm pack everspring@${version}`);
    const [command, ...args] = showing!.split(" ");
    expect(JSON.parse((await run(command!, args, folder.path)).stdout)).toEqual(hashes);
  });

  test("works from another origin under a policy without unsafe-inline and unsafe-eval", async () => {
    await using cdn = await serveCdn();
    const { origin } = new URL(cdn.url);
    const html = `<!doctype html>${fill(readTag(), origin)}<script src="/app.js"></script>`;
    expect(html).toContain(`src="${origin}/`);
    expect(html).not.toContain("…");
    await using opened = await open(html, policyOf("'self'", origin), app("everspring"));
    await expectAllTicks(opened);
    expect(cdn.requests.map(({ url }) => url)).toContain(`/everspring@${version}/${scriptFile}`);
  });

  test("is refused when the file was tampered with", async () => {
    await using cdn = await serveCdn((text) => text.replace("everspring", "everspring "));
    const { origin } = new URL(cdn.url);
    const html = `<!doctype html>${fill(readTag(), origin)}<script src="/app.js"></script>`;
    await using opened = await open(html, policyOf("'self'", origin), `console.log(typeof everspring);`);
    await opened.page.printed((lines) => lines.includes("undefined"));
    expect(opened.page.lines.join()).toMatch(/integrity/);
    expect(cdn.requests.map(({ url }) => url)).toContain(`/everspring@${version}/${scriptFile}`);
  });
});

describe("the ES module in an import map", () => {
  /** The map stands in the page: the policy allows just this text. */
  const mapOf = (origin: string) => {
    const url = `${origin}/everspring@${version}/${moduleFile}`;
    const map = JSON.stringify({
      imports: { everspring: url },
      integrity: { [url]: hashes["everspring.min.js"] },
    });
    const html = `<!doctype html><script type="importmap">${map}</script><script type="module" src="/app.js"></script>`;
    const hash = `'sha256-${createHash("sha256").update(map).digest("base64")}'`;
    return { html, policy: policyOf("'self'", origin, hash) };
  };

  test("works from another origin, pinned by hash, under a strict policy", async () => {
    await using cdn = await serveCdn();
    const { html, policy } = mapOf(new URL(cdn.url).origin);
    const script = app(`await import("everspring")`);
    await using opened = await open(html, policy, script);
    await expectAllTicks(opened);
  });

  test("is refused when the file was tampered with", async () => {
    await using cdn = await serveCdn((text) => `${text} `);
    const { html, policy } = mapOf(new URL(cdn.url).origin);
    const script = `import("everspring").then(() => console.log("loaded"), ({ name }) => console.log(name));`;
    await using opened = await open(html, policy, script);
    await opened.page.printed((lines) => lines.includes("TypeError"));
    expect(opened.page.lines).not.toContain("loaded");
  });
});
