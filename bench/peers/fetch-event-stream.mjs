import { events } from "fetch-event-stream";
import { reader } from "./each.mjs";

export const run = reader((response) => events(response));
