// A few helpers. Server data only ever becomes text nodes, never markup.

export function element(tag, className = "", text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

/** Switches a button on or off. `disabled` would take the focus away from whoever pressed it. */
export function enable(button, isEnabled) {
  button.setAttribute("aria-disabled", String(!isEnabled));
}

function ignore(event) {
  if (!event.target.closest?.("[aria-disabled=true]")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}
document.addEventListener("click", ignore, true);

const time = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

/** 13:05:09 */
export const clock = (ms) => time.format(ms);

/** 2.4 s, which never breaks before the unit. */
export const seconds = (ms) => `${(ms / 1000).toFixed(1)}\u00a0s`;
