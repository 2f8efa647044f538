const listenersOf = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Those who are called once when the signal aborts, for each to add itself and to delete itself when it is done; none may throw. For signals that many listen to at once, or one after the
 * other: an EventTarget goes through all of its listeners for each that comes or goes.
 */
export function abortListeners(signal: AbortSignal): Set<() => void> {
  const known = listenersOf.get(signal);
  if (known) return known;
  const listeners = new Set<() => void>();
  listenersOf.set(signal, listeners);
  const callAll = () => {
    for (const listener of listeners) listener();
  };
  signal.addEventListener('abort', callAll, { once: true });
  return listeners;
}
