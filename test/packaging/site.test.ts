import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chromiumOptions } from "../setup/browsers.ts";
import { temporaryFolder } from "./consumer.ts";
import { buildSite, serveFolder } from "./site.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let site: Awaited<ReturnType<typeof serveFolder>>;
let browser: Browser;
let dist: string;
/** The pages, as paths such as `/options.html`. */
let pages: string[];

beforeAll(async () => {
  folder = await temporaryFolder();
  dist = join(folder.path, "site");
  await buildSite(dist);
  pages = readdirSync(dist, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".html"))
    .map((file) => `/${file}`)
    .toSorted();
  site = await serveFolder(dist);
  browser = await chromium.launch(chromiumOptions);
});
afterAll(async () => {
  await browser?.close();
  await site?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

test("the site has a page for each page of docs", () => {
  const docs = join(import.meta.dirname, "../../docs");
  const named = readdirSync(docs).filter((file) => file.endsWith(".md"));
  expect(named.length).toBeGreaterThan(15);
  expect(pages).toEqual(expect.arrayContaining(named.map((file) => `/${file.replace(/\.md$/, ".html")}`)));
  expect(pages).toEqual(expect.arrayContaining(["/readme.html", "/CHANGELOG.html", "/decisions/index.html"]));
});

test("every link leads to a page of the site, a heading of it, or a file that it has", () => {
  const contents = new Map(pages.map((page) => [page, readFileSync(join(dist, page), "utf8")]));
  const dead: string[] = [];
  for (const [page, html] of contents)
    for (const [, href = ""] of html.matchAll(/<a [^>]*?href="([^"]*)"/g)) {
      if (/^(https?|mailto):/.test(href)) continue;
      const { pathname, hash } = new URL(href, `http://site${page}`);
      if (pathname.startsWith("/source/")) {
        readFileSync(join(dist, decodeURI(pathname)));
        continue;
      }
      const target = contents.get(pathname.endsWith("/") ? `${pathname}index.html` : pathname);
      const id = decodeURIComponent(hash.slice(1));
      if (target === undefined || (id && !target.includes(`id="${id}"`))) dead.push(`${page}: ${href}`);
    }
  expect(dead).toEqual([]);
});

describe.each([
  { name: "on a phone", width: 390, height: 844, colorScheme: "light" as const },
  { name: "on a desk, in the dark", width: 1280, height: 900, colorScheme: "dark" as const },
])("$name", ({ width, height, colorScheme }) => {
  test("every page shows without an error, with all its pictures, and is not wider than the screen", async () => {
    const page = await browser.newPage({ viewport: { width, height }, colorScheme });
    const wrong: string[] = [];
    let path = "";
    page.on("console", (message) => message.type() === "error" && wrong.push(`${path}: ${message.text()}`));
    page.on("pageerror", (error) => wrong.push(`${path}: ${error.message}`));
    // Nothing comes from elsewhere.
    page.on("request", (request) => {
      if (!request.url().startsWith(site.url)) wrong.push(`${path}: asks for ${request.url()}`);
    });
    for (path of pages.filter((one) => one !== "/404.html")) {
      await page.goto(site.url + path, { waitUntil: "networkidle" });
      const { wide, broken, title } = await page.evaluate(() => ({
        wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        broken: [...document.images]
          .filter((image) => !image.complete || !image.naturalWidth)
          .map(({ src }) => src),
        title: document.querySelector("h1")?.textContent ?? "",
      }));
      if (wide > 0) wrong.push(`${path}: ${wide} px too wide`);
      wrong.push(...broken.map((src) => `${path}: no picture ${src}`));
      if (!title) wrong.push(`${path}: no heading`);
    }
    await page.close();
    expect(wrong).toEqual([]);
  });
});
