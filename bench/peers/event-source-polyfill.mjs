// It looks for a page when it is loaded, and becomes a global of it where there are no modules of CommonJS.
globalThis.window ??= globalThis;
const { EventSourcePolyfill } = (await import("event-source-polyfill")).default ?? globalThis;
import { target } from "./event-target.mjs";

export const run = target((url) => new EventSourcePolyfill(url));
