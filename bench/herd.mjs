// 100,000 clients after a restart of their server, in virtual time, with the client's own retry functions.
// npm run bench:herd          prints the table, and writes it to docs/herd.md and the plot to docs/herd.svg
import { readFileSync, writeFileSync } from "node:fs";
import { picture, runCases, table } from "./herd/cases.ts";

const docs = (name) => new URL(`../docs/${name}`, import.meta.url);
const cases = runCases();
const figures = table(cases);
console.log(figures);
writeFileSync(docs("herd.svg"), picture(cases));
const page = readFileSync(docs("herd.md"), "utf8");
const written = page.replace(
  /(<!-- herd -->\n\n)[^]*?(\n\n<!-- \/herd -->)/,
  (_, before, after) => before + figures + after,
);
writeFileSync(docs("herd.md"), written);
