import { EventSource } from "eventsource";
import { target } from "./event-target.mjs";

export const run = target((url) => new EventSource(url));
