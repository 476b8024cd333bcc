// What holds in every browser.
import type { Browser, BrowserContext, Page } from "playwright";
import { describe, expect, test } from "vitest";
import { atCleanUp } from "../helpers/clean-up.ts";
import { isSoak } from "../helpers/soak.ts";
import { PATIENCE } from "../setup/browsers.ts";
import { follow, idsUntil, openHome, upTo, visit, type Globals, type Home, type Visit } from "./home.ts";

/** How often the leading page goes away. */
const kills = isSoak ? 50 : 6;

/** Sends events, until the result is called. */
function flow(home: Home): () => void {
  const timer = setInterval(() => home.send(1), 5);
  const stop = () => clearInterval(timer);
  atCleanUp(stop);
  return stop;
}

/** A home, and a context for its pages; closed with the test, the pages first. */
async function moveIn(browser: Browser): Promise<{ home: Home; context: BrowserContext }> {
  const home = await openHome();
  const context = await browser.newContext();
  context.setDefaultTimeout(PATIENCE);
  atCleanUp(() => context.close());
  return { home, context };
}

/** How a page can end. */
export type Ways = Record<string, (page: Page) => Promise<void>>;

export const ways: Ways = {
  async closes(page) {
    await page.close();
  },
  async navigates(page) {
    await page.goto("about:blank");
    await page.close();
  },
};

/** How the pages went, what those that are there know, and who has the lock and who waits for it by the browser's word. */
async function report(home: Home, visits: readonly Visit[], farewells: readonly string[]): Promise<void> {
  process.stdout.write(`${farewells.join(", ")}\n`);
  process.stdout.write(`open: ${home.open()}, ${JSON.stringify(home.requests)}\n`);
  for (const { page, name } of visits) {
    const known = page.evaluate(async () => {
      const { source, states, ids } = globalThis as unknown as Globals;
      const { held = [], pending = [] } = await navigator.locks.request("who am I", { mode: "shared" }, () =>
        navigator.locks.query(),
      );
      const me = held.find((lock) => lock.name === "who am I")?.clientId;
      const others = [held, pending].map((locks) =>
        locks.filter((lock) => lock.name !== "who am I").map(({ clientId }) => clientId === me),
      );
      return JSON.stringify({ status: source.status.state, states, last: ids.at(-1), holds: others });
    });
    process.stdout.write(`${name}: ${await known.catch(String)}\n`);
  }
}

export function describeTenPages(getBrowser: () => Browser, endings: Ways): void {
  describe("ten pages of one context", { timeout: 600_000 }, () => {
    test(`get exactly 1…N over one connection, while the leading page goes away ${kills} times`, async ({
      onTestFailed,
    }) => {
      const { home, context } = await moveIn(getBrowser());
      let visits = await Promise.all(Array.from({ length: 10 }, () => visit(context, home)));
      const farewells: string[] = [];
      onTestFailed(() => report(home, visits, farewells));
      await Promise.all(visits.map((it) => follow(it, { replay: 1e6 })));
      expect(home.requests.length).toBe(1);

      const went: Record<string, number> = {};
      for (let kill = 0; kill < kills; kill++) {
        const next = await visit(context, home);
        const stop = flow(home);
        const before = home.last();
        await home.until(() => home.open() === 1 && home.last() > before + 20);
        const name = home.leader();
        const leader = visits.find((it) => it.name === name)!;
        const names = Object.keys(endings);
        const how = names[kill % names.length]!;
        went[how] = (went[how] ?? 0) + 1;
        home.farewell(leader.name);
        farewells.push(`${leader.name} ${how}`);
        await Promise.all([endings[how]!(leader.page), follow(next, { replay: 1e6 })]);
        await home.until(() => home.leader() !== undefined && home.leader() !== name);
        stop();
        visits = [...visits.filter((it) => it !== leader), next];
      }
      const last = home.last();
      for (const it of visits) expect(await idsUntil(it, last)).toEqual(upTo(last));
      expect(home.overlaps).toEqual([]);
      expect(home.requests.length).toBe(1 + kills);
      if (isSoak) process.stdout.write(`${JSON.stringify(went)}, ${visits.length} pages, ${last} events\n`);
      await context.close();
      await home.until(() => home.open() === 0);
    });
  });
}

export function describeBusyPage(getBrowser: () => Browser): void {
  test("a page that was busy while another one led does not make those ahead of it connect by themselves", async () => {
    const { home, context } = await moveIn(getBrowser());
    const visits: Visit[] = [];
    for (let n = 0; n < 4; n++) {
      visits.push(await visit(context, home));
      await follow(visits[n]!);
    }
    const [first, second, busy, ahead] = visits as [Visit, Visit, Visit, Visit];
    home.send(3);
    for (const it of visits) await idsUntil(it, 3);
    await home.hold(busy.page);
    for (const leaving of [first, second]) {
      home.farewell(leaving.name);
      await leaving.page.close();
      if (leaving !== first) break;
      await home.until(() => home.leader() === second.name);
      home.send(3);
      await idsUntil(ahead, 6);
    }
    await home.until(() => home.open() === 0);
    home.free();
    await home.until(() => home.leader() !== undefined);
    home.send(1);
    for (const it of [busy, ahead]) expect(await idsUntil(it, 7)).toEqual(upTo(7));
    expect(home.requests.map(({ page }) => page)).toEqual([first, second, busy].map(({ name }) => name));
    expect(home.overlaps).toEqual([]);
    await context.close();
  });
}

/** What takes a page away for a while, and what brings it back. */
export interface Absence {
  readonly leave: (page: Page, home: Home) => Promise<unknown>;
  readonly return: (page: Page) => Promise<unknown>;
}

export const absences = {
  // No browser freezes a page that Playwright looks at. What it would fire is fired by hand.
  "being frozen": {
    leave: (page) => page.evaluate(() => void document.dispatchEvent(new Event("freeze"))),
    return: (page) => page.evaluate(() => void document.dispatchEvent(new Event("resume"))),
  },
  "the back/forward cache": {
    leave: (page, home) => page.goto(`${home.url}/elsewhere`),
    // Playwright's own waits for a load, which there is none of.
    return: (page) => page.goBack({ waitUntil: "commit" }),
  },
} satisfies Record<string, Absence>;

export function describeAbsences(getBrowser: () => Browser, absent: Record<string, Absence>): void {
  describe("a page that comes back from", () => {
    test.each(Object.entries(absent))(
      "%s: another one leads meanwhile, and nothing is lost",
      async (_, how) => {
        const { home, context } = await moveIn(getBrowser());
        const [first, second] = [await visit(context, home), await visit(context, home)];
        await follow(first);
        await follow(second);
        home.send(5);
        await idsUntil(first, 5);
        home.farewell(first.name);
        await how.leave(first.page, home);
        await home.until(() => home.leader() === second.name);
        home.send(5);
        expect(await idsUntil(second, 10)).toEqual(upTo(10));
        await how.return(first.page);
        home.send(5);
        for (const it of [first, second]) expect(await idsUntil(it, 15)).toEqual(upTo(15));
        expect(home.requests).toEqual([
          { page: first.name, lastEventId: 0 },
          { page: second.name, lastEventId: 5 },
        ]);
        expect(home.overlaps).toEqual([]);
        await context.close();
      },
    );
  });
}

export function describeLimit(getBrowser: () => Browser): void {
  describe("against the limit of six connections to a host by HTTP/1.1", () => {
    test("eight streams block a fetch", async () => {
      const { home, context } = await moveIn(getBrowser());
      const { page } = await visit(context, home);
      await page.evaluate(() => {
        const { createEventSource } = globalThis as unknown as Globals;
        const sources = Array.from({ length: 8 }, () => createEventSource("/events"));
        Object.assign(globalThis, { sources });
      });
      await home.until(() => home.open() === 6);
      await page.evaluate(() => {
        Object.assign(globalThis, { ping: fetch("/ping").then((response) => response.text()) });
      });
      for (let i = 0; i < 20; i++) await (await fetch(`${home.url}/page`)).text();
      expect(home.pings()).toBe(0);
      await page.evaluate(() => {
        const { sources } = globalThis as unknown as { sources: { close(): void }[] };
        for (const source of sources) source.close();
      });
      expect(await page.evaluate(() => (globalThis as unknown as { ping: Promise<string> }).ping)).toBe(
        "pong",
      );
      await context.close();
    });

    test("eight shared ones do not, in one page or in eight", async () => {
      const { home, context } = await moveIn(getBrowser());
      const visits = await Promise.all(Array.from({ length: 8 }, () => visit(context, home)));
      await Promise.all(visits.map((it) => follow(it)));
      for (let i = 0; i < 8; i++) await follow(visits[0]!);
      expect(await visits[0]!.page.evaluate(async () => (await fetch("/ping")).text())).toBe("pong");
      expect(home.requests.length).toBe(1);
      expect(home.open()).toBe(1);
      await context.close();
    });
  });
}

export function describeRefusal(getBrowser: () => Browser): void {
  test("a stream that is refused is refused to all pages, without each one asking", async () => {
    const { home, context } = await moveIn(getBrowser());
    const visits = await Promise.all(Array.from({ length: 10 }, () => visit(context, home)));
    for (const { page } of visits)
      await page.evaluate(() => {
        const global = globalThis as unknown as Globals;
        global.source = global.createSharedEventSource("/forbidden");
      });
    await visits[0]!.page.waitForFunction(async () => (await navigator.locks.query()).pending?.length === 9);
    home.refuse();
    for (const { page } of visits)
      expect(
        await page.evaluate(
          async () => (await (globalThis as unknown as Globals).source.closed).error?.status,
        ),
      ).toBe(403);
    // The lock may be granted before the last word of the one that had it is heard.
    expect(home.refusals()).toBeLessThanOrEqual(2);
    await context.close();
  });
}
