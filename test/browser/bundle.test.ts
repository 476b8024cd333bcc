import { describe, expect, inject, test } from "vitest";
import { describeCore, type Api } from "./core-suite.ts";
import { importInto, openDocument, openFrame } from "./frame.ts";
import { closing, openLane } from "./lane.ts";
import { reach, take } from "../helpers/watch.ts";

const { url } = inject("eventStreams");
const scriptUrl = `${url}/dist/everspring.global.min.js`;
const moduleUrl = `${url}/dist/everspring.min.js`;
const names = [
  "EventSource",
  "EventSourceError",
  "bearer",
  "createEventSource",
  "fetchEvents",
  "json",
  "readEvents",
  "schemas",
];

declare global {
  interface Window {
    everspring: Api;
  }
}

/** Runs a classic script in a page. */
function addScript(page: Window, src: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = page.document.createElement("script");
    script.src = src;
    // As the documentation of CDNs has it; without, the page is not told what was thrown ("Script error.").
    script.crossOrigin = "anonymous";
    script.onload = () => resolve();
    script.onerror = () => reject(new Error(`Cannot load ${src}`));
    page.document.head.append(script);
  });
}

describeCore("the script-tag build", async () => {
  await addScript(window, scriptUrl);
  return window.everspring;
});

describeCore("the minified ES module", () => import(/* @vite-ignore */ moduleUrl) as Promise<Api>);

describe("the script-tag build", () => {
  test("adds one global and no other", async () => {
    const page = openFrame();
    const before = new Set(Reflect.ownKeys(page));
    await addScript(page, scriptUrl);
    expect(Reflect.ownKeys(page).filter((key) => !before.has(key))).toEqual(["everspring"]);
    expect(typeof page.everspring).toBe("object");
    expect(Object.keys(page.everspring)).toEqual(expect.arrayContaining(names));
  });

  test("leaves the page's own globals as they were", async () => {
    const page = openFrame();
    const platform = () => [page.EventSource, page.fetch, page.AbortController, page.ReadableStream];
    const before = platform();
    await addScript(page, scriptUrl);
    expect(platform()).toEqual(before);
    expect(page.EventSource).toBe(before[0]);
  });

  test("reports a listener that throws to the page it was loaded into", async () => {
    const lane = openLane();
    const { search } = new URL(lane.url("/counter"));
    // WebKit tells a page nothing of what a script of another origin throws ("Script error."): so this is of the same.
    const html = `<!doctype html>
<script src="/dist/everspring.global.min.js"></script>
<script>
  onerror = (message, url, line, column, error) => parent.postMessage(error, "*");
  everspring.createEventSource("counter${search}").onEvent(() => { throw "anything"; });
</script>`;
    const { posted } = openDocument(lane.url("/file", { type: "text/html", text: html }));
    await lane.next();
    expect(await posted()).toBe("anything");
  });

  test("works from a plain page, with a relative URL and no preflight ever", async () => {
    const lane = openLane();
    const { search } = new URL(lane.url("/counter", { drop: 1 }));
    const html = `<!doctype html>
<script src="/dist/everspring.global.min.js"></script>
<script>
  const source = everspring.createEventSource("counter${search}", { decode: everspring.json, retry: { initialDelay: 1 } });
  source.on("count", ({ data, lastEventId, origin }) => {
    if (data === 2) source.close();
    parent.postMessage([source.url, data, lastEventId, origin], "*");
  });
</script>`;
    const { posted } = openDocument(lane.url("/file", { type: "text/html", text: html }));
    for (const n of [1, 2]) {
      await lane.next();
      expect(await posted()).toEqual([lane.url("/counter", { drop: 1 }), n, `${n}`, url]);
    }
    const { requests, preflights } = await lane.log();
    // Last-Event-ID is free within the origin.
    expect(requests.map(({ headers }) => headers["last-event-id"])).toEqual([undefined, "1"]);
    expect(preflights).toEqual([]);
  });

  test("is closed by a page that goes away", async () => {
    const page = openFrame();
    await addScript(page, scriptUrl);
    const lane = openLane();
    const source = page.everspring.createEventSource(lane.url("/counter"));
    await reach(source, "open");
    page.frameElement!.remove();
    await lane.gone();
  });
});

describe("the minified ES module", () => {
  test("exports the main entry and adds no global", async () => {
    const page = openFrame();
    const before = new Set(Reflect.ownKeys(page));
    const api = await importInto<Api>(page, moduleUrl);
    expect(Object.keys(api)).toEqual(expect.arrayContaining(names));
    expect(Reflect.ownKeys(page).filter((key) => !before.has(key))).toEqual([]);
  });

  test("is what an import map needs: it imports nothing itself", async () => {
    const lane = openLane();
    const { search } = new URL(lane.url("/counter"));
    const html = `<!doctype html>
<script type="importmap">{ "imports": { "everspring": "/dist/everspring.min.js" } }</script>
<script type="module">
  import { createEventSource } from "everspring";
  for await (const { type, data } of createEventSource("/counter${search}")) {
    parent.postMessage({ type, data }, "*");
    break;
  }
</script>`;
    const { posted } = openDocument(lane.url("/file", { type: "text/html", text: html }));
    await lane.next();
    expect(await posted()).toEqual({ type: "count", data: "1" });
    await lane.gone();
  });

  test("works in a dedicated worker, with a relative URL", async () => {
    const lane = openLane();
    const { search } = new URL(lane.url("/counter"));
    const worker = `
import { createEventSource } from "/dist/everspring.min.js";
const source = createEventSource("counter${search}");
source.onEvent(({ data, origin }) => { source.close(); postMessage([data, origin, source.url]); });`;
    const workerUrl = lane.url("/file", { type: "text/javascript", text: worker });
    const html = `<!doctype html>
<script>
  new Worker(${JSON.stringify(workerUrl)}, { type: "module" }).onmessage = ({ data }) => parent.postMessage(data, "*");
</script>`;
    const { posted } = openDocument(lane.url("/file", { type: "text/html", text: html }));
    await lane.next();
    expect(await posted()).toEqual(["1", url, lane.url("/counter")]);
    await lane.gone();
  });

  test("and the script-tag build do not disturb each other in one page", async () => {
    const page = openFrame();
    await addScript(page, scriptUrl);
    for (const api of [page.everspring, await importInto<Api>(page, moduleUrl)]) {
      const lane = openLane();
      const event = take(closing(api.createEventSource(lane.url("/counter"))), 1);
      await lane.next();
      expect(await event).toMatchObject([{ data: "1" }]);
    }
  });
});
