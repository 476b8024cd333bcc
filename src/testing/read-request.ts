/** The last event ID of a request. In the header, each character is one byte of its UTF-8 encoding. */
export function lastEventIdOf(headers: Headers, url: string, param: string | undefined): string {
  const inQuery = param && new URL(url, "http://a").searchParams.get(param);
  const inHeader = headers.get("last-event-id") ?? "";
  const bytes = Uint8Array.from(inHeader, (character) => character.charCodeAt(0));
  return inQuery || new TextDecoder().decode(bytes);
}

/** The text of a request body, synchronously if that is possible. */
export function textOf(body: NonNullable<RequestInit["body"]> | Request): string | Promise<string> {
  if (typeof body === "string" || body instanceof URLSearchParams) return String(body);
  return typeof body === "object" && "headers" in body ? body.text() : new Response(body).text();
}
