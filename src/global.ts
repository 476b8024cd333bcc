/** What the script-tag builds hold. */
export { EventSource } from "./eventsource.ts";
export * from "./index.ts";
