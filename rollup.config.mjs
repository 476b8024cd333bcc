// tsc has already emitted dist/*.js; Rollup only makes the two files for script tags and import maps.
import { readFileSync } from "node:fs";
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
    map.sourcesContent = map.sources.map((source) =>
      readFileSync(new URL(source, `file://${id}`), "utf8"),
    );
    return { code: readFileSync(id, "utf8").replace(/\/\/# sourceMappingURL=\S+\s*$/, ""), map };
  },
};

/** `module: true` on the IIFE would let terser delete the global as unused. */
const output = (format, file) => ({
  format,
  file,
  banner,
  sourcemap: true,
  plugins: [terser({ ecma: 2020, module: format === "es", format: { comments: /^!/ } })],
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
