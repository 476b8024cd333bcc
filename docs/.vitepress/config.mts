import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { defineConfig } from "vitepress";
import { copySources, linkPages, noPages, placeOf } from "./links.mts";
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
      ["architecture", "Architecture"],
      ["decisions/", "Decisions"],
    ],
  ],
];

/** A spring: two rings of water around its source. */
const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" fill="none" stroke="#1a7f5a" stroke-width="3"><circle cx="16" cy="16" r="13"/><circle cx="16" cy="16" r="7"/><circle cx="16" cy="16" r="1.5" fill="#1a7f5a"/></svg>`;

/** Pages that no group names, by their headings: those of a folder are a group of its README, the others are the last one. */
function others(): Group[] {
  const docs = join(import.meta.dirname, "..");
  const headingOf = (file: string) => /^# (.*)/m.exec(readFileSync(join(docs, file), "utf8"))?.[1] ?? file;
  const named = groups.flatMap(([, pages]) => pages.map(([name]) => name));
  const files = readdirSync(docs, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".md") && !/^(node_modules|\.vitepress|decisions|index)\b/.test(file),
  );
  const found = new Map<string, (readonly [name: string, title: string])[]>();
  for (const file of files.toSorted()) {
    const name = file.replace(/(README)?\.md$/, "");
    if (named.includes(name)) continue;
    const readme = join(dirname(file), "README.md");
    const group = readme !== "README.md" && files.includes(readme) ? headingOf(readme) : "More";
    found.set(group, [...(found.get(group) ?? []), [name, headingOf(file).replaceAll("`", "")]]);
  }
  return [...found];
}

export default defineConfig({
  title: "everspring",
  description: "An EventSource client that never runs dry",
  // The whole repository, so that README, CHANGELOG and the others are pages, too, and their links are checked.
  srcDir: "..",
  srcExclude: noPages.map((folder) => `${folder}/**`),
  rewrites: placeOf,
  markdown: {
    anchor: { slugify: githubSlug },
    config: linkPages,
  },
  buildEnd: copySources,
  vite: {
    plugins: [
      {
        name: "vue-of-the-site",
        enforce: "pre",
        // Pages outside of docs would look for Vue where they are, and find that of the tests, or none.
        resolveId(id, importer) {
          if (!/^vue(\/|$)/.test(id) || !importer?.split("?")[0]?.endsWith(".md")) return null;
          return this.resolve(id, import.meta.filename, { skipSelf: true });
        },
      },
    ],
  },
  lastUpdated: false,
  head: [["link", { rel: "icon", type: "image/svg+xml", href: `data:image/svg+xml,${encodeURIComponent(icon)}` }]],
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
