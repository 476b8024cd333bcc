import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { furnish } from "./example-folder.ts";
import { stream, type Answer } from "./server.ts";

/** A js or ts block of a Markdown file. */
export interface Snippet {
  /** Where it is, such as `README.md:13`. */
  readonly place: string;
  readonly language: "js" | "ts";
  readonly code: string;
  /** `<!-- types-only -->` stands before it, or it is a file of a guide: it compiles and is not run by itself. */
  readonly typesOnly: boolean;
  /** `<!-- migrate: … -->` stands before it: the test of the migration guides runs it (test/peers). */
  readonly claimed?: true;
}

const root = join(import.meta.dirname, "../..");
const languages: Record<string, Snippet["language"]> = {
  js: "js",
  javascript: "js",
  mjs: "js",
  ts: "ts",
  typescript: "ts",
  mts: "ts",
};

/**
 * Finds the js and ts blocks of a Markdown text. Comments directly before a block are for us: `<!-- types-only -->`,
 * `<!-- file: name -->` for one that the reader saves (see test/packaging/guide.test.ts), `<!-- migrate: … -->` for one of a
 * migration guide, and `<!-- with: code -->` for what the reader is not bothered with, such as a declaration of the reader's
 * own function.
 */
export function extractSnippets(markdown: string, file: string): Snippet[] {
  const snippets: Snippet[] = [];
  let comments: string[] = [];
  const lines = markdown.split("\n");
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    const [, indent, fence, info] = /^(\s*)(`{3,}|~{3,})\s*([\w-]*)/.exec(line) ?? [];
    if (fence === undefined) {
      const [, comment] = /^\s*<!--\s*(.*?)\s*-->\s*$/.exec(line) ?? [];
      if (comment !== undefined) comments.push(comment);
      else if (line.trim()) comments = [];
      continue;
    }
    const place = `${file}:${i + 1}`;
    const code: string[] = [];
    const isEnd = (text: string) => text.trim().startsWith(fence) && !text.trim().replaceAll(fence[0]!, "");
    for (i++; i < lines.length && !isEnd(lines[i]!); i++)
      code.push(lines[i]!.startsWith(indent!) ? lines[i]!.slice(indent!.length) : lines[i]!);
    if (i === lines.length) throw new Error(`${place}: the block has no end`);
    const language = languages[info!];
    const hidden = comments.filter((c) => c.startsWith("with:")).map((c) => c.slice("with:".length).trim());
    if (language)
      snippets.push({
        place,
        language,
        code: `${[...hidden, ...code].join("\n")}\n`,
        typesOnly: comments.some((comment) => /^(types-only$|file:)/.test(comment)),
        ...(comments.some((comment) => comment.startsWith("migrate:")) && { claimed: true }),
      });
    comments = [];
  }
  return snippets;
}

/** README.md and all pages of docs, in folders too. */
export function documentedPages(): string[] {
  const docs = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md") && !/(^|\/)(node_modules|\.vitepress|images)\//.test(file))
    .map((file) => `docs/${file}`)
    .toSorted();
  return ["README.md", ...docs];
}

/** The blocks of these pages, without those that another test runs (`claimed`). */
export function documentedSnippets(): Snippet[] {
  return documentedPages().flatMap((file) =>
    extractSnippets(readFileSync(join(root, file), "utf8"), file).filter(({ claimed }) => !claimed),
  );
}

/** A folder of the repository, where "everspring" is the built package itself. Git sees nothing of it. */
export interface Workshop extends Disposable {
  /** What tsc says about the blocks, by place. A block without errors is not in there. */
  check(snippets: readonly Snippet[]): Promise<Map<string, string[]>>;
  /** Runs a block, with the origins that it names replaced by those of servers here. */
  run(snippet: Snippet, origins: Readonly<Record<string, string>>): Promise<Outcome>;
}

export interface Outcome {
  /** Exit code; `null` when it had to be killed, as it did not end by itself. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function openWorkshop(): Workshop {
  const folder = mkdtempSync(join(root, "test/.snippets-"));
  writeFileSync(join(folder, ".gitignore"), "*\n");
  furnish(folder);
  const nameOf = ({ place, language }: Snippet) => `${place.replaceAll(/[^\w]+/g, "-")}.${language}`;
  return {
    async check(snippets) {
      const typed = join(folder, "types");
      mkdirSync(typed, { recursive: true });
      for (const snippet of snippets) writeFileSync(join(typed, nameOf(snippet)), snippet.code);
      const compilerOptions = {
        allowJs: true,
        checkJs: true,
        declaration: false,
        moduleDetection: "force",
        // A block that makes a value need not use it.
        noUnusedLocals: false,
        noUnusedParameters: false,
      };
      const include = ["*.js", "*.ts"];
      const config = { extends: "../../../tsconfig.json", compilerOptions, include };
      writeFileSync(join(typed, "tsconfig.json"), JSON.stringify(config));
      const tsc = join(root, "node_modules/typescript/bin/tsc");
      const { code, stdout } = await execute([tsc, "--pretty", "false", "-p", "."], typed);
      const errors = new Map<string, string[]>();
      for (const snippet of snippets) {
        const own = stdout.split("\n").filter((line) => line.startsWith(`${nameOf(snippet)}(`));
        if (own.length) errors.set(snippet.place, own);
      }
      if (code !== 0 && errors.size === 0) throw new Error(`tsc failed:\n${stdout}`);
      return errors;
    },
    run(snippet, origins) {
      const file = join(folder, nameOf(snippet));
      const code = snippet.code.replaceAll(/https?:\/\/[\w.:-]+(?=[/"'`])/g, (name) => origins[name] ?? name);
      writeFileSync(file, code);
      return execute(["--no-warnings", file], folder);
    },
    [Symbol.dispose]() {
      rmSync(folder, { recursive: true });
    },
  };
}

function execute(args: string[], cwd: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, { cwd, timeout: 30_000 }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

const ticks = [1, 2, 3, 4, 5].map((id) => {
  const data = JSON.stringify({ symbol: "EVER", price: 100 + id });
  return `id: ${id}\nevent: tick\ndata: ${data}\n\n`;
});
const messages = [1, 2, 3].map((id) => `id: ${id}\ndata: message ${id}\n\n`);
const tokens = ["Because", " water", " finds", " its", " way", "[DONE]"];

/**
 * How the server answers that the examples talk to in place of `https://example.com`. Its subscriptions break off once, are
 * resumed after `Last-Event-ID`, and then end by 204: so every example ends by itself.
 */
export const answerExample: Answer = (response, { url = "/", headers, method }) => {
  const { pathname } = new URL(url, "http://localhost");
  if (pathname === "/token") return response.end("fresh");
  if (pathname === "/chat" || method === "POST")
    return stream(response, tokens.map((token) => `data: ${token}\n\n`).join("")).end();
  // Whoever sends a token sends an old one at first.
  const { authorization } = headers;
  if (authorization !== undefined && authorization !== "Bearer fresh") return response.writeHead(401).end();
  const all = pathname === "/prices" ? ticks : messages;
  const last = Number(headers["last-event-id"] ?? 0);
  if (last >= all.length) return response.writeHead(204).end();
  const part = all.slice(last, last === 0 ? all.length - 1 : all.length);
  return stream(response, `retry: 10\n\n${part.join("")}`).end();
};
