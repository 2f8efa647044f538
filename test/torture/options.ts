/** How one torture is run. */
export interface TortureOptions {
  readonly seconds: number;
  readonly clients: number;
  readonly keys: number;
  readonly gateways: number;
  readonly seed: number;
  readonly writeThrough: boolean;
}
