// What the pictures of docs have in common: they are read on light and on dark pages.

export const style = `
  .paper { fill: #ffffff } .ink { fill: #1f2328 } .muted { fill: #59636e } .axis { stroke: #d1d9e0 }
  .box { fill: #eef6f2; stroke: #1a7f5a } .group { fill: none; stroke: #8c959f; stroke-dasharray: 4 3 }
  .line { fill: none; stroke: #59636e; stroke-width: 1.4 } .head { fill: #59636e }
  .first { fill: #1a7f5a } .second { fill: #4f6bd6 } .limit { stroke: #cf5b52; stroke-dasharray: 4 3 }
  text { font: 14px system-ui, sans-serif } .title { font-weight: 600 } .small { font-size: 13px }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117 } .ink { fill: #f0f6fc } .muted { fill: #9198a1 } .axis { stroke: #3d444d }
    .box { fill: #14261f; stroke: #3fb98a } .group { stroke: #656c76 }
    .line { stroke: #9198a1 } .head { fill: #9198a1 }
    .first { fill: #3fb98a } .second { fill: #8ea2f0 } .limit { stroke: #e5786d }
  }`;

/** A picture of so many pixels, with what it shows in words. */
export function picture(width: number, height: number, title: string, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}">`,
    `<style>${style}\n</style>`,
    `<rect width="${width}" height="${height}" rx="6" class="paper"/>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

export function text(x: number, y: number, what: string, kind: string, anchor = "start"): string {
  return `<text x="${round(x)}" y="${round(y)}" class="${kind}" text-anchor="${anchor}">${what}</text>`;
}

export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
