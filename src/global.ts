/** What the script-tag builds contain. */
export * from "./index.ts";
