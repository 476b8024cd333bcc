// It is made of XMLHttpRequest, which only a page has.
import { SSE } from "sse.js";
import { target } from "./event-target.mjs";

export const run = target((url) => new SSE(url));
