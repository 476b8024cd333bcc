import { EventSource } from "eventsource";
import { listen } from "./listen.mjs";

export const open = (url, tell, options) => listen(new EventSource(url, options), tell, options);
