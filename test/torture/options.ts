/** When clients' writes go to both stores: never, always, or in the middle of the run. */
export const WRITE_THROUGH = ['off', 'on', 'switched'] as const;

/** How one torture is run. */
export interface TortureOptions {
  readonly seconds: number;
  readonly clients: number;
  readonly keys: number;
  readonly gateways: number;
  readonly seed: number;
  readonly writeThrough: (typeof WRITE_THROUGH)[number];
}
