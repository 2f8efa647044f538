/** For the end of a wait that `signal` may cut short: what else it rejects with is thrown. */
export const unlessAborted = (signal: AbortSignal) => (error: unknown) => {
  if (!signal.aborted) throw error;
};
