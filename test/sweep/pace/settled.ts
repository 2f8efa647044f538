/** Lets everything run that waits for no time. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));
