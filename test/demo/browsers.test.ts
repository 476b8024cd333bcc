import { firefox } from "playwright";
import { describe, expect, it } from "vitest";
import { atCleanUp } from "../helpers/clean-up.ts";
import { firefoxOptions } from "../setup/browsers.ts";
import { startWebKitGtk } from "../setup/webkitgtk.ts";
import { startAlone } from "./harness.ts";
import { visit } from "./visit.ts";

/** Drives the page from within. Its own functions, since WebDriver knows no others. */
const inPage = `
  const number = (id) => Number(document.getElementById(id).textContent.replaceAll(",", ""));
  const until = async (isSo) => {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  const more = async (count) => {
    const goal = number("events") + count;
    await until(() => number("events") >= goal);
  };
  // What is told in the log is told at once; the figures are drawn ten times a second.
  const suffer = async (fault) => {
    const log = document.getElementById("log");
    await until(() => document.getElementById("state").textContent === "open");
    log.replaceChildren();
    document.querySelector("[data-fault=" + fault + "]").click();
    await until(() => log.querySelector("[data-kind=open]"));
  };`;

describe("the page", { timeout: 300_000 }, () => {
  it("in WebKitGTK: dashboard, notifications, many tabs", async () => {
    const webKit = await startWebKitGtk();
    atCleanUp(() => webKit.close());
    const { url } = await startAlone();
    /** Names what the page did not get through, and what it showed then. */
    const step = async (name: string, body: string): Promise<unknown> => {
      try {
        return await webKit.run(`${inPage} ${body}`);
      } catch (cause) {
        const shown = await webKit.run("return document.body.innerText;").catch(String);
        throw new Error(`${name}: ${String(cause)}\nThe page: ${String(shown)}`, { cause });
      }
    };
    const intact = 'return { lost: number("lost"), repeated: number("repeated") };';

    await webKit.open(`${url}/#/dashboard`);
    await step("dashboard, ten events", "await more(10);");
    for (const fault of ["drop", "expire"])
      await step(`dashboard, ${fault}`, `await suffer("${fault}"); await more(5);`);
    expect(await step("dashboard, counts", intact)).toEqual({ lost: 0, repeated: 0 });

    await step(
      "notifications, open",
      `location.hash = "#/notifications";
      await until(() => document.querySelector("#state").textContent === "open" && document.querySelector("#send"));`,
    );
    await step(
      "notifications, send",
      `document.querySelector("#send .primary").click();
      await until(() => document.querySelector("#inbox").textContent.includes("Are you there?"));`,
    );
    await step("notifications, drop", 'await suffer("drop"); await more(1);');
    expect(await step("notifications, counts", intact)).toEqual({ lost: 0, repeated: 0 });

    const leads = 'const leads = () => document.querySelector("#holder")?.textContent ?? "–";';
    await step(
      "tabs, the first leads",
      `location.hash = "#/tabs"; ${leads}
      await until(() => leads() !== "–");
      await more(6);`,
    );
    await step(
      "tabs, another one leads",
      `${leads}
      const button = document.querySelector("#close-holder");
      await until(() => button.getAttribute("aria-disabled") === "false");
      const first = leads();
      button.click();
      await until(() => !["–", first].includes(leads()));
      await more(6);`,
    );
    // It is that of the last event; between two connections there was none.
    await step("tabs, one connection", 'await until(() => number("connections") === 1);');
    expect(await step("tabs, counts", intact)).toEqual({ lost: 0, repeated: 0 });
  });

  it("in Firefox: dashboard, notifications, many tabs", async () => {
    const fox = await firefox.launch(firefoxOptions);
    atCleanUp(() => fox.close());
    const { url } = await startAlone();
    const visitor = await visit(fox, url, "dashboard");
    await visitor.moreEvents(10);
    await visitor.suffer("drop", "network");
    await visitor.suffer("expire", "401");
    await visitor.moreEvents(10);
    await visitor.expectIntact();

    await visitor.page.click("a[href='#/notifications']");
    // The dashboard is open, too: until the form is there, the state is its.
    await visitor.page.locator("#send").waitFor();
    await visitor.inState("open");
    await visitor.page.click("#send .primary");
    await visitor.says("#inbox li", /Are you there\?/);
    await visitor.suffer("unavailable", "503");
    await visitor.page.click("#send .primary");
    await visitor.moreEvents(1);
    await visitor.expectIntact();

    await visitor.page.click("a[href='#/tabs']");
    await visitor.says("#holder", /^Tab \d$/);
    await visitor.moreEvents(6);
    const first = await visitor.text("holder");
    await visitor.page.click("#close-holder");
    await visitor.says("#holder", new RegExp(`^Tab (?!${first.slice(4)}$)`));
    await visitor.moreEvents(6);
    await visitor.says("#connections", /^1$/);
    await visitor.expectIntact();
  });
});
