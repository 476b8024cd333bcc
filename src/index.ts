export { createEventSource } from "./client/create-event-source.ts";
export {
  ErrorEvent,
  EventSource,
  type ErrorEventInit,
  type EventSourceConstructor,
  type EventSourceEventMap,
  type EventSourceInit,
  type TextMessageEvent,
} from "./eventsource.ts";
export type { ClosedStatus, ConnectionStatus } from "./connection/status.ts";
export { json, schema, schemas, type SchemaDecoder, type StandardSchema } from "./client/decode.ts";
export type { ListenerOptions } from "./core/listeners.ts";
export { EventSourceError, type EventSourceErrorCode, type EventSourceErrorDetails } from "./core/errors.ts";
export type { DefaultData, InferredEvents, OptionsArgument, Undecoded } from "./core/inference.ts";
export type {
  AnyEventSourceClient,
  EventSourceClient,
  EventSourceUrl,
} from "./client/event-source-client.ts";
export type { FetchInit, FetchLike, ResponseLike } from "./http/request-options.ts";
export { bearer } from "./http/bearer.ts";
export type { EventSourceOptions, FetchEventsOptions, ReadEventsOptions } from "./client/options.ts";
export type { RetryContext, RetryOptions } from "./connection/retry.ts";
export { fetchEvents } from "./client/fetch-events.ts";
export { readEvents } from "./client/read-events.ts";
export type { EventStream } from "./client/event-stream.ts";
export type {
  AnyEvent,
  AttemptContext,
  Decoder,
  EventsOf,
  HeadersInput,
  OpenStream,
  PerAttempt,
  ServerSentEvent,
  Sink,
  StreamItem,
  TextEvents,
  Transport,
} from "./core/types.ts";
