import { http2 } from "./http2.mjs";
import { first, latency } from "./latency.mjs";
import { backpressure, heap, idle, kept } from "./memory.mjs";
import { page } from "./page.mjs";
import { sizes } from "./sizes.mjs";
import { library, throughput } from "./throughput.mjs";

/** The measures in the order in which docs/performance.md shows them. */
export const measures = {
  throughput: { title: "Throughput in Node, HTTP/1.1", run: throughput },
  library: { title: "The library alone, without a network", run: library },
  http2: { title: "Throughput in Node, HTTP/2", run: http2 },
  page: { title: "Throughput in a page", run: page },
  latency: { title: "Latency at one event per ms", run: latency },
  first: { title: "From the call to the first event", run: first },
  idle: { title: "Memory of an idle connection", run: idle },
  kept: { title: "Memory that kept data hold", run: kept },
  heap: { title: "Heap over a million events", run: heap },
  backpressure: { title: "A slow consumer", run: backpressure },
  sizes: { title: "Sizes", run: sizes },
};
