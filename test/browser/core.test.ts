import { describeCore } from "./core-suite.ts";

describeCore("the sources in a page", () => import("../../src/index.ts"));
