import { EventSourceError, type EventSourceOptions, type EventSourceUrl } from "./index.ts";

/** The options of a shared stream that are not those of a client. */
export interface SharedOptions {
  readonly identity: string | undefined;
  readonly name: string | undefined;
  readonly replay: number;
  readonly maxBuffer: number;
}

/** Throws `invalid-option` for what cannot be shared, or would be shared with somebody else. */
export function checkShared(
  { identity, name, replay, maxBuffer }: SharedOptions,
  url: EventSourceUrl,
  { headers, fetch, transport, onUnauthorized, credentials, method = "GET", body }: EventSourceOptions,
): void {
  const isFunction = (option: unknown) => typeof option === "function";
  const isNumber = (option: unknown) => typeof option === "number" && option >= 0;
  const mayKnowUsers =
    credentials === "include" || [url, headers, fetch, transport, onUnauthorized].some(isFunction);
  const rules: [option: string, expected: string, holds: boolean][] = [
    ["identity", "a string", typeof (identity ?? "") === "string"],
    ["identity", "whose the credentials are", !mayKnowUsers || identity !== undefined],
    ["name", "a string", typeof (name ?? "") === "string"],
    ["name", "one for the stream of a url function", !isFunction(url) || name !== undefined],
    ["replay", "a number", isNumber(replay)],
    ["maxBuffer", "a number", isNumber(maxBuffer)],
    // Each tab that takes over asks again.
    ["body", "none", body == null],
    ["method", "GET", /^get$/i.test(method)],
    ["transport", "one that hears every event", transport !== "native"],
  ];
  for (const [option, expected, holds] of rules)
    if (!holds)
      throw new EventSourceError("invalid-option", `Invalid option "${option}": expected ${expected}`, {
        option,
      });
}

/**
 * What clients have in common that share a connection: the stream, whoever asks, and all that makes the request and that can
 * be compared. Functions cannot; `identity` stands for what they give. Objects of a runtime (`dispatcher`) do not matter.
 */
export function keyOf(
  stream: string,
  identity: string | undefined,
  { headers, retry, ...request }: EventSourceOptions,
): string {
  const plain = (options: object) =>
    Object.entries(options)
      .filter(([, value]) => value !== undefined && Object(value) !== value)
      .map(String)
      .sort();
  const fixed = typeof headers === "function" ? "" : [...new Headers(headers)];
  // The number is that of the messages: tabs may have loaded different versions of us.
  return `everspring 1 ${JSON.stringify([stream, identity, fixed, retry && plain(retry), plain(request)])}`;
}
