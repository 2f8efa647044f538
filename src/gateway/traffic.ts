import type { Listener } from './http-server.js';

/** Counts the requests that are under way in this process. */
export class Traffic {
  #underWay = 0;

  get underWay(): number {
    return this.#underWay;
  }

  counting(listener: Listener): Listener {
    const end = () => {
      this.#underWay -= 1;
    };
    return (incoming, outgoing) => {
      this.#underWay += 1;
      outgoing.once('close', end);
      return listener(incoming, outgoing);
    };
  }
}
