// Asks again and again while somebody looks: a source every `period`, all of them less and less
// often while the router does not answer.

const tick = 2000;            // ms
const slowest = 30000;        // ms between two attempts while nothing answers
export const lateAfter = 6000;  // ms without an answer: what is shown is old

export class Poller {
  // `sources`: [{ask, every, refused}, …], `every` in ticks; `refused` is told why the router does not
  // want to answer that one, or '' when it does. `told`: heard after each attempt.
  constructor(sources, told) {
    Object.assign(this, {sources, told, round: 0, failures: 0, paused: false, timer: 0});
    this.answered = null;  // time of the last answer
    this.begun = 0;        // when it was last begun to ask
    this.next = null;      // of the next attempt, while it fails
    this.error = null;
    this.busy = false;
    document.addEventListener('visibilitychange', () => this.resume());
  }

  stopped() {
    return this.paused || document.hidden;
  }

  pause(paused) {
    this.paused = paused;
    this.resume();
  }

  // At once, all of them.
  resume() {
    clearTimeout(this.timer);
    if (this.stopped()) return;
    this.begun = Date.now();
    this.round = 0;
    this.run();
  }

  async run() {
    if (this.busy) return;
    this.busy = true;
    try {
      const due = this.sources.filter((source) => this.round % source.every === 0);
      await Promise.all(due.map((source) => this.askOne(source)));
      this.answered = Date.now();
      this.error = null;
      this.failures = 0;
      this.round += 1;
    } catch (error) {
      this.error = error;
      this.failures += 1;
      this.round = 0;
    }
    this.busy = false;
    const pause = Math.min(slowest, tick * 2 ** Math.min(10, this.failures));
    this.next = this.failures ? Date.now() + pause : null;
    clearTimeout(this.timer);
    if (!this.stopped()) this.timer = setTimeout(() => this.run(), pause);
    this.told();
  }

  async askOne(source) {
    try {
      await source.ask();
      source.refused('');
    } catch (error) {
      if (!(error.status >= 400 && error.status < 500)) throw error;
      source.refused(error.message);
    }
  }

  late() {
    if (this.stopped()) return false;
    return this.failures > 0 || Date.now() - Math.max(this.answered, this.begun) > lateAfter;
  }
}
