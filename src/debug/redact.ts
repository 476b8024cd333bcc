/** Headers whose values describe how a stream is served and contain nothing secret. */
const harmless = /^(accept|cache-control|content-(encoding|type)|retry-after|server|via|x-accel-buffering)$/i;

/** A URL without credentials, query values and fragment. */
export function shownUrl(url: string, reveal: boolean): string {
  // A name without a value is hidden too: the whole query may be a token, which may end in "=".
  const secret = /(\/\/)[^/?#]*@|([?&](?:[^&=#]+=(?=[^&=#]))?)[^&#]+|#[^]*/g;
  return reveal
    ? url
    : url.replaceAll(secret, (_all, slashes: string = "", name?: string) => (name ? `${name}…` : slashes));
}

/** All header names, with the values of the harmless ones. */
export function shownHeaders(
  headers: { forEach(callback: (value: string, name: string) => void): void },
  reveal: boolean,
): Record<string, string> {
  const shown: Record<string, string> = {};
  headers.forEach((value, name) => {
    shown[name] = reveal || harmless.test(name) ? value : "…";
  });
  return shown;
}

/** The innermost cause of an error. The depth is limited, since an error may be its own cause. */
export function innermost(error: unknown, depth = 9): { readonly code?: unknown; readonly name?: unknown } {
  const { cause } = Object(error) as { cause?: unknown };
  return cause === undefined || !depth ? (Object(error) as object) : innermost(cause, depth - 1);
}

/** The code of the innermost cause, or else its name. Not its message, which may quote anything. */
export function shownCause(error: unknown): string | undefined {
  const { code, name } = innermost(error);
  // The code of a foreign error may be a secret, such as an OAuth code.
  return [code, name].find((text) => text && /^([a-z_-]+|(ERR|UND)_\w+)$/i.test(text as string)) as
    | string
    | undefined;
}
