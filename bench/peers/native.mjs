import { target } from "./event-target.mjs";

if (typeof EventSource === "undefined") throw new Error("no EventSource of its own");

export const run = target((url) => new EventSource(url));
