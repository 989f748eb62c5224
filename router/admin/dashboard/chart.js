// Lines over the last minutes as SVG. Each says in words what it shows; sizes and colours are the
// style sheet's.
import {element, setAttribute, setText} from './dom.js';
import {clock, rate} from './format.js';
import {span} from './history.js';

const width = 300, height = 100;

function svg(name, attributes = {}, ...children) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

// The end of a scale that has room for `value`.
export function roundUp(value) {
  if (value <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 3, 4, 5, 6, 8, 10].map((step) => step * power).find((step) => step >= value);
}

export const greatest = (runs) => Math.max(0, ...runs.flat().map((point) => point.value));

class Line {
  constructor(kind) {
    this.area = svg('path', {class: 'area'});
    this.line = svg('path', {class: 'line'});
    const grid = svg('path', {class: 'grid', d: `M0 ${height / 2}H${width}M0 0H${width}`});
    this.node = svg('svg', {class: kind, viewBox: `0 0 ${width} ${height}`, role: 'img',
                            preserveAspectRatio: 'none'}, grid, this.area, this.line);
  }

  draw(runs, top, now) {
    const x = (point) => (width * (1 - (now - point.time) / span)).toFixed(1);
    const y = (point) => (height * (1 - point.value / top)).toFixed(1);
    const line = runs.map((run) => `M${run.map((point) => `${x(point)} ${y(point)}`).join('L')}`);
    const area = runs.map((run, i) => `${line[i]}L${x(run.at(-1))} ${height}L${x(run[0])} ${height}Z`);
    setAttribute(this.line, 'd', line.join(''));
    setAttribute(this.area, 'd', area.join(''));
  }

  describe(title, runs, unit) {
    const values = runs.flat().map((point) => point.value);
    const range = values.length ? `now ${rate(values.at(-1))}, between ${rate(Math.min(...values))} ` +
        `and ${rate(Math.max(...values))} in the last 5 minutes` : 'nothing measured yet';
    setAttribute(this.node, 'aria-label', `${title}${unit}: ${range}`);
  }
}

// A figure with its title, the last value, and the value below the pointer.
export class Chart {
  constructor(title, unit = '') {
    this.title = title;
    this.unit = unit;
    this.line = new Line('chart');
    this.value = element('span', {class: 'value', text: '–'});
    this.top = element('span', {class: 'top'});
    this.plot = element('div', {class: 'plot'}, this.line.node, this.top);
    this.when = element('span', {text: '5 min ago'});
    const times = element('div', {class: 'times', 'aria-hidden': 'true'}, this.when, element('span', {text: 'now'}));
    this.node = element('figure', {class: 'card'},
                        element('figcaption', {}, element('span', {text: title}), this.value), this.plot, times);
    this.cursor = svg('path', {class: 'cursor'});
    this.line.node.append(this.cursor);
    this.plot.addEventListener('pointermove', (event) => this.point(event));
    this.plot.addEventListener('pointerleave', () => this.leave());
  }

  show(history, name, now) {
    this.runs = history.runs(name);
    this.now = now;
    const top = roundUp(greatest(this.runs));
    this.line.draw(this.runs, top, now);
    this.line.describe(this.title, this.runs, this.unit);
    this.last = rate(history.last(name));
    setText(this.top, rate(top));
    if (!this.pointed) setText(this.value, this.last);
  }

  point(event) {
    const box = this.plot.getBoundingClientRect();
    const time = this.now - span * (1 - (event.clientX - box.left) / box.width);
    const points = (this.runs ?? []).flat();
    if (!points.length) return;
    const nearest = points.reduce((best, each) =>
        (Math.abs(each.time - time) < Math.abs(best.time - time) ? each : best));
    const x = width * (1 - (this.now - nearest.time) / span);
    this.pointed = true;
    setAttribute(this.cursor, 'd', `M${x.toFixed(1)} 0V${height}`);
    setText(this.value, `${clock(new Date(nearest.time))}  ${rate(nearest.value)}`);
  }

  leave() {
    this.pointed = false;
    setAttribute(this.cursor, 'd', '');
    setText(this.value, this.last);
  }
}

// One of many small ones that share a scale.
export class SmallChart {
  constructor(title) {
    this.title = title;
    this.line = new Line('small-chart');
    this.value = element('span', {class: 'value'});
    const name = element('bdi', {class: 'title', text: title});
    this.node = element('li', {class: 'small card'}, element('p', {}, name, this.value), this.line.node);
  }

  show(runs, top, now, what) {
    this.line.draw(runs, top, now);
    this.line.describe(`${this.title}, ${what}`, runs, '');
    setText(this.value, runs.length ? rate(runs.at(-1).at(-1).value) : '–');
  }
}

const levels = {up: 40, idle: 40, warn: 70, down: 100};  // height: not told by colour alone

// A strip of the states a shard was in.
export class StateStrip {
  constructor() {
    this.node = svg('svg', {class: 'strip', viewBox: `0 0 ${width} ${height}`, role: 'img',
                            preserveAspectRatio: 'none'});
  }

  // `runs`: [{from, to, style, word}, …], the last one lasts.
  show(runs, now) {
    const x = (time) => Math.max(0, width * (1 - (now - time) / span));
    while (this.node.childElementCount > runs.length) this.node.lastChild.remove();
    runs.forEach((run, i) => {
      const bar = this.node.children[i] ?? this.node.appendChild(svg('rect'));
      const level = levels[run.style];
      setAttribute(bar, 'class', run.style);
      setAttribute(bar, 'x', x(run.from).toFixed(1));
      setAttribute(bar, 'width', Math.max(1, x(run.to) - x(run.from)).toFixed(1));
      setAttribute(bar, 'y', height - level);
      setAttribute(bar, 'height', level);
    });
    const words = runs.map((run, i) => (i ? `${run.word} since ${clock(new Date(run.from))}` : run.word));
    setAttribute(this.node, 'aria-label', `last minutes: ${words.join(', ')}`);
  }
}
