import { onTestFinished } from "vitest";

type FrameWindow = Window & typeof globalThis;

/** An empty page of its own inside the test page: with the same origin and base URL, but with globals of its own. */
export function openFrame(): FrameWindow {
  const frame = document.createElement("iframe");
  document.body.append(frame);
  onTestFinished(() => frame.remove());
  return frame.contentWindow as FrameWindow;
}

/** Imports a module into a page: it runs with the globals of that page. */
export async function importInto<Module>(page: FrameWindow, url: string): Promise<Module> {
  const load = page.Function("url", "return import(url)") as (url: string) => Promise<Module>;
  return load(url);
}

/** Resolves with the next error that reaches `onerror` of a page. */
export function nextUncaught(page: FrameWindow): Promise<unknown> {
  return new Promise((resolve) => {
    page.onerror = (_message, _source, _line, _column, error) => {
      resolve(error);
      return true;
    };
  });
}

/** Opens a document of the event-stream server. `posted` resolves with what it posts to its parent, one after the other. */
export function openDocument(url: string): { posted: () => Promise<unknown> } {
  const frame = document.createElement("iframe");
  const messages: unknown[] = [];
  let arrived = () => {};
  const receive = ({ source, data }: MessageEvent<unknown>) => {
    if (source !== frame.contentWindow) return;
    messages.push(data);
    arrived();
  };
  addEventListener("message", receive);
  onTestFinished(() => {
    removeEventListener("message", receive);
    frame.remove();
  });
  frame.src = url;
  document.body.append(frame);
  return {
    async posted() {
      while (messages.length === 0) await new Promise<void>((resolve) => (arrived = resolve));
      return messages.shift();
    },
  };
}
