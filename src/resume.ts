export {
  rememberLastEventId,
  type IdStorage,
  type RememberOptions,
  type Resumable,
} from "./adapters/resume.ts";
