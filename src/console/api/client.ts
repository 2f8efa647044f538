const BASE = '/_/api/admin';

/** A refusal of the admin API, or no answer at all. Its message is for the reader. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    /** 0 where no answer came. */
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** Asks the admin API, which answers JSON. @throws ApiError */
async function ask<T>(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const answer = await send(method, path, body, signal);
  const text = await answer.text();
  if (!answer.ok) throw refusal(answer.status, text);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

async function send(
  method: Method,
  path: string,
  body: unknown,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  try {
    const answer = await fetch(BASE + path, {
      method,
      ...(method === 'GET' ? {} : { headers }),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
    note(true);
    return answer;
  } catch (error) {
    if (signal?.aborted) throw error;
    note(false);
    throw new ApiError(0, 'no_answer', 'The gateway does not answer.');
  }
}

function refusal(status: number, text: string): ApiError {
  const said = told(text);
  return new ApiError(
    status,
    said?.code ?? `http_${status}`,
    said?.message ?? `The gateway answered ${status}.`,
  );
}

let hasAnswered = true;
const listeners = new Set<() => void>();

function note(isSo: boolean): void {
  if (isSo === hasAnswered) return;
  hasAnswered = isSo;
  for (const listener of listeners) listener();
}

/** Whether what was asked last had an answer, whatever it said. */
export const isAnswering = (): boolean => hasAnswered;

/** Calls whenever that changes. @returns what ends it */
export function onAnswering(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** What stands between the browser and the gateway answers in its own way. */
function told(text: string): { readonly code: string; readonly message: string } | undefined {
  try {
    return JSON.parse(text).error;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export const get = <T>(path: string, signal?: AbortSignal): Promise<T> => ask('GET', path, undefined, signal);
export const post = <T>(path: string, body?: unknown): Promise<T> => ask('POST', path, body);
export const patch = <T>(path: string, body: unknown): Promise<T> => ask('PATCH', path, body);
export const remove = (path: string): Promise<void> => ask('DELETE', path);

/** A path of which each `${part}` is escaped: path`/buckets/${name}`. */
export const path = (texts: TemplateStringsArray, ...parts: string[]): string =>
  String.raw({ raw: texts }, ...parts.map(encodeURIComponent));

/** `?a=1&b=2`, without what is undefined. */
export function query(parameters: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(parameters).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
