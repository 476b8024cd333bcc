// Log tail: lines of text. Ids are byte offsets, so two lines follow each other when the second begins where the first ended.
import { access } from "../access.js";
import { element } from "../dom.js";

const { createEventSource } = globalThis.everspring;

export const lead =
  "A real file, followed as it grows: the access log of this server. Plain text, no JSON. The id of each event is the byte at which the next line begins, so to resume is to read on from there.";
export const files = ["public/scenes/log.js", "scenes/log.ts", "access-log.ts"];
export const html = `
  <section class="panel terminal-panel" aria-labelledby="file-title">
    <div class="panel-head">
      <h2 id="file-title"><code>access.log</code></h2>
      <label class="filter">Filter <input id="filter" type="search" placeholder="such as 404" /></label>
    </div>
    <ol class="terminal" id="lines" tabindex="0" aria-labelledby="file-title"></ol>
    <p class="buttons">
      <button type="button" data-get="/health">GET /health</button>
      <button type="button" data-get="/favicon.svg">GET /favicon.svg</button>
      <button type="button" data-get="/nowhere">GET /nowhere</button>
    </p>
  </section>`;

const SHOWN = 400;

export function start(stage, frame) {
  const lines = stage.querySelector("#lines");
  const filter = stage.querySelector("#filter");
  const matches = (text) => text.toLowerCase().includes(filter.value.toLowerCase());

  const source = createEventSource("/log", access);
  frame.watch(source, {
    endpoint: "GET /log",
    at: ({ data }) => Date.parse(data.slice(0, 24)) || Date.now(),
    check,
  });

  source.onEvent(({ data }) => {
    // Whoever has scrolled up is reading, and is left in peace.
    const isAtEnd = lines.scrollTop + lines.clientHeight > lines.scrollHeight - 40;
    lines.append(line(data, frame.delivery));
    lines.lastChild.hidden = !matches(data);
    while (lines.children.length > SHOWN) lines.firstChild.remove();
    if (isAtEnd) lines.scrollTop = lines.scrollHeight;
  });

  filter.addEventListener("input", () => {
    for (const item of lines.children) item.hidden = !matches(item.textContent);
    lines.scrollTop = lines.scrollHeight;
  });
  const get = (url) => fetch(url, { cache: "no-store" }).catch(() => {});
  for (const button of stage.querySelectorAll("[data-get]"))
    button.addEventListener("click", () => void get(button.dataset.get));
  const pulse = setInterval(() => void get("/health"), 1_500);

  return () => {
    clearInterval(pulse);
    source.close();
  };
}

const bytes = new TextEncoder();

function check(before, { lastEventId, data }) {
  const [file, end] = lastEventId.split("-");
  const [fileBefore, endBefore] = before.lastEventId.split("-");
  const start = Number(end) - bytes.encode(data).length - 1;
  if (file !== fileBefore) return start === 0 ? 0 : 1; // a new file is read from its first byte
  return start < Number(endBefore) ? -1 : start > Number(endBefore) ? 1 : 0;
}

function line(text, delivery) {
  const item = element("li", delivery);
  const [, at, status, rest] = /^(\S+) (\d{3}) (.*)$/.exec(text) ?? [undefined, "", "", text];
  const code = element("b", "", `${status} `);
  code.dataset.class = status[0];
  item.append(element("span", "", `${at.slice(11)} `), code, rest);
  return item;
}
