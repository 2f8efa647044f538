import type { HeaderFields } from '../s3/message.js';

/** What browsers show without running anything of it. */
const INERT = /^(?:application\/pdf|audio\/|video\/|image\/(?!svg))/i;

/** Scripts may run, but as of no origin: they have no cookies, and can ask nothing of the gateway with those of its operator. */
const SANDBOX: HeaderFields = {
  'content-security-policy':
    'sandbox allow-downloads allow-forms allow-modals allow-popups allow-scripts allow-top-navigation-by-user-activation',
};

const NOTHING: HeaderFields = {};

/**
 * What an answer is given beside its own fields when a browser is to show it as a document: objects come from the origin of the console and the admin API, so
 * that a page which somebody has put into a bucket could do all that its reader may (W3C, Content Security Policy Level 3, "sandbox").
 *
 * @param accept of the request: only for documents browsers ask for HTML (Fetch, "fetching", step of `Accept`)
 */
export function sandboxOf(accept: string | undefined, type: string | undefined): HeaderFields {
  const isShown = accept?.includes('text/html') && !(type !== undefined && INERT.test(type));
  return isShown ? SANDBOX : NOTHING;
}
