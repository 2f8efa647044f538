import { StepFailed } from '../bucket-moves.js';
import type { Step } from '../step.js';

/**
 * Whether nothing of what clients wrote is under way any more: true at once for a job that lets them write.
 *
 * @throws StepFailed when that takes too long: clients are not to be refused for good
 */
export async function isArmed(step: Step): Promise<boolean> {
  const { job, bucket, moves, clock } = step;
  if (job.settings.writes === 'live' || job.armedAt !== undefined) return true;
  const waiting = await moves.waitingFor(bucket);
  if (waiting.length > 0) return waited(step, waiting);
  await step.commit((now, kept) => ({ job: { ...now, armedAt: clock.now() }, bucket: kept }));
  return true;
}

/** Of gateways that have not heard of the gate it is known when they are gone; others may take long to end what they have. */
async function waited(
  { job, bucket, moves, clock, drainMs, times }: Step,
  waiting: readonly string[],
): Promise<false> {
  const elapsed = clock.now() - (job.gatedAt ?? clock.now());
  if (elapsed < drainMs) return false;
  const unheard = new Set(await moves.unheardBy(bucket));
  if (waiting.every((one) => unheard.has(one)) && elapsed < drainMs + times.leaseMs) return false;
  const seconds = Math.round(elapsed / 1_000);
  throw new StepFailed(`writes that were under way did not end within ${seconds} s: ${waiting.join(', ')}`);
}
