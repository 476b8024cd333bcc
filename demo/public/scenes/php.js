// Server time in PHP: the same client on a script that ends, which makes it polling, and on one that does not.
import { access } from "../access.js";
import { element } from "../dom.js";

const { createEventSource, json } = globalThis.everspring;

export const lead =
  "Two PHP scripts tell the time, one event for each second. The first one ends at once, and the client comes again after the script's retry: it is polling that misses no second. The other one never ends.";
export const files = ["public/scenes/php.js", "php/servertime.php", "php/endless.php", "php/stage.php"];
export const html = `
  <section class="panel" id="missing" aria-labelledby="missing-title" hidden>
    <h2 id="missing-title">PHP is not running</h2>
    <p id="what-to-do"></p>
    <pre class="shell-line"><code>apt-get install php-cli   # or: brew install php
npm run demo -- --all</code></pre>
  </section>
  <div id="running" hidden>
    <section class="panel clockwork" aria-labelledby="clock-title">
      <h2 id="clock-title" class="visually-hidden">Server time</h2>
      <fieldset class="segments"><legend>Script</legend>
        <label><input type="radio" name="script" value="servertime" checked />servertime.php ends</label>
        <label><input type="radio" name="script" value="endless" />endless.php</label>
      </fieldset>
      <p class="clock" id="clock" role="timer">--:--:--</p>
      <p class="hint" id="worker"></p>
      <p class="hint" id="polling">This script has ended by the time you press Drop or Stall: they need the endless one.</p>
    </section>
    <section class="panel" aria-labelledby="seconds-title">
      <h2 id="seconds-title">Seconds, by the response that brought them</h2>
      <ul class="seconds" id="seconds"></ul>
    </section>
  </div>`;

const SHOWN = 24;

export function start(stage, frame, services) {
  const $ = (selector) => stage.querySelector(selector);
  $("#missing").hidden = services.php !== undefined;
  $("#running").hidden = services.php === undefined;
  if (services.php === undefined) {
    $("#what-to-do").textContent = services.isAll
      ? "This scene needs PHP's command line, which was not found on this machine. Install it and start the demo again:"
      : "This scene needs PHP's own web server. Install PHP, if it is not there, and start the demo with everything around it:";
    frame.hideClient();
    return undefined;
  }

  let source;
  let group;

  function listen(lastEventId = "") {
    source?.close();
    const script = $("[name=script]:checked").value;
    $("#polling").hidden = script === "endless";
    source = createEventSource(`${services.php}/${script}.php`, { ...access, decode: json, lastEventId });
    frame.watch(source, { endpoint: `GET ${script}.php` });
    source.onStatus(({ state }) => state === "open" && (group = undefined));
    source.on("servertime", ({ data: { at, pid }, lastEventId: id }) => {
      const time = new Date(at).toISOString().slice(11, 19);
      $("#clock").textContent = time;
      $("#worker").textContent = `UTC, from PHP's worker ${pid}`;
      if (!group) {
        group = element("li");
        $("#seconds").prepend(group);
      }
      group.append(element("span", frame.delivery, time.slice(6)));
      group.title = `up to ${id}`;
      while (group.children.length > SHOWN) group.firstChild.remove();
      while ($("#seconds").children.length > 8) $("#seconds").lastChild.remove();
    });
  }

  for (const radio of stage.querySelectorAll("[name=script]"))
    radio.addEventListener("change", () => listen(source.lastEventId));
  listen();
  return () => source.close();
}
