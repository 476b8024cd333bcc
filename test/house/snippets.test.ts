import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveExampleHosts, type ExampleHosts } from "../helpers/example-hosts.ts";
import { extractSnippets, openWorkshop, type Snippet } from "../helpers/snippets.ts";

const fence = "```";
const snippet = (code: string, language: Snippet["language"] = "ts"): Snippet => ({
  place: `fixture.md:${++places}`,
  language,
  code,
  typesOnly: false,
});
let places = 0;

describe("the blocks of a Markdown text", () => {
  test("are those in js and ts, with the line that they begin in", () => {
    const text = `# A\n\n${fence}js\nlet a;\n${fence}\n\n${fence}sh\nls\n${fence}\n\n${fence}ts\nlet b;\n\nlet c;\n${fence}\n`;
    expect(extractSnippets(text, "a.md")).toEqual([
      { place: "a.md:3", language: "js", code: "let a;\n", typesOnly: false },
      { place: "a.md:11", language: "ts", code: "let b;\n\nlet c;\n", typesOnly: false },
    ]);
  });

  test("obey the comments directly before them, and no other block does", () => {
    const text = `<!-- types-only -->\n<!-- with: declare const x: 1; -->\n\n${fence}ts\nx;\n${fence}\n${fence}ts\n1;\n${fence}\n<!-- types-only -->\nText\n${fence}ts\n2;\n${fence}`;
    expect(extractSnippets(text, "a.md").map(({ code, typesOnly }) => [code, typesOnly])).toEqual([
      ["declare const x: 1;\nx;\n", true],
      ["1;\n", false],
      ["2;\n", false],
    ]);
  });

  test("may be indented, and hold fences of another length", () => {
    const text = `- A\n  ${fence}\`md\n  ${fence}js\n  no\n  ${fence}\n  ${fence}\`\n  ${fence}js\n  if (1) {\n    2;\n  }\n  ${fence}\n`;
    expect(extractSnippets(text, "a.md").map(({ code }) => code)).toEqual(["if (1) {\n  2;\n}\n"]);
  });

  test("must end", () => {
    expect(() => extractSnippets(`${fence}js\n1;\n`, "a.md")).toThrow("a.md:1: the block has no end");
  });
});

describe("in the workshop", () => {
  const workshop = openWorkshop();
  let hosts: ExampleHosts;
  beforeAll(async () => {
    hosts = await serveExampleHosts();
  });
  afterAll(async () => {
    await hosts[Symbol.asyncDispose]();
    workshop[Symbol.dispose]();
  });

  test("types are checked in both languages, each block by itself", async () => {
    const good = snippet('import { json } from "everspring";\nconst a: unknown = json("1");\n');
    const same = snippet('const a = "another a";\n', "js");
    const bad = snippet('import { json } from "everspring";\njson(1);\n');
    const badToo = snippet('import { jason } from "everspring";\n', "js");
    const errors = await workshop.check([good, same, bad, badToo]);
    expect([...errors.keys()]).toEqual([bad.place, badToo.place]);
    expect(errors.get(bad.place)![0]).toContain("(2,6): error TS2345");
  });

  test("a subscription is resumed and ends by itself", async () => {
    const code = `import { createEventSource, json } from "everspring";
const source = createEventSource<{ tick: { price: number } }>("https://example.com/prices", { decode: json });
source.on("tick", ({ lastEventId, data }) => console.log(lastEventId, data.price));
`;
    expect(await workshop.run(snippet(code), hosts.origins)).toEqual({
      code: 0,
      stdout: "1 101\n2 102\n3 103\n4 104\n5 105\n",
      stderr: "",
    });
  });

  test("what throws shows", async () => {
    const { code, stderr } = await workshop.run(
      snippet('throw new Error("of the block");\n', "js"),
      hosts.origins,
    );
    expect(code).toBe(1);
    expect(stderr).toContain("of the block");
  });
});
