import { EventSource } from "extended-eventsource";
import { target } from "./event-target.mjs";

export const run = target((url) => new EventSource(url, { disableLogger: true }));
