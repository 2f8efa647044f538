/** A selector of an expression: which metric, and the labels that it names. */
export interface Selector {
  readonly metric: string;
  readonly labels: readonly string[];
}

/** What an expression asks for. */
export interface Asked {
  readonly selectors: readonly Selector[];
  /** Labels that something is grouped by. */
  readonly groupedBy: readonly string[];
}

const TOKEN =
  /\s*(?:(\d+(?:\.\d+)?)|("(?:[^"\\]|\\.)*")|(\[(?:\d+[smhd]|\$__rate_interval)\])|([A-Za-z_:][\w:]*)|(=~|!~|!=|==|<=|>=|[-+*/%<>=(){},]))/y;

const FUNCTIONS = new Set(['rate', 'increase', 'delta', 'histogram_quantile', 'time']);
const AGGREGATIONS = new Set(['sum', 'max', 'min', 'avg', 'count']);
const OPERATORS = new Set(['+', '-', '*', '/', '%', '==', '!=', '<', '>', '<=', '>=', 'and', 'or', 'unless']);
const MATCHERS = new Set(['=', '!=', '=~', '!~']);

/** Reads an expression of the part of PromQL that our rules and dashboards use. Throws where it is none. */
export function readExpression(text: string): Asked {
  return new Reader(text).read();
}

class Reader {
  readonly #tokens: string[];
  readonly #selectors: Selector[] = [];
  readonly #groupedBy: string[] = [];
  #at = 0;

  constructor(private readonly text: string) {
    this.#tokens = tokensOf(text);
  }

  read(): Asked {
    this.#expression();
    if (this.#at < this.#tokens.length) this.#fail('the end');
    return { selectors: this.#selectors, groupedBy: this.#groupedBy };
  }

  #expression(): void {
    this.#operand();
    while (OPERATORS.has(this.#next)) {
      this.#at += 1;
      this.#operand();
    }
  }

  #operand(): void {
    const token = this.#take();
    if (token === '(') this.#closed(() => this.#expression());
    else if (AGGREGATIONS.has(token)) this.#aggregation();
    else if (FUNCTIONS.has(token)) this.#call();
    else if (/^[A-Za-z_]/.test(token)) this.#selector(token);
    else if (!/^\d/.test(token)) this.#fail('an operand');
  }

  #aggregation(): void {
    if (this.#has('by')) this.#groupedBy.push(...this.#names());
    this.#call();
  }

  #call(): void {
    this.#expect('(');
    this.#closed(() => {
      while (this.#next !== ')') {
        this.#expression();
        this.#has(',');
      }
    });
  }

  #selector(metric: string): void {
    const labels: string[] = [];
    if (this.#has('{')) {
      while (!this.#has('}')) {
        labels.push(this.#take());
        if (!MATCHERS.has(this.#take())) this.#fail('a matcher');
        const value = this.#take();
        if (!value.startsWith('"')) this.#fail('a value');
        new RegExp(value.slice(1, -1).replaceAll('$', ''));
        this.#has(',');
      }
    }
    if (this.#next.startsWith('[')) this.#at += 1;
    this.#selectors.push({ metric, labels });
  }

  #names(): string[] {
    const names: string[] = [];
    this.#expect('(');
    while (!this.#has(')')) {
      names.push(this.#take());
      this.#has(',');
    }
    return names;
  }

  #closed(inside: () => void): void {
    inside();
    this.#expect(')');
  }

  /** Whether that comes next, which is passed over then. */
  #has(token: string): boolean {
    if (this.#next !== token) return false;
    this.#at += 1;
    return true;
  }

  get #next(): string {
    return this.#tokens[this.#at] ?? '';
  }

  #take(): string {
    const token = this.#tokens[this.#at];
    if (token === undefined) this.#fail('more');
    this.#at += 1;
    return token ?? '';
  }

  #expect(token: string): void {
    if (this.#take() !== token) this.#fail(token);
  }

  #fail(what: string): never {
    throw new Error(`${what} expected at token ${this.#at} (${this.#tokens[this.#at]}) of ${this.text}`);
  }
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (text.slice(TOKEN.lastIndex).trim() !== '') {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw new Error(`not PromQL from ${from} on: ${text}`);
    tokens.push(match[0].trim());
  }
  return tokens;
}
