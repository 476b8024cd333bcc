// The reader of the SDK below its JSON, so that it is compared with the others.
import { _iterSSEMessages } from "@anthropic-ai/sdk/core/streaming";
import { reader } from "./each.mjs";

export const run = reader(_iterSSEMessages);
