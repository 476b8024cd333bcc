// Progress of a long job, on a stream that ends: `done` completes it, and the client does not come back for more.
import { access, post } from "../access.js";
import { element, enable } from "../dom.js";

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
    show(0, "Reading the list of files");
    source = createEventSource(`/jobs/${id}`, {
      ...access,
      decode: json,
      endOn: ({ type }) => type === "done",
    });
    frame.watch(source, { endpoint: `GET /jobs/${id}`, isNew: true });
    source.on("progress", ({ data, lastEventId }) => {
      show(lastEventId, `${data.done} of ${data.of} files · ${data.file}`);
    });
    source.on("result", ({ data }) => {
      const item = element("li");
      item.append(element("b", "", `Job ${id}`), ` ${data.files} files `, element("code", "", data.digest));
      $("#results .hint")?.remove();
      $("#results").prepend(item);
    });
    source.onStatus(({ state, error }) => {
      enable($("#begin"), state === "closed");
      if (error?.status !== 404) return;
      sessionStorage.removeItem("job");
      show(0, "This job is no longer kept. Begin another one.");
    });
    enable($("#begin"), false);
  }

  function show(percent, what) {
    $("#bar").value = Number(percent);
    $("#percent").textContent = percent;
    $("#file").textContent = what;
  }

  $("#begin").addEventListener("click", async () => {
    enable($("#begin"), false);
    const response = await post("/jobs").catch(() => undefined);
    if (response?.ok) return follow((await response.json()).job);
    enable($("#begin"), true);
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
