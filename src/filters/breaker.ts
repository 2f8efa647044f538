import { CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen } from 'cockatiel';
import { BackendUnavailable } from '../backends/backend.js';
import type { S3Filter, S3Request, S3Service } from '../s3/message.js';
import type { Clock } from '../system/clock.js';
import type { Logger } from '../system/logger.js';
import { isTransportFailure } from './transport-failure.js';

export interface BreakerOptions {
  /** The backend's name, for errors and the log. */
  readonly backend: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Is told when the backend begins not to be asked, and when it is asked again. */
  readonly onChange?: (isOpen: boolean) => void;
}

/** Transport failures without an answer between them that open the circuit. */
const MAX_FAILURES = 5;
/** How long an open circuit does not try the backend, in milliseconds. */
const OPEN_MS = 10_000;
/** How long the backend has for its answer when it is tried, in milliseconds. */
const TRIAL_MS = 5_000;

/**
 * Stops asking a backend that does not answer: after 5 transport failures in a row every request is refused at once, for
 * 10 s and then until a HeadBucket of the breaker's own has an answer. No client waits for that trial, and none is it: an
 * upload may last for hours. The refusal is BackendUnavailable `circuit-open`, with nothing sent.
 */
export const breaker =
  ({ backend, clock, log, onChange }: BreakerOptions): S3Filter =>
  (service) => {
    const circuit = createCircuit();
    circuit.onBreak(() => {
      log.warn({ backend }, 'the backend does not answer and is not asked for a while');
      onChange?.(true);
    });
    circuit.onReset(() => {
      log.info({ backend }, 'the backend answers again');
      onChange?.(false);
    });
    const refusal = () => new BackendUnavailable(backend, 'circuit-open', false);
    const trial = () => tryOut(service, { clock, tooLate: new BackendUnavailable(backend, 'timeout', true) });

    return async (request) => {
      if (circuit.state === CircuitState.Closed) return circuit.execute(() => service(request));
      // How the trial ends is for the circuit alone.
      if (circuit.state === CircuitState.Open) circuit.execute(trial).catch(() => undefined);
      throw refusal();
    };
  };

/** It reads the time of the process: cockatiel takes no clock. */
const createCircuit = () =>
  circuitBreaker(handleWhen(isTransportFailure), {
    halfOpenAfter: OPEN_MS,
    breaker: new ConsecutiveBreaker(MAX_FAILURES),
  });

async function tryOut(
  service: S3Service,
  { clock, tooLate }: { readonly clock: Clock; readonly tooLate: Error },
): Promise<void> {
  const late = new AbortController();
  const deadline = clock.after(TRIAL_MS, () => late.abort(tooLate));
  try {
    await service(headBucket(late.signal));
  } finally {
    deadline.cancel();
  }
}

const headBucket = (signal: AbortSignal): S3Request => ({
  operation: 'HeadBucket',
  method: 'HEAD',
  bucket: '',
  key: '',
  query: [],
  headers: {},
  signal,
});
