import { throughput } from "./throughput.mjs";

/** The measures in the order in which docs/performance.md shows them. */
export const measures = {
  throughput: { title: "Throughput in Node over HTTP/1.1", run: throughput },
};
