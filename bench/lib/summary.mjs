/** Counts and checks what a client delivers. */
export function summarize() {
  let count = 0;
  let chars = 0;
  let sum = 0;
  let ids = 0;
  const add = (hash, text) => {
    for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
    return hash;
  };
  return {
    /** What a timed run does with an event: it reads it, which also makes a rope flat. */
    take: (type, data) => {
      count++;
      chars += data.length;
      sum = (sum + data.charCodeAt(data.length >> 1)) | 0;
    },
    /** The same with checksums over everything, for a run that is not timed. */
    check: (type, data, id = "") => {
      count++;
      chars += data.length;
      sum = add(add(sum, type), data);
      ids = add(ids, typeof id === "string" ? id : "not text");
    },
    result: () => ({ count, chars, sum, ids }),
  };
}

/** What is wrong with what a client delivered; "" when nothing is. */
export function verdict(got, expected, { ids = true, thorough = true } = {}) {
  if (got.error) return got.error.split("\n")[0];
  if (got.count !== expected.count) return `${got.count} of ${expected.count} events`;
  if (got.chars !== expected.chars || (thorough && got.sum !== expected.sum)) return "changed data";
  if (thorough && ids && got.ids !== expected.ids) return "changed ids";
  return "";
}
