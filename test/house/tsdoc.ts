// The option interfaces of src with their doc comments, read as text: TypeScript 7 has no API for it.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const src = join(import.meta.dirname, "../../src");

export interface Member {
  readonly name: string;
  readonly isRequired: boolean;
  /** As written, without `| undefined`. */
  readonly type: string;
  /** The comment as Markdown, without its tags. */
  readonly text: string;
  /** The links of `@see`. */
  readonly see: readonly string[];
}

export interface Interface {
  readonly name: string;
  readonly text: string;
  /** Its own members and those that it inherits, in the order of the source. */
  readonly members: readonly Member[];
}

interface Declaration {
  readonly text: string;
  readonly parents: readonly string[];
  readonly omitted: readonly string[];
  readonly members: readonly Member[];
}

const declarations = new Map<string, Declaration>();
for (const file of readdirSync(src, { recursive: true, encoding: "utf8" })) {
  if (!file.endsWith(".ts")) continue;
  const code = readFileSync(join(src, file), "utf8");
  const pattern =
    /(\/\*\*(?:(?!\*\/)[^])*\*\/\n)?export interface (\w+)[^{]*?(?:extends ([^{]*))?\{(?:\}|\n([^]*?)^\})/gm;
  for (const [, comment = "", name, heritage = "", body = ""] of code.matchAll(pattern))
    declarations.set(name!, {
      text: plain(comment),
      parents: [...heritage.matchAll(/\b[A-Z]\w+/g)].map(([parent]) => parent),
      omitted: [...heritage.matchAll(/"(\w+)"/g)].map(([, omitted]) => omitted!),
      members: membersOf(body),
    });
}

/** An interface of src, with what it inherits from others there. A member that is declared again keeps its comment. */
export function readInterface(name: string): Interface {
  const declaration = declarations.get(name);
  if (!declaration) throw new Error(`src exports no interface ${name}`);
  const members = new Map<string, Member>();
  for (const parent of declaration.parents.filter((known) => declarations.has(known)))
    for (const member of readInterface(parent).members)
      if (!declaration.omitted.includes(member.name)) members.set(member.name, member);
  for (const member of declaration.members) {
    const inherited = members.get(member.name);
    members.set(member.name, member.text || !inherited ? member : { ...member, text: inherited.text });
  }
  return { name, text: declaration.text, members: [...members.values()] };
}

/** The codes of `EventSourceError`. */
export function readCodes(): string[] {
  const [, union = ""] =
    /type EventSourceErrorCode =([^;]*);/.exec(readFileSync(join(src, "core/errors.ts"), "utf8")) ?? [];
  return [...union.matchAll(/"([\w-]+)"/g)].map(([, code]) => code!);
}

function membersOf(body: string): Member[] {
  const pattern =
    /^ {2}(?:\/\*\*((?:(?!\*\/)[^])*)\*\/\n {2})?(?:readonly )?(\w+)(\??):\s+([^;]*(?:;(?!\n {2}\S|\n*$)[^;]*)*);/gm;
  return [...body.matchAll(pattern)].map(([, comment = "", name, optional, type]) => ({
    name: name!,
    isRequired: !optional,
    type: tidy(type!),
    text: plain(comment),
    see: [...comment.matchAll(/@see (\S+)/g)].map(([, link]) => link!),
  }));
}

/** A type on one line, without `undefined` and `NoInfer`, which only the compiler needs. */
function tidy(type: string): string {
  return type
    .replaceAll(/\s+/g, " ")
    .replaceAll(/(?<=\() | (?=\))|,(?= \))/g, "")
    .replace(/^\| /, "")
    .replaceAll(/ \| undefined\b/g, "")
    .replaceAll(/\bNoInfer<(\w+)>/g, "$1")
    .replace(/^\((\(.*\) => [^|]*)\)$/, "$1");
}

/** The text of a comment, a paragraph a line. */
function plain(comment: string): string {
  return comment
    .replaceAll(/^\s*\/?\*+\/? ?|\s*\*\/\s*$/gm, "")
    .replace(/(^|\n)@[^]*$/, "")
    .replaceAll(/\{@link (\w+)\}/g, "`$1`")
    .trim()
    .split(/\n{2,}/)
    .map((paragraph) => paragraph.replaceAll("\n", " "))
    .join("\n\n");
}
