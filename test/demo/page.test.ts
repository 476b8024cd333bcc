import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { atCleanUp } from "../helpers/clean-up.ts";
import { newToken, startAlone } from "./harness.ts";
import { launchChromium, visit } from "./visit.ts";

const SCENES = [
  "dashboard",
  "notifications",
  "posts",
  "viewers",
  "ticker",
  "log",
  "tabs",
  "progress",
  "assistant",
  "php",
];

describe.concurrent("the page", { timeout: 240_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  it("survives a server that is killed and started again", async () => {
    const { url, server, start } = await startAlone();
    const visitor = await visit(browser, url, "ticker");
    await visitor.moreEvents();
    await server.end("SIGKILL");
    await visitor.inState("waiting");
    await start();
    await visitor.inState("open");
    await visitor.moreEvents();
    await visitor.expectIntact();
  });

  it("begins a scene with figures of its own, at once", async () => {
    const { url } = await startAlone();
    const visitor = await visit(browser, url, "ticker");
    await visitor.moreEvents();
    const events = await visitor.page.evaluate(async () => {
      const changed = new Promise((resolve) =>
        new MutationObserver(resolve).observe(document.querySelector("#stage")!, {
          attributeFilter: ["data-scene"],
        }),
      );
      location.hash = "#/notifications";
      await changed;
      return document.querySelector("#events")?.textContent;
    });
    expect(events).toBe("0");
  });

  it("shows the status union, with a countdown, while it waits", async () => {
    const { url, server } = await startAlone();
    const { page, inState, logged } = await visit(browser, url, "ticker");
    await inState("open");
    await server.end("SIGTERM");
    await logged("network");
    // Both at one time: the wait may be over before the second one is looked at.
    const union = await page.waitForFunction(() => {
      const [headline, shown] = ["headline", "union"].map((id) => document.getElementById(id)?.textContent);
      return /^Next attempt in \d\.\d\ss$/.test(headline ?? "") && shown;
    });
    expect(await union.jsonValue()).toMatch(
      /state: "waiting",\n {2}attempt: \d+,\n {2}delay: \d+,\n {2}error: EventSourceError \{ code: "network" \},/,
    );
    await page.waitForFunction(
      () => document.querySelector("#announcement")?.textContent === "Connection lost, trying again",
    );
  });

  it("closes, opens, reconnects and changes scenes from the keyboard, and leaves no stream behind", async () => {
    const { url } = await startAlone();
    const visitor = await visit(browser, url, "ticker");
    const { page, read } = visitor;
    const press = (name: string) => page.getByRole("button", { name, exact: true }).press("Enter");
    await visitor.moreEvents();
    await press("Close");
    await visitor.inState("closed");
    const last = await read("last-id");
    await press("Open");
    await visitor.inState("open");
    await visitor.moreEvents();
    await press("Reconnect");
    await page.waitForFunction(() => Number(document.querySelector("#reconnects")?.textContent) >= 2);
    await visitor.moreEvents();
    expect(await read("last-id")).toBeGreaterThan(last);

    await Promise.all([
      page.waitForEvent("requestfailed", (request) => request.url().endsWith("/events")),
      page.getByRole("link", { name: "Log tail" }).press("Enter"),
    ]);
    await visitor.inState("open");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Log tail");
    expect(await page.title()).toBe("Log tail · everspring demo");
    await visitor.expectIntact();
  });

  it("skips to the scene that is shown, and to no other one", async () => {
    const { url } = await startAlone();
    const { page, complaints } = await visit(browser, url, "viewers");
    await page.getByRole("link", { name: "Skip to the scene" }).press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("stage");
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.getAttribute("name"))).toBe("page");
    expect(new URL(page.url()).hash).toBe("#/viewers");
    expect(await page.locator("#stage[data-scene=viewers]").count()).toBe(1);
    expect(complaints).toEqual([]);
  });

  it("shows a scene that was asked for while the server was down as soon as it is back", async () => {
    const { url, server, start } = await startAlone();
    const visitor = await visit(browser, url, "ticker");
    await visitor.moreEvents();
    await server.end("SIGTERM");
    await visitor.page.click("a[href='#/dashboard']");
    await visitor.says("#lead", /cannot be reached/);
    await start();
    await visitor.page.locator("#stage[data-scene=dashboard]").waitFor();
    await visitor.inState("open");
    await visitor.says("#lead", /^A busy shop/);
    await visitor.moreEvents();
    await visitor.expectIntact();
  });

  it("leaves the focus where it is when what was pressed is switched off", async () => {
    const { url } = await startAlone();
    const visitor = await visit(browser, url, "viewers");
    const { page, inState, says, complaints } = visitor;
    const focused = () => page.evaluate(() => document.activeElement?.id);
    await inState("open");
    for (let count = 0; count < 4; count++) await page.press("#bring", "Enter");
    expect(await page.getAttribute("#bring", "aria-disabled")).toBe("true");
    expect(await focused()).toBe("bring");
    await says("[data-count=springs]", /^4$/); // a fourth guest was not brought

    await page.click("a[href='#/progress']");
    await page.press("#begin", "Enter");
    await visitor.moreEvents(1);
    expect(await focused()).toBe("begin");

    await page.click("a[href='#/assistant']");
    await page.press(".suggestions button", "Enter");
    await visitor.moreEvents(1);
    await page.press("#stop", "Enter");
    await page.locator("[data-ending=stopped]").waitFor();
    expect(await focused()).toBe("continue");
    await page.keyboard.press("Enter");
    expect(await focused()).toBe("stop");
    // Nor does an answer that ends take it away from somewhere else.
    await page.focus("#sources summary");
    await page.locator("[data-ending=whole]").waitFor();
    expect(await page.evaluate(() => document.activeElement?.localName)).toBe("summary");
    expect(complaints).toEqual([]);
  });

  it("offers to open what is closed and to close what is open", async () => {
    const { url } = await startAlone();
    const { page, inState } = await visit(browser, url, "ticker");
    const able = (name: string) => page.isEnabled(`[data-client=${name}]`);
    await inState("open");
    expect([await able("open"), await able("close")]).toEqual([false, true]);
    await page.click("[data-client=close]");
    await inState("closed");
    expect([await able("open"), await able("close")]).toEqual([true, false]);
  });

  it("takes the inbox of another user for what had happened before, not for what was missed", async () => {
    const { url } = await startAlone();
    const visitor = await visit(browser, url, "notifications");
    const { page } = visitor;
    await visitor.inState("open");
    const text = "There before you came";
    await page.selectOption("#send [name=to]", "grace");
    await page.fill("#send [name=text]", text);
    await page.click("#send .primary");
    await visitor.says("#sending", /Sent/);
    await page.check("[name=user][value=grace]");
    await page.locator("#inbox .before", { hasText: text }).waitFor();
    await visitor.suffer("drop", "network");
    expect(await visitor.read("lost")).toBe(0);
    await visitor.expectIntact();
  });

  it("is somebody else in each tab", async () => {
    const { url } = await startAlone();
    const ada = await visit(browser, url, "notifications");
    await ada.inState("open");
    const [other] = await Promise.all([
      ada.page.waitForEvent("popup"),
      ada.page.evaluate((demo) => void open(`${demo}/#/notifications`), url),
    ]);
    await other.check("[name=user][value=grace]");
    await other.locator("#log li", { hasText: "/notifications/grace/by-cookie" }).first().waitFor();

    // Who comes back is still the one who was there before, and so is who sends.
    await ada.suffer("drop", "network");
    await ada.page.selectOption("#send [name=to]", "grace");
    await ada.page.fill("#send [name=text]", "Who is it?");
    await ada.page.click("#send .primary");
    const item = other.locator("#inbox li", { hasText: "Who is it?" });
    await item.locator(".by b", { hasText: "ada" }).waitFor();
    expect(await ada.page.locator("#inbox li", { hasText: "Who is it?" }).count()).toBe(0);
    await ada.expectIntact();
  });

  it("draws what was caught up in its own colour, also when several tabs had it", async () => {
    const { url } = await startAlone();
    const visitor = await visit(browser, url, "tabs");
    const { page } = visitor;
    await visitor.says("#holder", /^Tab \d$/);
    await visitor.moreEvents(6);
    await visitor.suffer("drop", "network");
    await visitor.logged("caught up");
    // All tabs have had some since.
    await visitor.moreEvents(9);
    await page.waitForFunction(() => {
      const canvas = document.querySelector<HTMLCanvasElement>("#continuity")!;
      const context = canvas.getContext("2d")!;
      // A replayed event in the lower part, where no connection is drawn.
      context.fillStyle = getComputedStyle(canvas).getPropertyValue("--replay");
      const colour = parseInt(String(context.fillStyle).slice(1), 16);
      const { data } = context.getImageData(0, Math.round(canvas.height / 2), canvas.width, 1);
      return Array.from({ length: canvas.width }, (_, x) => x * 4).some(
        (i) => data[i]! * 65_536 + data[i + 1]! * 256 + data[i + 2]! === colour,
      );
    });
    await visitor.expectIntact();
  });

  it("opens a tab that was asked for while the server was down as soon as it is back", async () => {
    const { url, server, start } = await startAlone();
    const visitor = await visit(browser, url, "tabs");
    await visitor.says("#holder", /^Tab \d$/);
    await server.end("SIGTERM");
    await visitor.page.click("#add");
    await visitor.inState("waiting");
    await start();
    await visitor.page.waitForFunction(() => {
      const pages = [...document.querySelectorAll("iframe")].map((frame) => frame.contentDocument);
      const roles = pages.map((found) => found?.querySelector("#role")?.textContent);
      const count = (role: string) => roles.filter((it) => it === role).length;
      return count("leads") === 1 && count("listens") === 3;
    });
    await visitor.expectIntact();
  });

  it("forgets a job that the server no longer has", async () => {
    const { url } = await startAlone();
    const { page, says } = await visit(browser, url, "ticker");
    await page.evaluate(() => sessionStorage.setItem("job", "4711"));
    await page.click("a[href='#/progress']");
    await says("#file", /no longer kept/);
    expect(await page.isEnabled("#begin")).toBe(true);
    expect(await page.evaluate(() => sessionStorage.getItem("job"))).toBeNull();
  });

  it("says what to install for a scene whose program is not there, and shows the code of each", async () => {
    const { url } = await startAlone();
    const visitor = await visit(browser, url, "php");
    await visitor.says("#missing", /npm run demo -- --all/);
    await visitor.page.click("#sources summary");
    await visitor.says(".source", /set_time_limit/);
    // Alone, nobody would start the server again.
    expect(await visitor.page.locator("[data-fault=restart]").isDisabled()).toBe(true);
    expect((await fetch(`${url}/source/data/events.db`)).status).toBe(404);
    await visitor.expectIntact();
  });

  it("does not jump when the scene comes", async () => {
    const { url } = await startAlone();
    const visitor = await visit(browser, url, "dashboard");
    await visitor.moreEvents();
    const shift = await visitor.page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          const observer = new PerformanceObserver((list) => {
            const shifts = list.getEntriesByType("layout-shift") as (PerformanceEntry & { value: number })[];
            resolve(shifts.reduce((sum, { value }) => sum + value, 0));
          });
          observer.observe({ type: "layout-shift", buffered: true });
          // Of which there are some in any case.
          observer.observe({ type: "paint", buffered: true });
        }),
    );
    expect(shift).toBeLessThan(0.1);
  });

  it("fits every screen from 320 px on", async () => {
    const { url } = await startAlone();
    const { page, complaints } = await visit(browser, url, "ticker");
    for (const scene of SCENES) {
      await page.goto(`${url}/#/${scene}`);
      await page.locator(`#stage[data-scene=${scene}]`).waitFor();
      for (const width of [320, 390, 768, 1024, 1920]) {
        await page.setViewportSize({ width, height: 800 });
        // What observes its own size knows of the new one after the next frame.
        await page
          .waitForFunction((wanted) => document.documentElement.scrollWidth === wanted, width)
          .catch(async (cause: unknown) => {
            const found = await page.evaluate(() => document.documentElement.scrollWidth);
            throw new Error(`${scene} is ${found} px wide where there are ${width}`, { cause });
          });
      }
    }
    // A page in a frame has no bar to scroll it by.
    await page.goto(`${url}/#/tabs`);
    await page.waitForFunction(() => {
      const pages = [...document.querySelectorAll("iframe")].map((frame) => frame.contentDocument);
      const fits = (root: Element | undefined) => root && root.scrollHeight <= root.clientHeight;
      const isThere = (found: Document | null) => found?.querySelector("#pill[data-state=open]");
      return pages.length === 3 && pages.every((found) => isThere(found) && fits(found?.documentElement));
    });
    expect(complaints).toEqual([]);
  });

  it("a page of another origin reads the stream, resumes it, and honours Retry-After, but not by cookie", async () => {
    const { url } = await startAlone();
    const other = createServer((_req, res) =>
      res
        .setHeader("Content-Type", "text/html")
        .end(`<script src="${url}/everspring.global.min.js"></script>`),
    ).listen(0, "127.0.0.1");
    await once(other, "listening");
    atCleanUp(() => {
      other.closeAllConnections();
      other.close();
    });
    const page = await browser.newPage();
    atCleanUp(() => page.close());
    await page.goto(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`);
    const token = await newToken(url);

    const { ids, delays } = await page.evaluate(
      async ([demo, secret]) => {
        const { everspring } = globalThis as unknown as { everspring: typeof import("../../src/index.ts") };
        const source = everspring.createEventSource(`${demo}/events`, {
          headers: everspring.bearer(() => secret!),
        });
        const seen: number[] = [];
        const waits: number[] = [];
        source.onStatus((status) => {
          if (status.state === "waiting" && status.error.status === 503) waits.push(status.delay);
        });
        const more = (count: number) =>
          new Promise<void>((resolve) => {
            const undo = source.onEvent(() => --count || (undo(), resolve()));
          });
        source.onEvent(({ lastEventId }) => void seen.push(Number(lastEventId)));
        await more(3);
        for (const fault of ["drop", "unavailable"]) {
          await fetch(`${demo}/faults/ticker/${fault}`, { method: "POST", mode: "no-cors" });
          await more(4);
        }
        source.close();
        return { ids: seen, delays: waits };
      },
      [url, token],
    );
    expect(ids).toEqual(ids.map((_, index) => ids[0]! + index));
    expect(delays.length).toBeGreaterThan(0);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(3_000);
    const byCookie = await page.evaluate(
      (demo) => fetch(`${demo}/notifications/ada/by-cookie`, { credentials: "include" }).catch(String),
      url,
    );
    expect(byCookie).toMatch(/^TypeError/);
  });
});
