/** Exact equality of types, which tells `any` from everything else. */
export type Is<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

export type IsAny<T> = 0 extends 1 & T ? true : false;

/** Compiles only when the condition holds: `holds<Is<A, B>>()`. */
export function holds<_Condition extends true>(): void {}

/** Compiles only when it does not. */
export function fails<_Condition extends false>(): void {}
