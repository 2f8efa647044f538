import type { Owner } from '../../s3/xml/owner.js';

/** Who owns every bucket and object of a store that has no accounts. */
export const OWNER: Owner = { id: 'penumbra', displayName: 'penumbra' };
