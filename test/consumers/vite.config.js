// How the packaging tests bundle an entry of the folder that they are in; the mode names it.
export default ({ mode }) => ({
  logLevel: "warn",
  build: {
    outDir: "bundles/vite",
    emptyOutDir: false,
    modulePreload: false,
    rolldownOptions: { input: `${mode}.js`, output: { entryFileNames: "[name].js" } },
  },
});
