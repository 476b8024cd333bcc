// Progress of a long job, on a stream that ends: `done` completes it, and the client does not come back for more.
import { access, post } from "../access.js";
import { element } from "../dom.js";

const { createEventSource, json } = globalThis.everspring;

export const lead =
  "The server computes checksums over the files of node_modules. Break the connection or restart the server in the middle: each step is in the database, so the job goes on, and so does the bar. A sentinel ends the stream.";
export const files = ["public/scenes/progress.js", "scenes/jobs.ts"];
export const html = `
  <section class="panel job" aria-labelledby="job-title">
    <div class="panel-head"><h2 id="job-title">No job yet</h2><button type="button" class="primary" id="begin">Begin a job</button></div>
    <p class="percent"><b id="percent">0</b> %</p>
    <progress id="bar" max="100" value="0" aria-labelledby="job-title"></progress>
    <p class="hint file" id="file">It takes about ten seconds.</p>
  </section>
  <section class="panel" aria-labelledby="results-title">
    <h2 id="results-title">Results</h2>
    <ol class="results" id="results"><li class="hint">None so far.</li></ol>
  </section>`;

export function start(stage, frame) {
  const $ = (selector) => stage.querySelector(selector);
  let source;
  let job;

  function follow(id) {
    source?.close();
    job = id;
    sessionStorage.setItem("job", id);
    $("#job-title").textContent = `Job ${id}`;
    source = createEventSource(`/jobs/${id}`, {
      ...access,
      decode: json,
      endOn: ({ type }) => type === "done",
    });
    frame.watch(source, { endpoint: `GET /jobs/${id}`, isNew: true });
    source.on("progress", ({ data, lastEventId }) => {
      $("#bar").value = Number(lastEventId);
      $("#percent").textContent = lastEventId;
      $("#file").textContent = `${data.done} of ${data.of} files · ${data.file}`;
    });
    source.on("result", ({ data }) => {
      const item = element("li");
      item.append(element("b", "", `Job ${id}`), ` ${data.files} files `, element("code", "", data.digest));
      $("#results .hint")?.remove();
      $("#results").prepend(item);
    });
    source.onStatus(({ state }) => ($("#begin").disabled = state !== "closed"));
    $("#begin").disabled = true;
  }

  $("#begin").addEventListener("click", async () => {
    const response = await post("/jobs").catch(() => undefined);
    if (response?.ok) follow((await response.json()).job);
    else
      $("#file").textContent =
        response?.status === 429
          ? `Enough for now: try again in ${response.headers.get("Retry-After")} s`
          : "The server cannot be reached";
  });

  // A page that is loaded again finds its job where it is now.
  job = sessionStorage.getItem("job");
  if (job) follow(job);

  return () => source?.close();
}
