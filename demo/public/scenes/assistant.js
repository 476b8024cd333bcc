// An assistant's answer: one request, one answer that ends, never asked for again by itself.
import { access } from "../access.js";
import { element, enable } from "../dom.js";

const { fetchEvents, json } = globalThis.everspring;

export const lead =
  "A POST whose answer comes token by token and ends with [DONE]. The stop button reaches the server. An answer that was cut is never requested again behind your back: you are told, and you may continue it.";
export const files = ["public/scenes/assistant.js", "scenes/assistant.ts"];
export const html = `
  <section class="panel chat" aria-labelledby="chat-title">
    <h2 id="chat-title">Conversation</h2>
    <div class="turns scroll" id="turns" tabindex="0" role="log" aria-labelledby="chat-title"></div>
    <p class="buttons suggestions">
      <button type="button">Why server-sent events?</button>
      <button type="button">Is anything lost when I reconnect?</button>
      <button type="button">How do I send a token?</button>
    </p>
    <form class="prompt" id="prompt">
      <label><span class="visually-hidden">Your question</span><input name="prompt" required maxlength="500" placeholder="Ask about streams" autocomplete="off" /></label>
      <button class="primary" id="ask">Ask</button>
      <button type="button" id="stop" hidden>Stop</button>
      <button type="button" id="continue" hidden>Continue</button>
    </form>
  </section>`;

export function start(stage, frame) {
  const $ = (selector) => stage.querySelector(selector);
  const suggestions = stage.querySelectorAll(".suggestions button");
  let answer;
  let place;
  let prompt;
  /** The last token that was shown. */
  let had = "";

  /** The buttons that make sense now. When the one that has the focus goes, the next one gets it. */
  function offer(isRunning, isWhole) {
    const focused = document.activeElement;
    $("#ask").hidden = isRunning;
    $("#stop").hidden = !isRunning;
    $("#continue").hidden = isRunning || isWhole;
    for (const button of suggestions) enable(button, !isRunning);
    if (!focused?.hidden) return;
    const next = isRunning ? $("#stop") : isWhole ? $("#prompt").prompt : $("#continue");
    next.focus({ preventScroll: true });
  }

  /** Whoever has scrolled up is reading, and is left in peace. */
  function append(token) {
    const turns = $("#turns");
    const isAtEnd = turns.scrollTop + turns.clientHeight > turns.scrollHeight - 40;
    place.textContent += token;
    if (isAtEnd) turns.scrollTop = turns.scrollHeight;
  }

  async function ask(lastEventId = "") {
    offer(true);
    frame.show({ state: "connecting", attempt: 1 });
    let reason = { reason: "complete" };
    const mine = (answer = fetchEvents("/assistant", {
      ...access,
      method: "POST",
      headers: async (context) => ({
        ...(await access.headers(context)),
        "Content-Type": "application/json",
      }),
      body: JSON.stringify({ prompt }),
      decode: json,
      endOn: "[DONE]",
      lastEventId,
    }));
    try {
      const { url, headers } = await mine.response;
      frame.show({ state: "open", url, headers });
      frame.live();
      for await (const event of mine) {
        append(event.data.token);
        had = event.lastEventId;
        frame.count(event);
      }
      if (stopped === mine) reason = { reason: "client" };
    } catch (error) {
      if (stopped === mine) reason = { reason: "client" };
      else reason = { reason: "error", error };
    }
    if (answer !== mine) return;
    frame.show({ state: "closed", ...reason });
    const isWhole = reason.reason === "complete";
    place.dataset.ending = isWhole ? "whole" : reason.error ? "cut" : "stopped";
    offer(false, isWhole);
  }

  let stopped;
  function stop() {
    stopped = answer;
    answer?.close();
  }

  $("#prompt").addEventListener("submit", (event) => {
    event.preventDefault();
    if ($("#ask").hidden) return;
    prompt = event.target.prompt.value;
    event.target.reset();
    had = "";
    frame.begin("assistant", { canRestart: !document.querySelector("[data-fault=restart]").disabled });
    frame.hideClient();
    place = element("p", "answer");
    $("#turns").append(element("p", "question", prompt), place);
    $("#turns").scrollTop = $("#turns").scrollHeight;
    void ask();
  });
  $("#stop").addEventListener("click", stop);
  $("#continue").addEventListener("click", () => {
    delete place.dataset.ending;
    void ask(had);
  });
  for (const button of suggestions)
    button.addEventListener("click", () => {
      $("#prompt").prompt.value = button.textContent;
      $("#prompt").requestSubmit($("#ask"));
    });

  frame.hideClient();
  document.getElementById("endpoint").textContent = "POST /assistant";
  return () => {
    const open = answer;
    answer = undefined;
    open?.close();
  };
}
