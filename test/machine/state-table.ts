/** What may happen to a connection. */
export type Cause =
  | "open"
  | "close"
  | "complete"
  | "reconnect"
  | "pause"
  | "answered"
  | "delivered"
  | "retry field"
  | "ended"
  | "failed"
  | "sink failed"
  | "fatal"
  | "204"
  | "timer"
  | "online"
  | "abort";

/** The whole table: where each cause leads in each state; `""` is nowhere, `-` cannot be. */
export const table: Record<string, Record<Cause, string>> = {
  idle: {
    open: "connecting 1",
    close: "closed client",
    complete: "closed complete",
    reconnect: "connecting 1",
    pause: "",
    answered: "-",
    delivered: "-",
    "retry field": "-",
    ended: "-",
    failed: "-",
    "sink failed": "-",
    fatal: "-",
    "204": "-",
    timer: "",
    online: "",
    abort: "",
  },
  connecting: {
    open: "",
    close: "closed client",
    complete: "closed complete",
    reconnect: "connecting 1",
    pause: "paused asked",
    answered: "open",
    delivered: "",
    "retry field": "",
    ended: "waiting 1",
    failed: "waiting 1",
    "sink failed": "waiting 1",
    fatal: "closed error",
    "204": "closed server",
    timer: "",
    online: "",
    abort: "closed client",
  },
  open: {
    open: "",
    close: "closed client",
    complete: "closed complete",
    reconnect: "connecting 1",
    pause: "paused asked",
    answered: "-",
    delivered: "",
    "retry field": "",
    ended: "waiting 1",
    failed: "waiting 1",
    "sink failed": "waiting 1",
    fatal: "closed error",
    "204": "closed server",
    timer: "",
    online: "",
    abort: "closed client",
  },
  // The attempt before is stale: nothing that it tells leads anywhere.
  waiting: {
    open: "connecting 2",
    close: "closed client",
    complete: "closed complete",
    reconnect: "connecting 1",
    pause: "paused asked",
    answered: "",
    delivered: "",
    "retry field": "",
    ended: "",
    failed: "",
    "sink failed": "",
    fatal: "",
    "204": "",
    timer: "connecting 2",
    online: "",
    abort: "closed client",
  },
  paused: {
    open: "connecting 1",
    close: "closed client",
    complete: "closed complete",
    reconnect: "connecting 1",
    pause: "paused asked",
    answered: "",
    delivered: "",
    "retry field": "",
    ended: "",
    failed: "",
    "sink failed": "",
    fatal: "",
    "204": "",
    timer: "connecting 1",
    online: "connecting 1",
    abort: "closed client",
  },
  closed: {
    open: "connecting 1",
    close: "",
    complete: "",
    reconnect: "connecting 1",
    pause: "",
    answered: "",
    delivered: "",
    "retry field": "",
    ended: "",
    failed: "",
    "sink failed": "",
    fatal: "",
    "204": "",
    timer: "",
    online: "",
    abort: "",
  },
};
