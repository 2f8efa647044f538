/** What the keys begin with of objects that exist only while it is tried what a store does. No client's object is to be called so. */
export const SCRATCH_PREFIX = '.penumbra-probe/';

/** Whether a key is one of those: a process that was killed leaves its object behind. */
export const isScratchKey = (key: string): boolean => SCRATCH.test(key);

const SCRATCH = /^\.penumbra-probe\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
