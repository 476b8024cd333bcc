import { toEventSourceError, type EventSourceError } from "../core/errors.ts";

/** The error of an attempt, with the URL where it failed. Anything but an `EventSourceError` is a `network` error. */
export function attemptError(cause: unknown, url: string, isOpen: boolean): EventSourceError {
  // Credentials, query and fragment may be secret.
  const shown = url.replace(/^([^/]*\/\/)[^/]*@|[?#].*/g, "$1");
  const to = shown && ` to ${shown}`;
  const error = toEventSourceError(
    cause,
    "network",
    `${isOpen ? `Connection${to} lost` : `Request${to} failed`}${systemCode(cause)}`,
  );
  return shown && !error.url ? Object.assign(error, { url: shown }) : error;
}

/**
 * `: ECONNREFUSED`: the system code of the innermost error that has one, `""` for none. Messages are not quoted, since
 * some implementations of fetch put the URL into them.
 */
function systemCode(error: unknown, depth = 5): string {
  try {
    const { cause, errors = [], code } = error as { cause?: unknown; errors?: unknown[]; code?: string };
    const inner = depth ? [cause, ...errors].map((each) => systemCode(each, depth - 1)).join("\n") : "";
    return /: .+/.exec(inner)?.[0] ?? (/^[A-Z]\w+$/.test(code!) ? `: ${code}` : "");
  } catch {
    // It is no object, or one that refuses to be read.
    return "";
  }
}
