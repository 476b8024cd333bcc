import { nodeResolve } from "@rollup/plugin-node-resolve";
import terser from "@rollup/plugin-terser";
import { rollup } from "rollup";

/** One import as one minified ES module for a browser. */
export async function bundle(code, plugins = [terser({ ecma: 2020, module: true })]) {
  const input = new URL("../virtual-entry.js", import.meta.url).pathname;
  const virtual = {
    name: "virtual-entry",
    resolveId: (id) => (id === input ? id : null),
    load: (id) => (id === input ? code : null),
    // Node's own modules are not there; what needs them at once is no client for a page.
  };
  const build = await rollup({ input, plugins: [virtual, nodeResolve({ browser: true })], onwarn() {} });
  const { output } = await build.generate({ format: "es", inlineDynamicImports: true, plugins });
  await build.close();
  return output[0].code;
}
