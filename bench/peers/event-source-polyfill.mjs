// It looks for a page when it is loaded.
globalThis.window ??= globalThis;
const { EventSourcePolyfill } = (await import("event-source-polyfill")).default;
import { target } from "./event-target.mjs";

export const run = target((url) => new EventSourcePolyfill(url));
