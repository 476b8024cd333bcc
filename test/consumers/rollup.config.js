// How the packaging tests bundle an entry of the folder that they are in.
import { nodeResolve } from "@rollup/plugin-node-resolve";
import terser from "@rollup/plugin-terser";

const { ENTRY } = process.env;

export default {
  input: `${ENTRY}.js`,
  output: { file: `bundles/rollup/${ENTRY}.js`, plugins: [terser({ module: true })] },
  plugins: [nodeResolve({ browser: true })],
};
