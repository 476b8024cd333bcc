// Three helpers. Server data only ever becomes text nodes, never markup.

export function element(tag, className = "", text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

const time = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

/** 13:05:09 */
export const clock = (ms) => time.format(ms);

/** 2.4 s, which never breaks before the unit. */
export const seconds = (ms) => `${(ms / 1000).toFixed(1)}\u00a0s`;
