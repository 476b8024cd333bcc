/** Lets a test wait until something has come about, without polling and without sleeping. */
export function createProgress() {
  const waiting = new Set<() => void>();
  return {
    made: (): void => waiting.forEach((look) => look()),
    until: (isSo: () => boolean): Promise<void> =>
      new Promise((resolve) => {
        const look = () => {
          if (!isSo()) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}
