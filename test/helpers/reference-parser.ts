/**
 * The event stream of the WHATWG standard, written down step by step, without a thought for speed or for chunks.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export interface Interpretation {
  events: { type: string; data: string; lastEventId: string }[];
  comments: string[];
  /** Values of valid `retry` fields. */
  retries: number[];
  /** "The last event ID string of the event source" at the end. */
  lastEventId: string;
}

export function interpretStream(bytes: Uint8Array, lastEventId = ""): Interpretation {
  const result: Interpretation = { events: [], comments: [], retries: [], lastEventId };
  let data = "";
  let type = "";
  let idBuffer = lastEventId;
  // "Streams must be decoded using the UTF-8 decode algorithm", which strips one byte order mark.
  const lines = new TextDecoder().decode(bytes).split(/\r\n|\r|\n/);
  // What follows the last line end is no line: "any pending data must be discarded".
  for (const line of lines.slice(0, -1)) {
    if (line === "") {
      // "Set the last event ID string of the event source to the value of the last event ID buffer."
      result.lastEventId = idBuffer;
      // "If the data buffer is an empty string, set the data buffer and the event type buffer to the empty string and return."
      if (data !== "")
        result.events.push({ type: type || "message", data: data.slice(0, -1), lastEventId: idBuffer });
      data = "";
      type = "";
      continue;
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    // "If value starts with a U+0020 SPACE character, remove it from value."
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (colon === 0) result.comments.push(value);
    else if (field === "event") type = value;
    else if (field === "data") data += `${value}\n`;
    else if (field === "id" && !value.includes("\0")) idBuffer = value;
    else if (field === "retry" && /^[0-9]+$/.test(value)) result.retries.push(parseInt(value, 10));
  }
  return result;
}
