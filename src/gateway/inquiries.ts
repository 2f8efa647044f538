import type { Clock } from '../system/clock.js';
import { messageOf } from '../system/thrown.js';
import type { MetricReading } from './metrics/cells.js';

/** What one process has measured, or several as one. */
export type Readings = readonly MetricReading[];

/** A worker is asked for what it has measured, with or without what all gateways share; it asks itself for what all workers have. */
export type About = 'own' | 'own and shared' | 'all';

export interface Question {
  readonly question: number;
  readonly about: About;
}

export type Answer = { readonly answer: number } & (
  | { readonly readings: Readings }
  | { readonly failure: string }
);

/** How long the other process may take, ms: less than Prometheus waits. */
const ANSWER_MS = 3_000;

/** Questions to another process over the channel between a worker and the one that started it. */
export class Inquiries {
  #last = 0;
  readonly #open = new Map<number, { resolve(readings: Readings): void; reject(error: Error): void }>();

  constructor(
    private readonly send: (question: Question) => void,
    private readonly clock: Clock,
  ) {}

  /** Rejects when the other process fails, has gone, or takes longer than 3 s. */
  async ask(about: About): Promise<Readings> {
    this.#last += 1;
    const question = this.#last;
    const late = this.clock.after(ANSWER_MS, () =>
      this.take({ answer: question, failure: `no answer within ${ANSWER_MS} ms` }),
    );
    try {
      return await new Promise<Readings>((resolve, reject) => {
        this.#open.set(question, { resolve, reject });
        this.send({ question, about });
      });
    } finally {
      late.cancel();
      this.#open.delete(question);
    }
  }

  take(answer: Answer): void {
    const open = this.#open.get(answer.answer);
    if ('readings' in answer) open?.resolve(answer.readings);
    else open?.reject(new Error(answer.failure));
  }

  /** No answer comes any more. */
  fail(reason: string): void {
    for (const answer of this.#open.keys()) this.take({ answer, failure: reason });
  }
}

/** Answers a question as `read` tells. Never rejects. */
export async function answerTo(
  { question: answer }: Question,
  read: () => Promise<Readings>,
): Promise<Answer> {
  try {
    return { answer, readings: await read() };
  } catch (error) {
    return { answer, failure: messageOf(error) };
  }
}
