export {
  rememberLastEventId,
  type IdStorage,
  type RememberOptions,
  type Resumable,
} from "./adapters/remember-last-event-id.ts";
