import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { beyondTheTest } from "../helpers/clean-up.ts";
import { newToken, startAll } from "./harness.ts";
import { launchChromium, visit, type Visitor } from "./visit.ts";

let browser: Browser;
let demo: Awaited<ReturnType<typeof startAll>>;
const visitors = new Map<string, Visitor>();

beforeAll(async () => {
  [browser, demo] = await Promise.all([
    launchChromium(),
    startAll({
      DEMO_RETRY: "200",
      // Long enough to be used: a second 401 in a row would be final.
      DEMO_TOKEN_LIFE: "10000",
      DEMO_LEASE: "15000",
      // Neither the job nor an answer may be over before all has been done to it, however slow the machine is.
      DEMO_JOB_STEP: "500",
      DEMO_TOKEN_PACE: "400",
    }),
  ]);
}, 120_000);
afterAll(() => browser?.close());

/**
 * Opens a scene, and leaves it open for the restart at the end. The visitor of a first try leaves: faults meet all visitors of
 * a scene, and so does an outage that it may have left behind.
 */
async function enter(
  scene: string,
  name = scene,
  url = demo.url,
  headers?: Record<string, string>,
): Promise<Visitor> {
  const before = visitors.get(name);
  await before?.page.close();
  if (before) await fetch(`${demo.url}/faults/${scene}/mend`, { method: "POST" });
  const visitor = await beyondTheTest(() => visit(browser, url, scene, headers));
  visitors.set(name, visitor);
  return visitor;
}

/** What has been written, and by how many clients, so that a second try finds nothing of the first one. */
let written = 0;
let clients = 0;
const anew = (text: string): string => `${text} (${++written})`;

async function sufferAll(visitor: Visitor, drop = "network"): Promise<void> {
  await visitor.suffer("drop", drop);
  await visitor.suffer("silence", "idle-timeout");
  await visitor.suffer("unavailable", "503");
  await visitor.suffer("expire", "401");
  await visitor.inState("open");
}

describe.concurrent("a scene, with every fault", { timeout: 400_000 }, () => {
  // First, since it takes longest.
  it("progress: a job that outlives its connections, and a stream that ends", async () => {
    const visitor = await enter("progress");
    const { page } = visitor;
    await page.click("#begin");
    await visitor.moreEvents();
    await sufferAll(visitor);
    await visitor.expectAccessible();
    await visitor.inState("closed");
    await visitor.says("#results li", /Job \d+ \d+ files [\da-f]{64}/);
    expect(await visitor.text("union")).toContain('reason: "complete"');
    // The figures are drawn ten times a second.
    await visitor.says("#events", /^101$/);
    await visitor.expectIntact();
  });

  it("dashboard", async () => {
    const visitor = await enter("dashboard");
    await visitor.moreEvents(20);
    await visitor.says("#users", /^[\d,]+$/);
    await sufferAll(visitor);
    await visitor.moreEvents(10);
    expect(await visitor.read("replayed")).toBeGreaterThan(30);
    await visitor.says("#orders", /^\d+$/);
    await visitor.expectAccessible();
    await visitor.expectIntact();
  });

  it("notifications: by cookie, by a token that expires, by a token in the URL", async () => {
    const visitor = await enter("notifications");
    const { page } = visitor;
    const send = async (to: string, text: string) => {
      await page.selectOption("#send [name=to]", to);
      await page.fill("#send [name=text]", text);
      await page.click("#send .primary");
    };
    await visitor.inState("open");
    const forGrace = anew("for Grace");
    const forMe = anew("for me");
    await send("grace", forGrace);
    await send("ada", forMe);
    await visitor.says("#inbox li", literally(forMe));
    expect(await page.locator("#inbox li", { hasText: forGrace }).count()).toBe(0);
    await sufferAll(visitor);

    await page.check("[name=how][value=header]");
    await visitor.says("#life", /valid for \d+ s/);
    await visitor.inState("open");
    // Two tokens run out.
    for (let count = 0; count < 2; count++) {
      const text = anew("while the token ends");
      await visitor.clearLog();
      await send("ada", text);
      await visitor.logged("401");
      await visitor.inState("open");
      await visitor.says("#inbox li", literally(text));
    }

    await page.check("[name=how][value=url]");
    await visitor.logged("/notifications/ada/by-url");
    await visitor.says("#how", /URLs are written down/);
    await visitor.expectAccessible();
    await visitor.expectIntact();
  });

  it("feed: what is posted is stored and comes to all, too much of it is 429", async () => {
    // How much is too much is counted by address.
    const headers = { "X-Forwarded-For": `198.51.100.${++clients}` };
    const visitor = await enter("posts", "posts", demo.url, headers);
    const { page } = visitor;
    await visitor.inState("open");
    const write = async (text: string) => {
      await page.fill("#composer [name=text]", text);
      const response = await visitor.answered("/posts", () => page.click("#composer .primary"));
      // The form is emptied when the post has been accepted.
      if (response.ok()) await page.locator("#composer textarea:placeholder-shown").waitFor();
      return response.status();
    };
    const hello = anew("<b>Hello</b> from a test");
    expect(await write(hello)).toBe(201);
    await visitor.says("#posts li", literally(hello));
    await sufferAll(visitor);

    // Somebody else posts while we are away.
    await page.getByRole("button", { name: "Close", exact: true }).press("Enter");
    await visitor.inState("closed");
    const missed = anew("missed?");
    const response = await fetch(`${demo.url}/posts`, {
      method: "POST",
      headers: { Authorization: `Bearer ${await newToken(demo.url)}`, "Content-Type": "application/json" },
      body: JSON.stringify({ author: "Else", text: missed }),
    });
    expect(response.status).toBe(201);
    await page.getByRole("button", { name: "Open", exact: true }).press("Enter");
    await page.locator("#posts .replay", { hasText: missed }).waitFor();

    let status: number;
    do status = await write("one too many");
    while (status === 201);
    expect(status).toBe(429);
    await visitor.says("#posting", /try again in [1-9]\d* s/);
    await visitor.expectAccessible();
    await visitor.expectIntact();
  });

  it("viewers: comings, goings, and one who is silently gone", async () => {
    const visitor = await enter("viewers");
    const { page } = visitor;
    // Those of a first try have left when there is one.
    await visitor.says("[data-count=springs]", /^1$/);
    const [left, cleaned] = [await visitor.read("left"), await visitor.read("cleaned")];
    await page.click("#bring");
    await page.click("#bring");
    await visitor.says("[data-count=springs]", /^3$/);
    await page.click("#send-home");
    await visitor.says("[data-count=springs]", /^2$/);
    await visitor.says("#left", literally(left + 1));
    await page.click("#mute");
    await visitor.says("#cleaned", literally(cleaned + 1));
    await visitor.says("[data-count=springs]", /^1$/);
    await page.check("[value=tides]");
    await visitor.says("[data-count=tides]", /^1$/);
    await visitor.says("[data-count=springs]", /^0$/);
    await sufferAll(visitor);
    await visitor.says("[data-count=tides]", /^1$/);
    await visitor.expectAccessible();
    await visitor.expectIntact();
  });

  it("ticker", async () => {
    const visitor = await enter("ticker");
    const { page } = visitor;
    await visitor.moreEvents();
    await sufferAll(visitor);
    await visitor.moreEvents();
    await visitor.expectAccessible();
    await visitor.expectIntact();
    // The counters could be wrong, so ask the list as well.
    const ids = (await page.locator("#rows .id").allTextContents()).map(Number).toReversed();
    expect(ids.length).toBeGreaterThan(3);
    expect(ids).toEqual(ids.map((_, index) => (ids[0] ?? 0) + index));
  });

  it("log tail: lines of a real file, as text", async () => {
    const visitor = await enter("log");
    const { page } = visitor;
    // Until the file is followed its end moves on.
    await visitor.inState("open");
    await visitor.moreEvents(1);
    await page.click("[data-get='/nowhere']");
    await visitor.says("#lines li", /404 GET \/nowhere \d+ms/);
    await sufferAll(visitor);
    await visitor.moreEvents(1);
    await page.fill("#filter", "404");
    await page.waitForFunction(
      () =>
        ![...document.querySelectorAll("#lines li:not([hidden])")].some(
          (line) => !line.textContent?.includes("404"),
        ),
    );
    await visitor.expectAccessible();
    await visitor.expectIntact();
  });

  it("tabs: one connection for all of them, whichever is closed", async () => {
    const visitor = await enter("tabs");
    const { page, says, askers } = visitor;
    const holders: string[] = [];
    /** Until one of so many tabs leads, the others listen, and the server has one connection. */
    const settle = async (tabs: number) => {
      await visitor.moreEvents(4 * tabs);
      await page.waitForFunction((wanted) => {
        const roles = [...document.querySelectorAll("iframe")].map(
          ({ contentDocument }) => contentDocument?.querySelector("#role")?.textContent,
        );
        const says = (id: string, text: string) => document.querySelector(id)?.textContent === text;
        const count = (role: string) => roles.filter((it) => it === role).length;
        return (
          says("#tab-count", `${wanted}`) &&
          says("#connections", "1") &&
          /^Tab \d+$/.test(document.querySelector("#holder")?.textContent ?? "") &&
          count("leads") === 1 &&
          count("listens") === wanted - 1
        );
      }, tabs);
      holders.push(await visitor.text("holder"));
    };
    await settle(3);
    for (let count = 0; count < 3; count++) await page.click("#add");
    expect(await page.locator("#add").isDisabled()).toBe(true);
    await settle(6);
    expect(holders[1]).toBe(holders[0]);
    await page.click("#close-one");
    await settle(5);
    expect(askers.size).toBe(1);
    for (const left of [4, 3]) {
      const gone = await visitor.text("holder");
      await page.click("#close-holder");
      await says("#holder", new RegExp(`^Tab (?!${gone.slice(4)}$)`));
      await settle(left);
    }
    expect(new Set(holders).size).toBe(3);
    // Those that led, and no other one.
    expect(askers.size).toBe(3);
    await sufferAll(visitor);
    await settle(3);
    await visitor.expectAccessible();
    await visitor.expectIntact();
  });

  it("assistant: stopped, cut and continued, whole in the end", async () => {
    const visitor = await enter("assistant");
    const { page } = visitor;
    const goOn = () => page.click("#continue");
    await page.fill("[name=prompt]", "Is anything lost?");
    await page.press("[name=prompt]", "Enter");
    await visitor.moreEvents();
    await page.click("#stop");
    await visitor.inState("closed");
    await goOn();
    await visitor.moreEvents();
    for (const [fault, trace] of [
      ["drop", "network"],
      ["silence", "idle-timeout"],
    ] as const) {
      expect(await visitor.press(fault)).toBe(1);
      await visitor.says("#error", new RegExp(trace));
      await page.locator("[data-ending=cut]").waitFor();
      await goOn();
      await visitor.moreEvents();
    }
    expect(await visitor.press("expire")).toBe(1);
    await page.locator("[data-ending=cut]").waitFor();
    await goOn();
    await visitor.logged("401");
    await page.locator("[data-ending=whole]").waitFor();
    const answer = (await page.locator(".answer").textContent()) ?? "";
    expect(answer).toMatch(/Every event carries an id\..*and what had is not\.$/s);
    await visitor.says("#events", new RegExp(`^${answer.match(/\S+/g)?.length}$`));
    await visitor.expectIntact();

    await visitor.press("unavailable");
    await page.fill("[name=prompt]", "And now?");
    await page.press("[name=prompt]", "Enter");
    await visitor.says("#error", /503/);
    await visitor.expectAccessible();
    await visitor.expectIntact();
    await page.close();
  });

  it("PHP: a script that ends is polled and misses no second, another one does not end", async () => {
    const visitor = await enter("php");
    const { page } = visitor;
    await visitor.moreEvents(5);
    expect(await visitor.read("reconnects")).toBeGreaterThan(0);
    expect(await visitor.text("clock")).toMatch(/^\d\d:\d\d:\d\d$/);
    await page.check("[value=endless]");
    await visitor.inState("open");
    await visitor.moreEvents(2);
    // PHP announces no length: a response that breaks off looks like one that has ended.
    await sufferAll(visitor, "stream-ended");
    await visitor.suffer("restart", /network|stream-ended/);
    await visitor.moreEvents(2);
    await visitor.expectAccessible();
    await visitor.expectIntact();
    await page.close();
  });
});

// Alone: a fault meets all visitors of its scene, and a drop would end a silence that another page waits for.
it("through nginx, over HTTP/2: PHP and Node under one roof", async () => {
  const visitor = await enter("php", "nginx", demo.nginx);
  const { page } = visitor;
  expect(await visitor.text("served")).toBe("Served over HTTP/2, log in Redis");
  await page.check("[value=endless]");
  await visitor.moreEvents();
  await visitor.suffer("drop", "stream-ended");
  await visitor.moreEvents();
  await visitor.expectIntact();
  const origins = await page.evaluate(() =>
    performance.getEntriesByType("resource").map(({ name }) => new URL(name).origin),
  );
  expect([...new Set(origins)]).toEqual([demo.nginx]);

  await page.click("a[href='#/dashboard']");
  await visitor.moreEvents(20);
  await sufferAll(visitor);
  await visitor.moreEvents(20);
  await visitor.expectIntact();
}, 400_000);

it("the server is restarted under all of them, and they go on", async () => {
  const names = ["dashboard", "notifications", "posts", "viewers", "ticker", "log", "tabs", "nginx"];
  const open = names.flatMap((name) => visitors.get(name) ?? []);
  const progress = await enter("progress");
  await progress.page.click("#begin");
  await progress.moreEvents();
  const all = [...open, progress];
  await Promise.all(all.map(async ({ inState }) => inState("open")));
  const uptime = async () => ((await (await fetch(`${demo.url}/health`)).json()) as { up: number }).up;
  const up = await uptime();
  await Promise.all(all.map(async ({ clearLog }) => clearLog()));
  await progress.press("restart");
  await Promise.all(all.map(async ({ cameBack }) => cameBack()));
  expect(await uptime()).toBeLessThan(up);
  await Promise.all(all.map(async ({ inState }) => inState("open")));
  await progress.moreEvents();
  await Promise.all(all.map(async (visitor) => visitor.expectIntact()));
}, 400_000);

/** Says this and no more, or has it in it. */
function literally(text: string | number): RegExp {
  const literal = String(text).replaceAll(/[^\w\s]/g, "\\$&");
  return new RegExp(typeof text === "number" ? `^${literal}$` : literal);
}
