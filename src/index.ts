export { createEventSource, type EventSourceUrl } from "./client.ts";
export type { ClosedStatus, ConnectionStatus } from "./status.ts";
export { json, schemas, type SchemaDecoder, type StandardSchema } from "./decode.ts";
export type { ListenerOptions } from "./emitter.ts";
export {
  EventSourceError,
  type EventSourceErrorCode,
  type EventSourceErrorDetails,
  type EventSourceHint,
} from "./errors.ts";
export type { EventSourceClient } from "./event-source-client.ts";
export type { FetchInit, FetchLike, ResponseLike } from "./request-options.ts";
export { bearer } from "./http.ts";
export type { EventSourceOptions, FetchEventsOptions, ReadEventsOptions } from "./options.ts";
export type { RetryContext, RetryOptions } from "./retry.ts";
export { fetchEvents, readEvents, type EventStream } from "./stream.ts";
export type {
  AnyEvent,
  AttemptContext,
  Decoder,
  EventsOf,
  OpenStream,
  PerAttempt,
  ServerSentEvent,
  Sink,
  StreamItem,
  TextEvents,
  Transport,
} from "./types.ts";
