import { createRequire } from "node:module";
import { join } from "node:path";
import { compile } from "svelte/compiler";
import type { Plugin } from "vitest/config";

const root = join(import.meta.dirname, "../..");
const older = createRequire(join(root, "test/older/package.json"));

type Compile = (source: string, options: object) => { js: { code: string; map: unknown } };

/** Compiles the components of tests. */
const svelte = (compiler: Compile, options: object): Plugin => ({
  name: "svelte",
  transform(code, id) {
    if (!id.endsWith(".svelte")) return undefined;
    const { js } = compiler(code, { filename: id, ...options });
    return { code: js.code, map: js.map as null };
  },
});

interface Frameworks {
  vite: {
    plugins: Plugin[];
    optimizeDeps: { include: string[]; exclude?: string[] };
    resolve?: { alias: { find: RegExp; replacement: string }[] };
    define?: Record<string, string>;
  };
  provide: { react: number; svelte: number };
}

const react = ["react", "react-dom", "react-dom/client", "react-dom/server"];

/** The frameworks of the adapters as pages get them: those that the repository has, found beforehand. */
export const current: Frameworks = {
  vite: {
    plugins: [svelte(compile, { generate: "client" })],
    // Found while the tests run they would reload the page.
    optimizeDeps: {
      include: [
        ...react,
        "vue",
        "svelte",
        "svelte/store",
        "svelte/legacy",
        "svelte/internal/client",
        "svelte/internal/disclose-version",
        "svelte/internal/flags/legacy",
      ],
    },
    define: {
      __VUE_OPTIONS_API__: "false",
      __VUE_PROD_DEVTOOLS__: "false",
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false",
    },
  },
  provide: { react: 19, svelte: 5 },
};

/** The same on the server. */
export const onServer: Plugin = svelte(compile, { generate: "server" });

/** The older majors of `test/older`. */
export const olderMajors: Frameworks = {
  vite: {
    plugins: [svelte((older("svelte/compiler") as { compile: Compile }).compile, { generate: "dom" })],
    // As aliases they would be there twice.
    optimizeDeps: { include: react, exclude: ["svelte", "svelte/internal", "svelte/store"] },
    resolve: {
      alias: [
        { find: /^svelte\/legacy$/, replacement: join(import.meta.dirname, "svelte-legacy.ts") },
        {
          find: /^svelte(\/internal|\/internal\/disclose-version|\/store|)$/,
          replacement: join(root, "test/older/node_modules/svelte/src/runtime$1/index.js"),
        },
        { find: /^(react|react-dom)(?=$|\/)/, replacement: join(root, "test/older/node_modules/$1") },
      ],
    },
  },
  provide: { react: 18, svelte: 4 },
};
