import { expect } from 'vitest';

type Labels = Readonly<Record<string, string>>;

/** What Prometheus would read: the lines of the text format by name and labels. */
export class Scrape {
  readonly #values = new Map<string, number>();

  constructor(readonly text: string) {
    for (const line of text.split('\n')) {
      const [, name = '', labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      if (value !== undefined) this.#values.set(nameOf(name, labelsIn(labels)), Number(value));
    }
  }

  /** Undefined: there is no such line. */
  value(name: string, labels: Labels = {}): number | undefined {
    return this.#values.get(nameOf(name, labels));
  }

  /** The labels that lines of each name have, but the bound of a histogram's bucket. */
  get labels(): [name: string, labels: string[]][] {
    return [...this.#values.keys()].map((of) => {
      const [name = '', labels = '[]'] = of.split(/ (.*)/);
      const named: [string, string][] = JSON.parse(labels);
      return [name, named.map(([label]) => label).filter((label) => label !== 'le')];
    });
  }
}

const labelsIn = (text: string): Labels =>
  Object.fromEntries([...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));

const nameOf = (name: string, labels: Labels): string =>
  `${name} ${JSON.stringify(Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1)))}`;

/** Reads the metrics of a gateway as its own machine may. */
export async function scrape(url: string): Promise<Scrape> {
  const answer = await fetch(`${url}/_/metrics`);
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(answer.status).toBe(200);
  return new Scrape(await answer.text());
}
