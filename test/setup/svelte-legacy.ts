/** `svelte/legacy`, which makes components of Svelte 5 look like those of Svelte 4, for Svelte 4. */
export function createClassComponent<Options extends { component: new (options: Options) => unknown }>(
  options: Options,
): unknown {
  return new options.component(options);
}
