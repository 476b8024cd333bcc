import "./eventsource/polyfill.ts";
