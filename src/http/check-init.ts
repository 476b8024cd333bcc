import { invalid } from "../core/errors.ts";

/**
 * Checks the members of fetch's second argument now: fetch would refuse them with what looks like a network failure.
 *
 * @throws EventSourceError `invalid-option`
 */
export function checkInit(init: object): void {
  for (const [name, value] of Object.entries(init) as [string, unknown][])
    // `redirect: "same-origin"` is our own.
    if (
      globalThis.Request &&
      typeof value !== "function" &&
      !(name === "redirect" && value === "same-origin")
    )
      try {
        void new Request("http://a", { [name]: value });
      } catch {
        throw invalid(name, "fetch rejected it");
      }
}
