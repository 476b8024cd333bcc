// How the packaging tests bundle an entry of the folder that they are in.
export default ({ entry }) => ({
  mode: "production",
  devtool: false,
  entry: `./${entry}.js`,
  output: { path: `${process.cwd()}/bundles/webpack`, filename: `${entry}.js` },
});
