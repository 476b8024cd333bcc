/** One event as the test server sends it. `type` is left out for `"message"`. */
export type TestEvent<Events extends object = Record<string, unknown>> =
  | {
      [Type in keyof Events & string]: {
        type: Type;
        data: Events[Type];
        id?: string | number | undefined;
      };
    }[keyof Events & string]
  | ("message" extends keyof Events
      ? { type?: undefined; data: Events["message" & keyof Events]; id?: string | number | undefined }
      : never)
  | { type?: undefined; data?: undefined; id: string | number };

/**
 * An event as the text of a stream. Data that is not a string becomes JSON.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export function formatEvent<Events extends object = Record<string, unknown>>(
  event: TestEvent<Events>,
): string {
  const { type, data, id } = event as { type?: string; data?: unknown; id?: string | number };
  for (const [name, value] of Object.entries({ type, id }))
    if (/[\r\n]/.test(`${value}`)) throw new TypeError(`The ${name} of an event has no line breaks`);
  const text = typeof data === "string" ? data : JSON.stringify(data);
  return [
    ...(id === undefined ? [] : [`id: ${id}`]),
    ...(type === undefined ? [] : [`event: ${type}`]),
    ...(text === undefined ? [] : linesOf(text).map((line) => `data: ${line}`)),
    "\n",
  ].join("\n");
}

/** A comment as the text of a stream, with a colon before each of its lines. */
export function formatComment(text: string): string {
  return `${linesOf(text)
    .map((line) => `:${line}`)
    .join("\n")}\n\n`;
}

function linesOf(text: string): string[] {
  return text.split(/\r\n|[\r\n]/);
}

/** What a request resumes after. The header's value is "encoded as UTF-8", one character per byte. */
export function lastEventIdOf(headers: Headers, url: string, param: string | undefined): string {
  const inQuery = param && new URL(url, "http://a").searchParams.get(param);
  const inHeader = headers.get("last-event-id") ?? "";
  const bytes = Uint8Array.from(inHeader, (character) => character.charCodeAt(0));
  return inQuery || new TextDecoder().decode(bytes);
}

/** The text of whatever fetch takes as a body; at once where that can be. */
export function textOf(body: NonNullable<RequestInit["body"]> | Request): string | Promise<string> {
  if (typeof body === "string" || body instanceof URLSearchParams) return String(body);
  return typeof body === "object" && "headers" in body ? body.text() : new Response(body).text();
}
