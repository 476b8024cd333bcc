type Fn = (...args: never[]) => unknown;

/** A function that calls another one, which can be replaced. */
export type StandIn = Fn & { readonly replace: (next: Fn) => void };

/**
 * The stand-ins for `onUnauthorized`, by the functions that they call. The core shares calls in flight by the identity of the
 * function, so components that pass the same function must pass the same stand-in to their clients.
 */
const standIns = /* @__PURE__ */ new WeakMap<Fn, StandIn>();

function standInFor(fn: Fn): StandIn {
  let latest = fn;
  const standIn: StandIn =
    standIns.get(fn) ??
    Object.assign((...args: never[]) => latest(...args), {
      replace(next: Fn) {
        latest = next;
        if (!standIns.has(next)) standIns.set(next, standIn);
      },
    });
  standIns.set(fn, standIn);
  return standIn;
}

/**
 * The same options with functions that call the latest function of that name. `onUnauthorized` becomes a {@link StandIn}, since
 * components that share the function share one call.
 */
export function withLatest(options: object, latest: () => object): object {
  const stable = Object.entries(options).map(([name, value]: [string, unknown]) => {
    const current = () => (latest() as Record<string, never>)[name]!;
    if (name === "retry" && value) return [name, withLatest(value, current)];
    if (typeof value !== "function") return [name, value];
    if (name === "onUnauthorized") return [name, standInFor(value as Fn)];
    const call: Fn = (...args) => (current() as Fn)(...args);
    return [name, Object.assign(call, value)]; // the decoder of `schemas` carries the names of its events
  });
  return Object.fromEntries(stable) as object;
}
