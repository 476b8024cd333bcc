// The browsers of the machine, as the tests start them. Each has tabs that open a URL, run an expression, and come to the front.
import { chromium, firefox } from "playwright";
import { chromiumOptions, firefoxOptions } from "../../test/setup/browsers.ts";
import { startWebKitGtk } from "../../test/setup/webkitgtk.ts";

const byPlaywright = (name, type, options) => async () => {
  const browser = await type.launch(options);
  return {
    version: `${name} ${browser.version()}`,
    close: () => browser.close(),
    async newTab() {
      const page = await browser.newPage();
      return {
        open: (url) => page.goto(url),
        run: (expression) => page.evaluate(expression),
        show: () => page.bringToFront(),
        close: () => page.close(),
      };
    },
  };
};

/** Its driver leaves all tabs but the first hidden, and hidden ones are slowed down: so its tabs are frames of the first. */
async function webkitgtk() {
  const browser = await startWebKitGtk();
  await browser.open("webkit://gpu");
  const [version] = /WebKitGTK [\d.]+/.exec(await browser.run("return document.body.innerText"));
  let frames = 0;
  return {
    version,
    close: browser.close,
    async newTab() {
      const id = `frame${++frames}`;
      return {
        async open(url) {
          const here = await browser.run("return location.href");
          if (here !== url) await browser.open(url);
          await browser.run(
            `const frame = document.createElement("iframe");
            const loaded = new Promise((resolve) => (frame.onload = resolve));
            document.body.append(Object.assign(frame, { id: given.id, src: given.url }));
            await loaded;`,
            { id, url },
          );
        },
        run: (expression) =>
          browser.run("return document.getElementById(given.id).contentWindow.eval(given.expression);", {
            id,
            expression,
          }),
        show: () => Promise.resolve(),
        close: () => browser.run("document.getElementById(given).remove();", id),
      };
    },
  };
}

/** How each is started, and which processes run its pages. */
export const browsers = {
  chromium: { start: byPlaywright("Chromium", chromium, chromiumOptions), pages: / --type=renderer / },
  firefox: { start: byPlaywright("Firefox", firefox, firefoxOptions), pages: / -contentproc .* tab *$/ },
  webkitgtk: { start: webkitgtk, pages: /WebKitWebProcess/ },
};
