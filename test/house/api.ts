// The public interface as a text that is checked in, so that a change of it is a visible diff.
// `node test/house/api.ts` says which reports differ from dist, with `--write` it writes them to test/house/api.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import {
  CompilerState,
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
  type ExtractorMessage,
} from "@microsoft/api-extractor";

export interface Report {
  /** The file in `test/house/api`. */
  readonly file: string;
  readonly text: string;
}

export interface Extracted {
  /** One for each entry of package.json that has types. */
  readonly reports: readonly Report[];
  /** What has no TSDoc, as `file: name`: exports, overloads, and members, also of what only the exports are made of. */
  readonly undocumented: readonly string[];
}

/** A report has what its exports are made of, too. What the main entry's has is left out of the others. */
export function withoutDeclarationsOf(main: string, text: string): string {
  const declarations = (report: string) => report.split(/(?<=\n)(?=\/\/ (?:@public|\(No ))/);
  const known = new Set(declarations(main).map((declaration) => declaration.replace(/^export /m, "")));
  return declarations(text)
    .filter((declaration, n) => n === 0 || !known.has(declaration) || declaration.startsWith("// (No "))
    .join("");
}

const root = join(import.meta.dirname, "../..");
export const folder: string = join(import.meta.dirname, "api");

/** What API Extractor, which has a compiler of its own, is to know of the project: dist, and no types but its own. */
const overrideTsconfig = {
  compilerOptions: {
    target: "es2022",
    lib: ["es2023", "esnext.disposable", "dom", "dom.iterable"],
    types: [],
    module: "nodenext",
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    noEmit: true,
  },
  files: ["dist/index.d.ts"],
};

const silent = { logLevel: ExtractorLogLevel.None, addToApiReportFile: false };
const told = { logLevel: ExtractorLogLevel.Warning, addToApiReportFile: false };

function configure(entry: string, types: string, reports: string): ExtractorConfig {
  const name = ["everspring", ...entry.split("/").slice(1)].join("-");
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(root, "package.json"),
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: join(root, types),
      compiler: { overrideTsconfig },
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: reports,
        reportTempFolder: reports,
        // What the exports are made of is public, too, such as the options that an exported interface extends.
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: "lf",
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        // Everything that is exported is public, so no tag has to say it.
        extractorMessageReporting: { default: silent, "ae-undocumented": told },
        // Our comments are Markdown for editors.
        tsdocMessageReporting: { default: silent },
      },
    },
  });
}

/** Reads dist, which was built before. */
export function extract(): Extracted {
  const { exports }: { exports: Record<string, string | { types: string }> } = JSON.parse(
    readFileSync(join(root, "package.json"), "utf8"),
  );
  const reports = mkdtempSync(join(tmpdir(), "everspring-api-"));
  try {
    const configs = Object.entries(exports).flatMap(([entry, target]) =>
      typeof target === "string" ? [] : [configure(entry, target.types, reports)],
    );
    const undocumented = new Set<string>();
    const messageCallback = (message: ExtractorMessage) => {
      message.handled = true;
      if (message.logLevel === ExtractorLogLevel.Error)
        throw new Error(message.formatMessageWithLocation(root));
      if (message.messageId !== "ae-undocumented") return;
      const [, name] = /"(.*)"/.exec(message.text)!;
      undocumented.add(`${relative(root, message.sourceFilePath!)}: ${name}`);
    };
    // One compilation for all.
    const additionalEntryPoints = configs.map((config) => config.mainEntryPointFilePath);
    const compilerState = CompilerState.create(configs[0]!, { additionalEntryPoints });
    for (const config of configs)
      Extractor.invoke(config, { localBuild: true, compilerState, messageCallback });
    // Whether something is documented is no change of the interface.
    const all = readReports(reports).map(({ file, text }) => ({
      file,
      text: text.replaceAll(/^ *\/\/ \(undocumented\)\n| \(undocumented\)$/gm, ""),
    }));
    const main = all.find(({ file }) => file === "everspring.api.md")!;
    const hidden = all.flatMap(({ text }) => [
      ...text.matchAll(/^(?:type|interface|class) (\w+?)(?:_\d)?\b/gm),
    ]);
    const names = new Set(hidden.map(([, name]) => name));
    return {
      reports: all.map((report) =>
        report === main ? main : { ...report, text: withoutDeclarationsOf(main.text, report.text) },
      ),
      undocumented: [...undocumented].filter((name) => !names.has(name.split(": ")[1])).toSorted(),
    };
  } finally {
    rmSync(reports, { recursive: true });
  }
}

export function readReports(from: string): Report[] {
  return readdirSync(from)
    .toSorted()
    .map((file) => ({ file, text: readFileSync(join(from, file), "utf8") }));
}

function main(): void {
  const { reports, undocumented } = extract();
  const kept = new Map(readReports(folder).map(({ file, text }) => [file, text]));
  for (const { file, text } of reports)
    process.stdout.write(`${file}: ${kept.get(file) === text ? "as it was" : "differs"}\n`);
  for (const name of undocumented) process.stdout.write(`without TSDoc: ${name}\n`);
  if (!process.argv.includes("--write")) return;
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  for (const { file, text } of reports) writeFileSync(join(folder, file), text);
}

if (import.meta.main) main();
