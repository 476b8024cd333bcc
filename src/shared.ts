export {
  createSharedEventSource,
  type SharedEventSource,
  type SharedEventSourceOptions,
  type SharedStatus,
} from "./shared/shared.ts";
