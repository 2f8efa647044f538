import type { Clock } from '../system/clock.js';
import { messageOf } from '../system/thrown.js';
import type { MetricReading } from './metrics/cells.js';
import type { Recent, RecentWish } from './recent/recent.js';
import type { Load } from './shedding.js';

/** What one process has measured, or several as one. */
export type Readings = readonly MetricReading[];

/** With `shared` what all gateways have in common, too: of one process alone, or it would count as often as there are processes. */
export interface ReadingsWish {
  readonly shared: boolean;
}

/** What a process can be asked for: a worker for its own, the process that has started it for that of all workers. */
export interface Measured {
  metrics(of: ReadingsWish): Promise<Readings>;
  recent(of: RecentWish): Promise<Recent>;
}

/** What a worker is asked for besides. */
export interface Loaded {
  /** Undefined of one that takes no connections. */
  load(): Promise<Load | undefined>;
}

type Asked =
  | ({ readonly about: 'metrics' } & ReadingsWish)
  | ({ readonly about: 'recent' } & RecentWish)
  | { readonly about: 'load' };

export type Question = { readonly question: number } & Asked;

export type Answer = { readonly answer: number } & (
  | { readonly told: unknown }
  | { readonly failure: string }
);

/** Another process of the same gateway did not tell what it was asked for. */
export class NotTold extends Error {
  override readonly name = 'NotTold';
}

/** How long the other process may take, ms: less than Prometheus waits. */
const ANSWER_MS = 3_000;

/** Questions to another process over the channel between a worker and the one that started it. @throws NotTold when that fails, has gone, or takes longer than 3 s */
export class Inquiries implements Measured, Loaded {
  #last = 0;
  readonly #open = new Map<number, { resolve(told: unknown): void; reject(error: Error): void }>();

  constructor(
    private readonly send: (question: Question) => void,
    private readonly clock: Clock,
  ) {}

  metrics(of: ReadingsWish): Promise<Readings> {
    return this.#ask({ ...of, about: 'metrics' });
  }

  recent(of: RecentWish): Promise<Recent> {
    return this.#ask({ ...of, about: 'recent' });
  }

  load(): Promise<Load | undefined> {
    return this.#ask({ about: 'load' });
  }

  /** The other process is of this program, and answers what it was asked. */
  async #ask<Told>(asked: Asked): Promise<Told> {
    this.#last += 1;
    const question = this.#last;
    const late = this.clock.after(ANSWER_MS, () =>
      this.take({ answer: question, failure: `no answer within ${ANSWER_MS} ms` }),
    );
    try {
      return (await new Promise((resolve, reject) => {
        this.#open.set(question, { resolve, reject });
        // What is asked for may itself have come as a question, with a number of its own.
        this.send({ ...asked, question });
      })) as Told;
    } finally {
      late.cancel();
      this.#open.delete(question);
    }
  }

  take(answer: Answer): void {
    const open = this.#open.get(answer.answer);
    if ('failure' in answer) open?.reject(new NotTold(answer.failure));
    else open?.resolve(answer.told);
  }

  /** No answer comes any more. */
  fail(reason: string): void {
    for (const answer of this.#open.keys()) this.take({ answer, failure: reason });
  }
}

/** Never rejects. The process that has started workers has no load, and is not asked for one. */
export async function answerTo(question: Question, measured: Measured & Partial<Loaded>): Promise<Answer> {
  const { question: answer } = question;
  try {
    return { answer, told: await toldOf(question, measured) };
  } catch (error) {
    return { answer, failure: messageOf(error) };
  }
}

function toldOf(question: Question, measured: Measured & Partial<Loaded>): Promise<unknown> | undefined {
  switch (question.about) {
    case 'metrics':
      return measured.metrics(question);
    case 'recent':
      return measured.recent(question);
    case 'load':
      return measured.load?.();
  }
}
