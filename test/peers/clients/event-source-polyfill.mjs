import "event-source-polyfill";
import { listen } from "./listen.mjs";

// A file of before ES modules: in a page it leaves its class in a global.
const { EventSourcePolyfill } = globalThis;

export const open = (url, tell, { idleTimeout: heartbeatTimeout, ...options }) =>
  listen(new EventSourcePolyfill(url, { ...options, heartbeatTimeout }), tell, options);
