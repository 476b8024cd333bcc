/** Makes what belongs to a workload of a size once, so that no run pays for it. */
export function remember(make) {
  const made = new Map();
  return (name, scale) => {
    const key = `${name} ${scale}`;
    if (!made.has(key)) made.set(key, make(name, scale));
    return made.get(key);
  };
}
