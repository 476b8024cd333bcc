// tsc has already emitted dist/*.js; Rollup only makes the two files for script tags and import maps.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import terser from "@rollup/plugin-terser";

const { version } = JSON.parse(readFileSync("package.json", "utf8"));
const banner = `/*! everspring ${version} | MIT */`;

/** Rollup ignores the maps of its inputs; with this the bundles' maps lead to src/*.ts. */
const tscMaps = {
  name: "tsc-maps",
  load(id) {
    if (id.includes("node_modules") || !id.endsWith(".js")) return null;
    const map = JSON.parse(readFileSync(`${id}.map`, "utf8"));
    map.sourcesContent = map.sources.map((source) => readFileSync(new URL(source, `file://${id}`), "utf8"));
    return { code: readFileSync(id, "utf8").replace(/\/\/# sourceMappingURL=\S+\s*$/, ""), map };
  },
};

/** What the attribute `integrity` has to say of each file, printed and kept in dist/sri.json. */
const hashes = {};
const sri = {
  name: "sri",
  writeBundle({ file }) {
    const hash = `sha384-${createHash("sha384").update(readFileSync(file)).digest("base64")}`;
    hashes[basename(file)] = hash;
    process.stdout.write(`${file} ${hash}\n`);
    writeFileSync(
      join(dirname(file), "sri.json"),
      `${JSON.stringify(hashes, Object.keys(hashes).toSorted(), 2)}\n`,
    );
  },
};

/** `module: true` on the IIFE would let terser delete the global as unused. */
const output = (format, file) => ({
  format,
  file,
  banner,
  sourcemap: true,
  plugins: [
    terser({
      ecma: 2022,
      module: format === "es",
      compress: { passes: 3, hoist_funs: true },
      format: { comments: /^!/ },
    }),
    sri,
  ],
});

export default {
  input: "dist/global.js",
  plugins: [tscMaps, nodeResolve()],
  onwarn(warning) {
    throw new Error(warning.message);
  },
  output: [
    output("es", "dist/everspring.min.js"),
    { ...output("iife", "dist/everspring.global.min.js"), name: "everspring" },
  ],
};
