import { createRequire } from "node:module";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import terserPlugin from "@rollup/plugin-terser";
import { rollup, type OutputPlugin } from "rollup";
import { peers } from "./install.ts";

// Its types say CommonJS, it is none.
const terser = terserPlugin as unknown as typeof terserPlugin.default;
const made = new Map<string, Promise<string>>();
export const root = join(peers, "../..");

/** A module with all that it imports as one ES module for a page. Each is made once. */
export function bundle(code: string, folder = peers): Promise<string> {
  const key = `${folder}\n${code}`;
  const known = made.get(key) ?? make(code, folder, []);
  made.set(key, known);
  return known;
}

/** Its size as `test/house/sizes.ts` has it: minified, and compressed by brotli. */
export async function sizeOf(code: string, folder = peers): Promise<number> {
  return brotliCompressSync(await make(code, folder, [terser({ ecma: 2020, module: true })])).length;
}

async function make(code: string, folder: string, plugins: OutputPlugin[]): Promise<string> {
  const input = join(folder, "virtual-entry.js");
  const virtual = {
    name: "virtual-entry",
    resolveId: (id: string) => (id === input ? id : null),
    load: (id: string) => (id === input ? code : null),
  };
  const build = await rollup({
    input,
    plugins: [virtual, nodeResolve({ browser: true })],
    onwarn(warning) {
      // fetch-event-source and event-source-polyfill look at `this`.
      if (warning.code !== "THIS_IS_UNDEFINED") throw new Error(warning.message);
    },
  });
  const { output } = await build.generate({ format: "es", inlineDynamicImports: true, plugins });
  await build.close();
  return output[0].code;
}

/** A package as a page imports it by its name. */
export function packageForPages(name: string): Promise<string> {
  if (name.startsWith("everspring")) return bundle(`export * from "${name}";`, root);
  // A file of before ES modules: it leaves its classes in globals.
  if (name === "event-source-polyfill")
    return bundle(
      `import "${name}";\nexport const { EventSourcePolyfill, NativeEventSource } = globalThis;\n`,
    );
  const path = createRequire(join(peers, "package.json")).resolve(name);
  return bundle(
    `export * from "${name}";${/reconnecting/.test(path) ? `export { default } from "${name}";` : ""}`,
  );
}
