/** What no client can beat: reading the response and throwing it away. */
export async function drain(url) {
  const response = await fetch(url, { headers: { accept: "text/event-stream" } });
  const reader = response.body.getReader();
  while (!(await reader.read()).done);
}

/** The same, made text. */
export async function decode(url, take) {
  const response = await fetch(url, { headers: { accept: "text/event-stream" } });
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  for (let result; !(result = await reader.read()).done;) {
    const text = decoder.decode(result.value, { stream: true });
    if (text) take("text", text, "");
  }
}

/** What one would write by hand for a stream of which one knows the form: no ids, no CR, one data line per event. */
export async function byHand(url, take) {
  const controller = new AbortController();
  const response = await fetch(url, { signal: controller.signal });
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (let result; !(result = await reader.read()).done;) {
    const blocks = (rest + decoder.decode(result.value, { stream: true })).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      if (block.startsWith("event: end")) return controller.abort();
      if (!block.startsWith("data: ")) continue;
      const pause = take("message", block.slice(6), "");
      if (pause) await pause;
    }
  }
}

/** Reading by hand, and badly: what a measure must call wrong. */
export function lossy(url, take) {
  let seen = 0;
  return byHand(url, (...event) => (seen++ ? take(...event) : undefined));
}
