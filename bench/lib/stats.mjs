export const median = (values) => quantile(values, 0.5);

export function quantile(values, q) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)];
  return low + (sorted[Math.ceil(at)] - low) * (at % 1);
}

/** The median of the ratios round by round, with its quartiles: what a noisy machine leaves comparable. */
export function ratio(values, base) {
  const ratios = values.map((value, i) => value / base[i]).filter(Number.isFinite);
  return { median: median(ratios), low: quantile(ratios, 0.25), high: quantile(ratios, 0.75) };
}

export function showRatio({ median: middle, low, high }) {
  const digits = middle < 10 ? 2 : middle < 100 ? 1 : 0;
  return `${middle.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`;
}
