import { useMutation } from '@tanstack/react-query';
import type { ShadowInput } from './buckets.js';
import { post } from './client.js';

export interface ShadowTrial {
  /** One that exists, or is to be created in `backend`. */
  readonly bucket: string;
  readonly backend?: string;
  readonly shadow: ShadowInput;
}

/** Finds out by trying whether a bucket can be moved from a shadow, and changes nothing. @throws ApiError with the reason */
export const useShadowTrial = () =>
  useMutation({ mutationFn: (trial: ShadowTrial) => post<{ ok: true }>('/shadow-trials', trial) });
