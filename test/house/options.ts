// The generated parts of docs/options.md: every option as the comments in src describe it.
// `node test/house/options.ts` prints the page, with `--write` it also writes it.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readCodes, readInterface, type Member } from "./tsdoc.ts";

const file = join(import.meta.dirname, "../../docs/options.md");
const codes = readCodes();

/** Who takes which of the common options. */
const takers = [
  { name: "createEventSource", options: "EventSourceOptions" },
  { name: "fetchEvents", options: "FetchEventsOptions" },
  { name: "readEvents", options: "ReadEventsOptions" },
] as const;

/** What a comment says of the default: `"follow"`, `1000`, `off`. Without a word there is none. */
export function defaultOf({ text, isRequired }: Member): string {
  const said = /\bDefault:? ((?:`[^`]*`|[^.;:,`]|\.(?=\S))+)/.exec(text)?.[1]?.trim();
  return said ?? (isRequired ? "none: required" : "not set");
}

/** What a number counts. All times are in ms. */
export function unitOf({ type, text }: Member): string | undefined {
  if (!/\bnumber\b/.test(type)) return undefined;
  const words = /\b(ms|characters|events|retries|share|delay|time since|this long)\b/i;
  const word = words.exec(text.replaceAll(/`[^`]*`/g, ""))?.[1]?.toLowerCase();
  return word && /delay|time|long/.test(word) ? "ms" : word;
}

/** The codes of `EventSourceError` that a comment names. */
export function codesOf({ text }: Member): string[] {
  return codes.filter((code) => text.includes(`\`${code}\``));
}

/** What a comment says beyond that. */
function meaningOf(member: Member): string {
  const said = `Default ${defaultOf(member)}.`;
  return member.text.endsWith(said) ? member.text.slice(0, -said.length).trim() : member.text;
}

/** The page with its generated parts made anew. */
export function generated(page: string): string {
  const part = /(<!-- options: (\w+)(?: (\w+))? -->\n)[^]*?(<!-- \/options -->)/g;
  if (!part.test(page)) throw new Error("The page has no <!-- options: … --> and <!-- /options --> lines");
  return page.replaceAll(part, (_, before: string, name: string, how: string | undefined, after: string) => {
    const made = name === "overview" ? overview() : (how && renderers[how] ? renderers[how] : sections)(name);
    return `${before}\n${made}\n\n${after}`;
  });
}

const renderers: Record<string, (name: string) => string> = {
  table: (name) => rows(readInterface(name).members),
  members: (name) => context(readInterface(name).members),
  retry: (name) => sections(name, "retry."),
  own,
};

function overview(): string {
  const by = takers.map(({ options }) => readInterface(options).members.map(({ name }) => name));
  return [
    `| option | default | ${takers.map(({ name }) => `\`${name}\``).join(" | ")} |`,
    `| --- | --- | ${takers.map(() => "---").join(" | ")} |`,
    ...readInterface("EventSourceOptions").members.map((member) =>
      [
        `| [\`${member.name}\`](#${member.name.toLowerCase()})`,
        defaultOf(member),
        ...by.map((names) => (names.includes(member.name) ? "yes" : "")),
      ]
        .join(" | ")
        .concat(" |"),
    ),
  ].join("\n");
}

/** A heading for each option, its facts in a line, and what the comment says. */
function sections(name: string, prefix = ""): string {
  return readInterface(name)
    .members.map((member) => {
      const unit = unitOf(member);
      const facts = [
        `\`${member.type}\`${unit ? ` (${unit})` : ""}`,
        `default: ${defaultOf(member)}`,
        ...(codesOf(member).length
          ? [
              `errors: ${codesOf(member)
                .map((code) => `\`${code}\``)
                .join(", ")}`,
            ]
          : []),
        ...member.see.map((link) => `[the standard](${link})`),
      ];
      return `### \`${prefix}${member.name}\`\n\n${facts.join(" · ")}\n\n${meaningOf(member)}`;
    })
    .join("\n\n");
}

const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n\n", " ");

function rows(members: readonly Member[]): string {
  return [
    "| option | type | default | |",
    "| --- | --- | --- | --- |",
    ...members.map((member) => {
      const unit = unitOf(member);
      const type = `\`${cell(member.type)}\`${unit ? ` (${unit})` : ""}`;
      return `| \`${member.name}\` | ${type} | ${cell(defaultOf(member))} | ${cell(meaningOf(member))} |`;
    }),
  ].join("\n");
}

/** What is given, not set: it has no default. */
function context(members: readonly Member[]): string {
  return [
    "| | type | |",
    "| --- | --- | --- |",
    ...members.map((member) => `| \`${member.name}\` | \`${member.type}\` | ${cell(member.text)} |`),
  ].join("\n");
}

/** Only what a set of options has beyond those of `createEventSource`, or says of them by itself. */
function own(name: string): string {
  const common = readInterface("EventSourceOptions").members;
  return rows(
    readInterface(name).members.filter(
      ({ name: option, text }) => common.find((one) => one.name === option)?.text !== text,
    ),
  );
}

if (process.argv[1] === import.meta.filename) {
  const page = generated(readFileSync(file, "utf8"));
  if (process.argv.includes("--write")) writeFileSync(file, page);
  else process.stdout.write(page);
}
