/** How long an answer may wait until all gateways serve new settings, s. */
export const MAX_WAIT_SECONDS = 240;

/** How long the proof may take that a shadow has nothing of its own left, s. */
export const MAX_SURVEY_SECONDS = 120;

/** How long target and shadow may be compared before they change places, s. */
export const MAX_ALIGN_SECONDS = 400;

/** How long an answer may take, s: a shadow that is written is counted and waited for, and then once more. */
export const MAX_ANSWER_SECONDS = 2 * (MAX_SURVEY_SECONDS + MAX_WAIT_SECONDS);
