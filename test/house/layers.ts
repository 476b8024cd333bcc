/**
 * The folders that a folder of `src` may import from, types included; `entries` are the files at its root. Files of one
 * folder may import each other. `docs/architecture.md` shows the same as a picture.
 */
export const mayImport: Readonly<Record<string, readonly string[]>> = {
  core: [],
  stream: ["core"],
  http: ["stream", "core"],
  connection: ["http", "stream", "core"],
  client: ["connection", "http", "stream", "core"],
  eventsource: ["connection", "http", "stream", "core"],
  shared: ["entries", "core"],
  debug: ["entries", "core"],
  testing: ["core"],
  adapters: ["entries", "core"],
};

/** The packages that a file may import. */
export const packages: Readonly<Record<string, readonly string[]>> = {
  "stream/reader.ts": ["eventsource-parser"],
  "adapters/react.ts": ["react"],
  "adapters/vue.ts": ["vue"],
  "adapters/svelte.ts": ["svelte"],
};

/** Source text without comments. Lines stay where they are. */
export function withoutComments(source: string): string {
  // Strings come first, so that "http://…" is no comment.
  return source.replaceAll(
    /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)|\/\*[^]*?\*\/|\/\/.*/g,
    (comment: string, string?: string) => string ?? comment.replaceAll(/[^\n]/g, ""),
  );
}

/** All module specifiers of a file: of imports, re-exports, `import()` and `import("…")` types. */
export function importsOf(source: string): string[] {
  const code = withoutComments(source);
  const patterns = [
    /\b(?:import|export)\b[^"'`;()=]*?\bfrom\s*["']([^"']+)["']/g,
    /\bimport\s*["']([^"']+)["']/g,
    /\bimport\s*\(\s*["'`]([^"'`]+)["'`]/g,
    /\brequire\s*\(\s*["'`]([^"'`]+)["'`]/g,
  ];
  return patterns.flatMap((pattern) => [...code.matchAll(pattern)].map(([, specifier]) => specifier!));
}
