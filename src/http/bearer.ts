import type { AttemptContext } from "../core/types.ts";

/** Makes a `headers` function that sends a bearer token. `getToken` is called before each attempt. */
export function bearer(
  getToken: (context: AttemptContext) => string | PromiseLike<string>,
): (context: AttemptContext) => Promise<{ Authorization: string }> {
  return async (context) => ({ Authorization: `Bearer ${await getToken(context)}` });
}
