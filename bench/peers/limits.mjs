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
