import { bucketOfHost } from '../s3/address.js';
import { encodeComponent } from '../s3/keys.js';
import type { HeaderFields, S3Request, S3Response, S3Service } from '../s3/message.js';
import { corsRules } from '../shadow/cross-origin.js';
import type { Clock } from '../system/clock.js';
import type { Logger } from '../system/logger.js';
import type { Admit } from './admission.js';
import type { Authenticated, Authenticator } from './authenticate.js';
import type { Exchange } from './exchange.js';
import { answerForm } from './forms/answer-form.js';
import { type OpenForm, openForm } from './forms/open-form.js';
import { Allowance } from './measured/allowance.js';
import { isMeasured, sendMeasured } from './measured/measured.js';
import { openRequest } from './open-request.js';
import { type RequestHead, readHead } from './request-head.js';
import { rewriteAnswer } from './rewriting.js';

export interface AnsweringOptions {
  readonly authenticator: Authenticator;
  readonly admit: Admit;
  readonly domain?: string | undefined;
  /** Where clients find the gateway; without it, where this one did. */
  readonly publicUrl?: string | undefined;
  /** Whether this one speaks TLS. */
  readonly isTls?: boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What is asked for, and by whom. */
interface Asked {
  readonly sender: Authenticated;
  readonly head: RequestHead;
  /** @param fields replace the client's */
  open(fields: HeaderFields | undefined): S3Request;
}

/** Bytes of all bodies without a length that are held in memory at once. */
const MAX_COLLECTED_BYTES = 256 * 1024 * 1024;

/**
 * Answers what comes in: finds out who sent it and what they may do, and hands it to the service of its bucket. The function throws S3Error, and
 * what services reject with.
 */
export function createAnswering(options: AnsweringOptions): (exchange: Exchange) => Promise<S3Response> {
  const { authenticator, admit, clock, log } = options;
  const allowance = new Allowance(MAX_COLLECTED_BYTES);

  async function answerRequest(exchange: Exchange, head: RequestHead): Promise<S3Response> {
    const sender = await authenticator.ofRequest(head);
    exchange.identity = sender.identity;
    const { verified } = sender;
    const { incoming, outgoing, signal } = exchange;
    const open: Asked['open'] = (fields) =>
      openRequest({ incoming, outgoing, head, verified, fields, signal, clock });
    return serve(exchange, { sender, head, open });
  }

  /** A form is a PutObject in another dress; only to a browser it is a POST. */
  async function answerPosted(exchange: Exchange, received: RequestHead): Promise<S3Response> {
    const form = await openForm({ ...exchange, head: received, authenticator, clock });
    const { sender, head, request, fields } = form;
    exchange.head = head;
    exchange.identity = sender.identity;
    const answer = await serve(exchange, { sender, head, open: () => request });
    const { bucket, key } = head.address;
    const told = answerForm(answer, fields, { bucket, key, location: locationOf(head, options) });
    const { origin } = received.received;
    return origin === undefined
      ? told
      : { ...told, headers: { ...told.headers, ...(await rulesFor(form, origin)) } };
  }

  async function rulesFor({ sender, head, request }: OpenForm, origin: string): Promise<HeaderFields> {
    const { service } = await admit(sender, head);
    return corsRules(service, { ...request, method: 'POST', headers: { origin } });
  }

  async function serve(exchange: Exchange, { sender, head, open }: Asked): Promise<S3Response> {
    const { service, meter, targetBucket, fields, conditionalWrites } = await admit(sender, head);
    exchange.meter = meter;
    const admitted: S3Service = async (request) => (await admit(sender, head)).service(request);
    const request = open(fields);
    const response = isMeasured(request)
      ? await service(request)
      : await sendMeasured(request, { service: admitted, conditionalWrites, allowance, log });
    if (targetBucket === undefined) return response;
    const view = {
      requestId: exchange.requestId,
      resource: head.address.rawPath,
      origin: originFor(head, options),
      bucketUrl: () => bucketUrl(head, options),
      targetBucket,
    };
    return rewriteAnswer(response, request, view);
  }

  return async function answer(exchange) {
    const head = readHead(exchange.incoming, options.domain);
    exchange.head = head;
    return head.operation === 'PostObject' ? answerPosted(exchange, head) : answerRequest(exchange, head);
  };
}

type Site = Pick<AnsweringOptions, 'publicUrl' | 'isTls' | 'domain'>;

const originFor = ({ received }: RequestHead, { publicUrl, isTls }: Site): string =>
  publicUrl ?? `${isTls ? 'https' : 'http'}://${received.host}`;

/** The host of a request can be that of its bucket. */
function bucketUrl(head: RequestHead, site: Site): string {
  const { bucket } = head.address;
  const isInHost =
    site.publicUrl === undefined && bucketOfHost(head.received.host ?? '', site.domain) === bucket;
  return isInHost ? originFor(head, site) : `${originFor(head, site)}/${bucket}`;
}

/** AWS escapes the slashes of a key here. */
const locationOf = (head: RequestHead, site: Site): string =>
  `${bucketUrl(head, site)}/${encodeComponent(head.address.key)}`;
