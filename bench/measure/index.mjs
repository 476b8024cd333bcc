import { http2 } from "./http2.mjs";
import { first, latency } from "./latency.mjs";
import { backpressure, heap, idle, kept } from "./memory.mjs";
import { chromium, firefox, webkitgtk } from "./pages.mjs";
import { bun, deno } from "./runtimes.mjs";
import { sizes } from "./sizes.mjs";
import { library, throughput } from "./throughput.mjs";

/** The measures in the order in which docs/performance.md shows them, and how many rounds each takes unless told otherwise. */
export const measures = {
  throughput: { title: "Throughput in Node, HTTP/1.1", rounds: 5, run: throughput },
  library: { title: "The library alone, without a network", rounds: 5, run: library },
  http2: { title: "Throughput in Node, HTTP/2", rounds: 5, run: http2 },
  deno: { title: "Throughput in Deno", rounds: 5, run: deno },
  bun: { title: "Throughput in Bun", rounds: 5, run: bun },
  chromium: { title: "Throughput in a page: Chromium", rounds: 5, run: chromium },
  firefox: { title: "Throughput in a page: Firefox", rounds: 5, run: firefox },
  webkitgtk: { title: "Throughput in a page: WebKitGTK", rounds: 5, run: webkitgtk },
  latency: { title: "Latency at one event per ms", rounds: 5, run: latency },
  first: { title: "From the call to the first event", rounds: 5, run: first },
  idle: { title: "Memory of an idle connection", rounds: 3, run: idle },
  kept: { title: "Memory that kept data hold", rounds: 3, run: kept },
  heap: { title: "Heap over a million events", rounds: 3, run: heap },
  backpressure: { title: "A slow consumer", rounds: 1, run: backpressure },
  sizes: { title: "Sizes", rounds: 1, run: sizes },
};
