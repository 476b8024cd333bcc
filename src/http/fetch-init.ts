import { checkNumbers, invalid } from "../core/errors.ts";
import { isPlain, type PassedInit } from "./request.ts";

/** Options that fetch does not get: a custom fetch may have its own `retry`. */
const ownOptions =
  /^(on[A-Z].*|headers|body|fetch|lastEventId(Param)?|(connect|idle)Timeout|maxEventSize|decode|endOn|signal|retry|transport|open)$/;

/**
 * The options that are passed to fetch, without members that are `undefined`.
 *
 * @throws EventSourceError `invalid-option` where a mistake would otherwise hang, or look like a network failure.
 */
export function fetchInit(options: object): PassedInit {
  const init: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options) as [string, unknown][])
    if (/Timeout$|Size$/.test(name)) checkNumbers({ [name]: value });
    else if (value !== undefined && !ownOptions.test(name)) {
      init[name] = value;
      // `redirect: "same-origin"` is our own.
      if (globalThis.Request && typeof value !== "function" && !(name === "redirect" && value === "same-origin"))
        try {
          void new Request("http://a", { [name]: value });
        } catch {
          throw invalid(name, "fetch rejected it");
        }
    }
  if ((options as { body?: unknown }).body != null && isPlain(init))
    throw invalid("method", "GET and HEAD requests have no body");
  return init;
}
