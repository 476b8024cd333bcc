import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitepress";
import { copySources, linkPages, placeOf } from "./links.mts";
import { githubSlug } from "./slug.mts";

type Group = readonly [title: string, pages: readonly (readonly [name: string, title: string])[]];

const groups: readonly Group[] = [
  [
    "Start",
    [
      ["guide", "Guide"],
      ["readme", "Overview"],
      ["recipes", "Recipes"],
      ["demo", "Demo"],
    ],
  ],
  [
    "Reference",
    [
      ["options", "Options"],
      ["behaviour", "Behaviour"],
      ["shared", "One connection for all tabs"],
      ["react", "React"],
      ["vue", "Vue"],
      ["svelte", "Svelte"],
      ["testing", "Testing"],
    ],
  ],
  [
    "In production",
    [
      ["server", "Server checklist"],
      ["security", "Security"],
      ["troubleshooting", "Troubleshooting"],
      ["herd", "The herd after a restart"],
    ],
  ],
  [
    "Proof",
    [
      ["reliability", "Reliability"],
      ["performance", "Performance"],
      ["conformance", "Conformance"],
      ["decisions/", "Decisions"],
    ],
  ],
];

/** Pages that no group names yet, by their headings. */
function others(): Group[] {
  const named = groups.flatMap(([, pages]) => pages.map(([name]) => name));
  const docs = join(import.meta.dirname, "..");
  const rest = readdirSync(docs, { recursive: true, encoding: "utf8" })
    .filter((file) => /^(?!node_modules|\.|decisions|index)[^.]*\.md$/.test(file))
    .map((file) => [file.replace(/(README)?\.md$/, ""), readFileSync(join(docs, file), "utf8")] as const)
    .filter(([name]) => !named.includes(name))
    .map(([name, text]) => [name, /^# (.*)/m.exec(text)?.[1] ?? name] as const);
  return rest.length ? [["More", rest.toSorted()]] : [];
}

export default defineConfig({
  title: "everspring",
  description: "An EventSource client that never runs dry",
  // The whole repository, so that README, CHANGELOG and the others are pages, too, and their links are checked.
  srcDir: "..",
  srcExclude: ["{bench,src,test,coverage,.github,.ci}/**", "docs/README.md"],
  rewrites: placeOf,
  markdown: {
    anchor: { slugify: githubSlug },
    config: linkPages,
  },
  buildEnd: copySources,
  lastUpdated: false,
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      { text: "Guide", link: "/guide" },
      { text: "Options", link: "/options" },
      { text: "Recipes", link: "/recipes" },
      { text: "Changelog", link: "/CHANGELOG" },
    ],
    sidebar: [...groups, ...others()].map(([text, pages]) => ({
      text,
      items: pages.map(([name, title]) => ({ text: title, link: `/${name}` })),
    })),
  },
});
