/** The layers of the house, from the ground up. A file imports from strictly lower layers only, types included. */
export const layers: readonly (readonly string[])[] = [
  ["types", "errors", "clock", "emitter", "decode", "iterate", "page", "body", "handlers", "message-event"]
    // what "testing" and "debug" are made of
    .concat("testing-wire", "testing-line", "debug-redact"),
  ["http", "reader", "retry", "interpret", "error-event", "deadline", "status", "request-options"].concat(
    "testing-script",
    "testing-server",
  ),
  ["fetch-transport", "native"],
  ["connection", "options", "eventsource-init"],
  ["choose-transport", "event-source-client"],
  ["client", "stream", "eventsource"],
  ["index", "polyfill"],
  ["shared-log", "shared-key"],
  ["shared-message"],
  ["shared-world", "shared-source"],
  ["shared-parts"],
  ["shared-hub", "shared-member"],
  ["shared-client"],
  ["shared"],
  ["debug-record", "debug-traceable"],
  ["debug-teller"],
  ["debug-hints", "debug-fetch"],
  ["debug-trace"],
  ["global", "lifecycle", "resume", "debug", "binding", "testing"],
  ["react", "vue", "svelte"],
];

/**
 * The optional entries, each with the files that begin with its name, and what they may import besides those: the public
 * interface, and what the adapters share. Nobody else knows them.
 */
export const optional: Readonly<Record<string, readonly string[]>> = {
  lifecycle: ["index"],
  resume: ["index"],
  debug: ["index"],
  shared: ["index"],
  testing: [],
  binding: ["index"],
  react: ["binding", "index"],
  vue: ["binding", "index"],
  svelte: ["binding", "index"],
};

/** The packages that a file may import. */
export const packages: Readonly<Record<string, readonly string[]>> = {
  reader: ["eventsource-parser"],
  react: ["react"],
  vue: ["vue"],
  svelte: ["svelte"],
};

/** `connection.ts` is given its transport. */
export const transports: readonly string[] = ["fetch-transport", "native"];

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
