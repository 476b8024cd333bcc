/** What the script-tag builds hold. */
export { EventSource } from "./eventsource/eventsource.ts";
export * from "./index.ts";
