/** So many answers wait for one another at most: who came first would wait too long for the rest. */
const MOST = 32;

/** Of this turn of the event loop, which serves all requests that have come in meanwhile. */
let answers = 0;
let waiting: (() => void)[] = [];
/** Whether the turn before had several answers. */
let isBusy = false;

/**
 * Sends an answer that is ready together with the others of its turn of the event loop, if there are any. To write to a client that waits wakes it, which can cost as much as
 * all else that a small answer takes; of clients that are written to one after the other most are awake by then. Where answers come one by one, they do not wait.
 *
 * @param send must not throw
 */
export function sendTogether(send: () => void): void {
  answers += 1;
  if (answers === 1) setImmediate(endTurn);
  if (answers === 1 && !isBusy) {
    send();
    return;
  }
  waiting.push(send);
  if (waiting.length === MOST) sendAll();
}

function endTurn(): void {
  isBusy = answers > 1;
  answers = 0;
  sendAll();
}

function sendAll(): void {
  const ready = waiting;
  waiting = [];
  for (const send of ready) send();
}
