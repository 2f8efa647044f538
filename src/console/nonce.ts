/**
 * The value with which the gateway lets this page add styles (Content-Security-Policy, "nonces"). Browsers hide it from selectors and attributes, not from
 * scripts of the page.
 */
export const NONCE = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';

// Where the scroll lock of Mantine's dialogs looks for it (npm: get-nonce).
Reflect.set(globalThis, '__webpack_nonce__', NONCE);
