/** Headers whose values say how a stream is served, and nothing about who asks. */
const harmless = /^(accept|cache-control|content-(encoding|type)|retry-after|server|via|x-accel-buffering)$/i;

/** A URL without credentials, values of its query, and fragment. */
export function shownUrl(url: string, reveal: boolean): string {
  // What has no value is no name: the whole query may be a token, which may end in "=".
  const secret = /(\/\/)[^/?#]*@|([?&](?:[^&=#]+=(?=[^&=#]))?)[^&#]+|#[^]*/g;
  return reveal
    ? url
    : url.replaceAll(secret, (_all, slashes: string = "", name?: string) => (name ? `${name}…` : slashes));
}

/** All names, with the values of the harmless ones. */
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

/** What is underneath an error, and underneath that. Not for ever: an error may be underneath itself. */
export function bottomOf(error: unknown, depth = 9): { readonly code?: unknown; readonly name?: unknown } {
  const { cause } = Object(error) as { cause?: unknown };
  return cause === undefined || !depth ? (Object(error) as object) : bottomOf(cause, depth - 1);
}

/** The code of what is underneath, or else its name. Its message may quote anything. */
export function shownCause(error: unknown): string | undefined {
  const { code, name } = bottomOf(error);
  // Somebody else's error may have a code that is a secret, such as that of OAuth.
  return [code, name].find((text) => text && /^([a-z_-]+|(ERR|UND)_\w+)$/i.test(text as string)) as
    | string
    | undefined;
}
