import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseDocument } from "yaml";
import { commands } from "../spec/outcomes.ts";

const root = join(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(join(root, file), "utf8");

function load<T>(file: string): T {
  const document = parseDocument(read(file), { strict: true });
  expect([...document.errors, ...document.warnings], file).toEqual([]);
  return document.toJS() as T;
}

interface Step {
  readonly uses?: string;
  readonly run?: string;
}

interface Job {
  readonly needs?: string;
  readonly "timeout-minutes"?: number;
  readonly permissions?: Record<string, string>;
  readonly environment?: string;
  readonly strategy?: { matrix: { include: { runtime: string; project: string; tests: string }[] } };
  readonly steps: Step[];
}

interface Workflow {
  readonly on: unknown;
  readonly permissions: Record<string, string>;
  readonly jobs: Record<string, Job>;
}

const files = readdirSync(join(root, ".github"), { recursive: true, encoding: "utf8" });
const workflows = files.filter((file) => /^workflows\/.*\.yml$/.test(file)).map((file) => `.github/${file}`);
const runsOf = ({ steps }: Job) => steps.flatMap(({ run }) => run ?? []);
const ci = load<Workflow>(".github/workflows/ci.yml");
const publish = load<Workflow>(".github/workflows/publish.yml");

describe.each(workflows)("%s", (file) => {
  const { permissions, jobs } = load<Workflow>(file);

  test("may read the repository and nothing else, unless a job says more, and ends in time", () => {
    expect(permissions).toEqual({ contents: "read" });
    for (const job of Object.values(jobs)) expect(job["timeout-minutes"]).toBeLessThanOrEqual(40);
  });

  test("pins its actions to commits, with the release beside them", () => {
    const lines = read(file).match(/^.*\buses:.*$/gm)!;
    const steps = Object.values(jobs).flatMap((job) => job.steps.filter(({ uses }) => uses));
    expect(lines).toHaveLength(steps.length);
    for (const line of lines) expect(line).toMatch(/uses: actions\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test("runs scripts and files that there are", () => {
    const { scripts }: { scripts: Record<string, string> } = JSON.parse(read("package.json"));
    for (const run of Object.values(jobs).flatMap(runsOf)) {
      for (const [, name = "test"] of run.matchAll(/\bnpm (?:test|run ([\w:]+))/g))
        expect(Object.keys(scripts), run).toContain(name);
      for (const [path] of run.matchAll(/\btest\/[\w/.-]+/g))
        expect(existsSync(join(root, path)), run).toBe(true);
    }
  });

  test("hands nothing that others may have written to a shell as a part of its command", () => {
    for (const run of Object.values(jobs).flatMap(runsOf)) expect(run).not.toContain("${{");
  });
});

test("an action is the same commit wherever it is used", () => {
  const all = workflows.flatMap((file) => read(file).match(/actions\/[\w-]+@.*$/gm)!);
  const names = new Set(all.map((line) => line.split("@")[0]));
  expect(new Set(all).size).toBe(names.size);
});

describe("ci.yml", () => {
  const rows = ci.jobs["runtime"]!.strategy!.matrix.include;

  test("runs what README and .ci/run say, for every change", () => {
    expect(runsOf(ci.jobs["test"]!)).toContain("npm ci && npm test");
    expect(read("README.md")).toContain("npm ci && npm test");
    expect(read(".ci/run")).toContain("npm ci && npm test");
    expect(Object.keys(ci.on as object)).toEqual(["push", "pull_request"]);
  });

  test.each(Object.keys(commands))("has a row for %s", (name) => {
    const found = rows.filter(
      ({ project, tests }) => project === "packaging" && new RegExp(tests).test(name),
    );
    expect(found).toHaveLength(1);
  });

  test("has a row for every browser, and names projects that there are", () => {
    const config = read("vitest.config.ts");
    const names = [...config.matchAll(/\bname: "([\w-]+)"|\bpage\("([\w-]+)"/g)].map(([, a, b]) => a ?? b);
    const browsers = [...config.matchAll(/\bpage\("([\w-]+)"/g)].map(([, name]) => name);
    expect(browsers).toEqual(["chromium", "firefox", "webkitgtk"]);
    const projects = rows.map(({ project }) => project);
    expect(projects).toEqual(expect.arrayContaining(browsers));
    expect(names).toEqual(expect.arrayContaining(projects));
  });
});

describe("publish.yml", () => {
  const { test: tested, publish: published } = publish.jobs;

  test("tests, and publishes the very package that was packed there, with provenance and without a token", () => {
    const runs = runsOf(tested!);
    const at = (text: string) => runs.findIndex((run) => run.includes(text));
    expect(at("npm test")).toBeGreaterThan(at("changelog.ts --release"));
    expect(at("npm pack")).toBeGreaterThan(at("npm test"));
    expect(published).toMatchObject({ needs: "test", environment: "npm" });
    expect(runsOf(published!)).toEqual(["npm publish ./everspring-*.tgz --provenance --access public"]);
    expect(read(".github/workflows/publish.yml")).not.toMatch(/secrets\.|NODE_AUTH_TOKEN/);
  });

  test("lets only the job that publishes ask for an identity, and installs nothing there", () => {
    expect(tested!.permissions).toBeUndefined();
    expect(published!.permissions).toEqual({ "id-token": "write" });
    expect(published!.steps.map(({ uses = "" }) => uses.split("@")[0])).toEqual([
      "actions/setup-node",
      "actions/download-artifact",
      "",
    ]);
  });
});

interface Form {
  readonly name: string;
  readonly description: string;
  readonly body: {
    readonly type: string;
    readonly id?: string;
    readonly attributes: { readonly label?: string; readonly value?: string };
    readonly validations?: { readonly required: boolean };
  }[];
}

describe("the form for", () => {
  test.each(["bug", "feature"])("a %s says what each field is for", (name) => {
    const form = load<Form>(`.github/ISSUE_TEMPLATE/${name}.yml`);
    expect(form.name && form.description).toBeTruthy();
    const fields = form.body.filter(({ type }) => type !== "markdown");
    for (const { type, id, attributes, validations } of fields) {
      expect(["textarea", "input"]).toContain(type);
      expect(id).toMatch(/^[a-z]+$/);
      expect(attributes.label).toBeTruthy();
      expect(typeof validations!.required).toBe("boolean");
    }
    expect(new Set(fields.map(({ id }) => id)).size).toBe(fields.length);
  });

  test("a bug asks for the stream", () => {
    const [first] = load<Form>(".github/ISSUE_TEMPLATE/bug.yml").body.filter(({ id }) => id);
    expect(first).toMatchObject({ id: "stream", validations: { required: true } });
  });

  test("any other matter is there, too", () => {
    expect(load(".github/ISSUE_TEMPLATE/config.yml")).toEqual({ blank_issues_enabled: true });
  });
});

test("the links of .github lead to files", () => {
  for (const file of files.filter((name) => name.endsWith(".md")))
    for (const [, path] of read(`.github/${file}`).matchAll(/\]\((?:\.\.\/blob\/main\/)([^)#]+)\)/g))
      expect(existsSync(join(root, path!)), `${file}: ${path}`).toBe(true);
});
