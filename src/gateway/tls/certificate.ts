import type { Clock } from '../../system/clock.js';
import type { Logger } from '../../system/logger.js';
import { errorOf } from '../../system/thrown.js';
import { describePair, type Pair, readPair, type TlsFiles } from './pair.js';

export interface CertificateOptions {
  readonly files: TlsFiles;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

/** How often the files are looked at, ms. */
const LOOK_MS = 2_000;

/**
 * The certificate that is served. Its files are read again and again rather than watched: they are replaced by links that are turned to others, of the files
 * (certbot) or of the folder that they are in (Kubernetes), which a watch of the files does not see.
 */
export class Certificate {
  #stopped = false;
  #timer: { cancel(): void } | undefined;
  /** What was wrong with the files when they were looked at last, and whether that was told. */
  #problem: { readonly message: string; readonly isTold: boolean } | undefined;

  private constructor(
    private serving: Pair,
    private readonly options: CertificateOptions,
  ) {}

  /** @throws ConfigError when the files cannot be served */
  static async open(options: CertificateOptions): Promise<Certificate> {
    const certificate = new Certificate(await readPair(options.files), options);
    certificate.#tell('serving TLS');
    return certificate;
  }

  get pair(): Pair {
    return this.serving;
  }

  /** Has each new pair served by `serve`, until stopped. One that cannot be is told, and the old one stays. */
  follow(serve: (pair: Pair) => void): void {
    this.#timer = this.options.clock.after(LOOK_MS, () => void this.#look(serve));
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  async #look(serve: (pair: Pair) => void): Promise<void> {
    try {
      const pair = await readPair(this.options.files);
      this.#problem = undefined;
      if (!this.#stopped && !isSame(pair, this.serving)) this.#renew(pair, serve);
    } catch (error) {
      this.#note(errorOf(error));
    }
    if (!this.#stopped) this.follow(serve);
  }

  #renew(pair: Pair, serve: (pair: Pair) => void): void {
    serve(pair);
    this.serving = pair;
    this.#tell('the certificate was renewed');
  }

  /** The two files are replaced one after the other: what is gone at the next look was no problem. */
  #note({ message }: Error): void {
    const before = this.#problem?.message === message ? this.#problem : undefined;
    if (before && !before.isTold)
      this.options.log.warn(
        { reason: message },
        'the new certificate cannot be served; the old one still is',
      );
    this.#problem = { message, isTold: before !== undefined };
  }

  #tell(event: string): void {
    const { clock, log } = this.options;
    const described = describePair(this.serving);
    if (Date.parse(described.validTo) <= clock.now()) log.warn(described, `${event}; it has expired`);
    else log.info(described, event);
  }
}

const isSame = (one: Pair, other: Pair): boolean => one.cert === other.cert && one.key === other.key;
