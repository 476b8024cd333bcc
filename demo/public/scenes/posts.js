// Social feed: a list that grows at the top, and a form. What you send comes back over the stream, as for everybody else.
import { access, post } from "../access.js";
import { clock, element } from "../dom.js";

const { createEventSource, json } = globalThis.everspring;

export const lead =
  "A post goes to the server by an ordinary request, is stored, and is broadcast to everyone. Be away for a while, post from another window, come back: the database remembers what you missed.";
export const files = ["public/scenes/posts.js", "scenes/posts.ts", "feed.ts", "store.ts"];
export const html = `
  <form class="panel composer" id="composer">
    <h2>Write a post</h2>
    <div class="fields">
      <label>Name <input name="author" required maxlength="40" autocomplete="nickname" /></label>
      <label class="wide">Post <textarea name="text" required maxlength="280" rows="2" placeholder="What is going on?"></textarea></label>
    </div>
    <p class="row"><span class="hint" id="posting" role="status"></span><button class="primary">Post</button></p>
  </form>
  <section class="panel" aria-labelledby="posts-title">
    <div class="panel-head"><h2 id="posts-title">Feed</h2></div>
    <ul class="posts scroll" id="posts" tabindex="0" aria-labelledby="posts-title"></ul>
  </section>`;

const SHOWN = 60;

export function start(stage, frame) {
  const list = stage.querySelector("#posts");
  const form = stage.querySelector("#composer");
  const hint = stage.querySelector("#posting");
  form.author.value = localStorage.getItem("author") ?? "You";

  const source = createEventSource("/posts", { ...access, decode: json });
  frame.watch(source, { endpoint: "GET /posts" });

  source.on("post", ({ data }) => {
    list.prepend(card(data, frame.delivery));
    while (list.children.length > SHOWN) list.lastChild.remove();
  });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { author, text } = Object.fromEntries(new FormData(form));
    localStorage.setItem("author", author);
    hint.textContent = "";
    try {
      const response = await post("/posts", { author, text });
      if (response.ok) form.text.value = "";
      else if (response.status === 429)
        hint.textContent = `Slow down: try again in ${response.headers.get("Retry-After")} s`;
      else hint.textContent = (await response.json()).error;
    } catch {
      hint.textContent = "The server cannot be reached. Your text is still here.";
    }
  });
  form.text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });

  return () => source.close();
}

function card({ author, text, at }, delivery) {
  const item = element("li", delivery);
  const avatar = element("span", "avatar", author.slice(0, 1).toUpperCase());
  avatar.style.setProperty(
    "--hue",
    [...author].reduce((sum, letter) => sum + letter.codePointAt(0) * 47, 0) % 360,
  );
  avatar.ariaHidden = "true";
  const head = element("p", "by");
  const time = element("time", "", clock(Date.parse(at)));
  head.append(element("b", "", author), time);
  if (delivery === "replay") head.append(element("span", "tag", "caught up"));
  const body = element("div");
  body.append(head, element("p", "", text));
  item.append(avatar, body);
  return item;
}
