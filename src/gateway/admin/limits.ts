/** How long an answer may wait until all gateways serve new settings, s: shorter than a client waits for it. */
export const MAX_WAIT_SECONDS = 240;
