// The pages link to each other, and to sources and tests, as files of the repository. The site has the pages elsewhere, and the
// other files as text below /source. What a link does not find stops the build.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import type { MarkdownRenderer, SiteConfig } from "vitepress";

const root = join(import.meta.dirname, "../..");
const linked = new Set<string>();

/** Folders whose Markdown is not for readers of the site; links to it lead to its text. */
export const noPages: readonly string[] = ["bench", "src", "test", "coverage", ".github", ".ci"];

/** Where the site has a page of the repository. */
export function placeOf(path: string): string {
  return path
    .replace(/^docs\//, "")
    .replace(/^README\.md$/, "readme.md")
    .replace(/^demo\/README\.md$/, "demo.md")
    .replace(/\/README\.md$/, "/index.md");
}

/** Leads the links of a page to where the site has what they name. */
export function linkPages(md: MarkdownRenderer): void {
  md.core.ruler.push("places", ({ tokens, env }) => {
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.type === "link_open" ? (token.attrGet("href") ?? "") : "";
      if (!href || /^(\w+:|#|\/)/.test(href)) continue;
      const [file = "", anchor] = href.split("#");
      const found = relative(root, join(dirname(env.realPath ?? env.path), decodeURI(file)));
      if (found.startsWith("..") || !existsSync(join(root, found)))
        throw new Error(`${env.realPath ?? env.path}: dead link to ${href}`);
      const path = statSync(join(root, found)).isDirectory() ? join(found, "README.md") : found;
      if (path.endsWith(".md") && existsSync(join(root, path)) && !noPages.includes(path.split(sep)[0]!))
        token.attrSet("href", `/${placeOf(path)}${anchor === undefined ? "" : `#${anchor}`}`);
      else {
        linked.add(found);
        token.attrSet("href", `/source/${found}.txt`);
        token.attrSet("target", "_blank");
      }
    }
  });
}

/** Copies what pages link to; of a folder, the list of its files. */
export function copySources({ outDir }: SiteConfig): void {
  for (const path of linked) {
    const from = join(root, path);
    const text = statSync(from).isDirectory() ? readdirSync(from).join("\n") : readFileSync(from);
    const to = join(outDir, "source", `${path}.txt`);
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, text);
  }
}
