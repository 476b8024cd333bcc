import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const script = join(import.meta.dirname, "../setup/ensure-system.mjs");

test("npm test does not begin without its browsers, and says in one line what is missing", () => {
  const env = { ...process.env, CHROMIUM_PATH: "/no/chromium", FIREFOX_PATH: "/no/firefox" };
  const { status, stderr } = spawnSync(process.execPath, [script], { env, encoding: "utf8" });
  expect(status).toBe(1);
  expect(stderr.trim().split("\n")).toEqual([
    expect.stringMatching(/\/no\/chromium.*\/no\/firefox.*apt-get install .*chromium firefox-esr/),
  ]);
});
