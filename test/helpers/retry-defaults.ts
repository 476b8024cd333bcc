/** The defaults of `retry`, as the contract has them. */
export const retryDefaults = {
  initialDelay: 1000,
  factor: 2,
  maxDelay: 30_000,
  jitter: 0.5,
  maxRetries: Infinity,
  maxElapsedTime: Infinity,
  resetAfter: 5000,
};
