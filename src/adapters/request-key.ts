const ids = /* @__PURE__ */ new WeakMap<object, number>();
let lastId = 0;

/**
 * A string that is equal for options that make the same request. Data is compared by value and every function equals any
 * other. Objects whose content cannot be read, such as the agent of a runtime, are compared by identity.
 */
export function requestKey(options: object): string {
  return JSON.stringify(options, (name, value: object) => {
    if (typeof value === "function") return "()";
    if (Object(value) !== value) return value;
    if (Symbol.iterator in value) return [...(value as Iterable<unknown>)];
    // By name: the constructor of an object from another realm is not our `Object`, and headers may be of any class.
    if (/^(headers|retry)$/.test(name) || (value.constructor ?? Object).name === "Object") return value;
    const id = ids.get(value) ?? ++lastId;
    ids.set(value, id);
    return id;
  });
}
