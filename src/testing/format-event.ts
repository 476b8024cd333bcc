/** An event for the test server to send. Omit `type` for `"message"`. */
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
 * Formats an event as the text of an event stream. Data that is not a string is sent as JSON.
 *
 * @throws TypeError if the type or the ID contains a line break.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export function formatEvent<Events extends object = Record<string, unknown>>(
  event: TestEvent<Events>,
): string {
  const { type, data, id } = event as { type?: string; data?: unknown; id?: string | number };
  for (const [name, value] of Object.entries({ type, id }))
    if (/[\r\n]/.test(`${value}`))
      throw new TypeError(`The ${name} of an event must not contain line breaks`);
  const text = typeof data === "string" ? data : JSON.stringify(data);
  return [
    ...(id === undefined ? [] : [`id: ${id}`]),
    ...(type === undefined ? [] : [`event: ${type}`]),
    ...(text === undefined ? [] : linesOf(text).map((line) => `data: ${line}`)),
    "\n",
  ].join("\n");
}

/** Formats a comment as the text of an event stream. Each line begins with a colon. */
export function formatComment(text: string): string {
  return `${linesOf(text)
    .map((line) => `:${line}`)
    .join("\n")}\n\n`;
}

function linesOf(text: string): string[] {
  return text.split(/\r\n|[\r\n]/);
}
