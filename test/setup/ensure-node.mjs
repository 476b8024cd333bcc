// Runs before the tests and the demo, under whatever Node npm found; so it uses nothing newer than Node 18.
// 22.18 is the first Node that runs TypeScript files without a flag; the package itself asks for 22.12.
const [major, minor] = process.versions.node.split(".").map(Number);

if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `everspring needs Node 22.18 or newer for its tests and demo and found ${process.version}: the "node" devDependency ` +
      `(24) was not installed; allow its install script (npm 12: npm approve-scripts node, then npm ci) or use Node 24\n`,
  );
  process.exitCode = 1;
}
