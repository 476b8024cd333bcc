import { EventSourceError, type EventSourceOptions, type EventSourceUrl } from "../index.ts";

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
  options: EventSourceOptions,
): void {
  const { credentials, transport, method = "GET", body } = options;
  const isFunction = (option: unknown) => typeof option === "function";
  const isNumber = (option: unknown) => typeof option === "number" && option >= 0;
  // An object, such as a client certificate or a dispatcher that has one, may know a user as well as a function may.
  const mayKnowUsers =
    credentials === "include" ||
    isFunction(url) ||
    Object.entries(options).some(
      ([name, option]) => isFunction(option) || (name !== "headers" && Object(option) === option),
    );
  const isName = (option: unknown) => typeof option === "string" && !!option;
  const rules: [option: string, expected: string, holds: boolean][] = [
    [
      "identity",
      "a name for whose the credentials are",
      identity === undefined ? !mayKnowUsers : isName(identity),
    ],
    ["name", "a name for the stream of a url function", name === undefined ? !isFunction(url) : isName(name)],
    ["replay", "a number", isNumber(replay)],
    ["maxBuffer", "a number", isNumber(maxBuffer)],
    // Each tab that takes over asks again.
    ["body", "none", body == null],
    ["method", "GET", /^get$/i.test(String(method))],
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
 * be compared. Functions and objects of a runtime (`dispatcher`) cannot; `identity` stands for what they give.
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
  return `everspring 1 ${JSON.stringify([stream, identity, fixed, retry && plain(Object(retry) as object), plain(request)])}`;
}
