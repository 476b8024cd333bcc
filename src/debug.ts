export { traceFetch, type TraceFetchOptions } from "./debug/trace-fetch.ts";
export type {
  CommentRecord,
  ErrorRecord,
  EventOutline,
  EventRecord,
  EventSourceHint,
  HintRecord,
  NoResponseRecord,
  RequestRecord,
  ResponseRecord,
  StatusRecord,
  TraceLog,
  TraceRecord,
} from "./debug/record.ts";
export { trace, type TraceOptions } from "./debug/trace.ts";
export type { Traceable, TracedEvent } from "./debug/traceable.ts";
