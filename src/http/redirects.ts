import { EventSourceError } from "../core/errors.ts";
import { release } from "../stream/body.ts";
import { isPlain, type Send } from "./request.ts";

/** `redirect: "same-origin"`: follows redirects as fetch does, and fails before a request goes to another origin. */
export function withinOrigin(send: Send): Send {
  return async (url, init) => {
    for (let count = 0; ; count++) {
      init.signal.throwIfAborted();
      const response = await send(url, { ...init, redirect: "manual" });
      const { status, headers, type } = response;
      const location = headers.get("location");
      const isRedirect = type === "opaqueredirect" || (location && /30[12378]/.test(`${status}`));
      if (!isRedirect) return response;
      void release(response.body);
      // Browsers do not expose where a redirect leads: `location` is null there, and the redirect is blocked.
      const next = location && new URL(location, url);
      if (!next || next.origin !== new URL(url).origin)
        throw new EventSourceError(
          "http-status",
          'Blocked a redirect to another origin (redirect: "same-origin")',
          { status, headers },
        );
      // "If request's redirect count is 20, then return a network error." Nor do we follow what turns a POST into a GET.
      if (count === 20 || (status < 307 && !isPlain(init))) return response;
      url = next.href;
    }
  };
}
