import { toEventSourceError, type EventSourceError } from "../core/errors.ts";

/** The error of an attempt, with the URL where it failed. Anything but an `EventSourceError` is a `network` error. */
export function attemptError(cause: unknown, url: string, isOpen: boolean): EventSourceError {
  // Credentials, query and fragment may be secret.
  const shown = url.replace(/(\/\/)[^/]*@|[?#].*/g, "$1");
  const to = shown && ` to ${shown}`;
  const message = isOpen ? `Connection${to} lost` : `Request${to} failed`;
  const error: { url?: string | undefined } & EventSourceError = toEventSourceError(
    cause,
    "network",
    message + systemCode(cause),
  );
  if (shown) error.url ??= shown;
  return error;
}

/**
 * `: ECONNREFUSED`: the system code of the innermost error that has one, `""` for none. Messages are not quoted, since
 * some implementations of fetch put the URL into them.
 */
function systemCode(cause: unknown): string {
  let found = "";
  try {
    // A chain of causes can be a circle.
    for (let depth = 0; depth < 9; depth++) {
      const { code, cause: inner } = cause as { code?: string; cause?: unknown };
      // A code with other digits may be a secret, such as that of OAuth.
      if (/^[A-Z][A-Za-z]*(_[A-Z\d]+)*$/.test(code!)) found = `: ${code}`;
      cause = inner;
    }
  } catch {
    // The chain has ended, or an error refuses to be read.
  }
  return found;
}
