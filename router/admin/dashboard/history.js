// What was measured during the last minutes, kept in this page only: points of {time, …values}.

export const span = 300000;  // ms that are kept and drawn
const gap = 15000;           // ms without an answer: rates over it mean nothing

export class History {
  constructor() {
    this.points = [];
    this.counted = null;
  }

  // `levels` are values as they are, `counters` grow and become rates per second.
  add(time, levels, counters) {
    const before = this.counted;
    this.counted = {time, counters};
    const point = {time, ...levels};
    const known = before && time > before.time && time - before.time <= gap;
    for (const [name, count] of Object.entries(counters)) {
      const grown = known ? count - before.counters[name] : -1;
      point[name] = grown >= 0 ? grown / ((time - before.time) / 1000) : null;  // less: it began anew
    }
    this.points.push(point);
    const first = this.points.findIndex((each) => each.time >= time - span);
    if (first > 0) this.points.splice(0, first);
  }

  last(name) {
    return this.points.at(-1)?.[name] ?? null;
  }

  // [[{time, value}, …], …]: what hangs together.
  runs(name) {
    const runs = [];
    let previous = null;
    for (const point of this.points) {
      const value = point[name];
      if (value === null || value === undefined) {
        previous = null;
        continue;
      }
      if (!previous || point.time - previous.time > gap) runs.push([]);
      runs.at(-1).push({time: point.time, value});
      previous = point;
    }
    return runs;
  }
}
