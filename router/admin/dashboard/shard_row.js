// One shard of the table: its row, and what unfolds below it.
import {StateStrip} from './chart.js';
import {cell, element, emptyRow, headCell, KeyedList, row, setAttribute, setHidden, setText} from './dom.js';
import {moment, number, plural, rate, span} from './format.js';

export const columns = 10;

// [in words, style]
export function stateOf(shard) {
  if (shard.admin === 'maint') return ['maintenance', 'idle'];
  if (shard.state === 'down') return ['down', 'down'];
  if (shard.state === 'starting') return ['starting', 'idle'];
  if (shard.state === 'soft_down') return ['failing, keeps its rooms', 'warn'];
  if (shard.admin === 'drain') return [shard.drain?.finished ? 'drained' : 'draining', 'warn'];
  return ['up', 'up'];
}

const orders = [['ready', 'Ready'], ['drain', 'Drain'], ['maint', 'Maint.']];

// The three things a shard can be told, the one in force pressed.
class Orders {
  constructor(name, ordered) {
    this.node = element('div', {class: 'orders', role: 'group', 'aria-label': `State of ${name}`});
    this.buttons = orders.map(([state, text]) => {
      const button = element('button', {type: 'button', text, 'aria-label': `${text} ${name}`});
      button.addEventListener('click', () => state === this.state || ordered(this.shard, state));
      this.node.append(button);
      return [state, button];
    });
  }

  show(shard) {
    this.shard = shard;
    this.state = shard.admin;
    for (const [state, button] of this.buttons) setAttribute(button, 'aria-pressed', state === shard.admin);
  }
}

// How far a drain is, measured by the most that was there while this page looked.
class DrainProgress {
  constructor(name) {
    this.bar = element('progress', {'aria-label': `Drain of ${name}`});
    this.text = element('span', {class: 'quiet'});
    this.node = element('div', {class: 'drain', hidden: true}, this.bar, this.text);
    this.most = 0;
  }

  show(drain) {
    setHidden(this.node, !drain);
    if (!drain) {
      this.most = 0;
      return;
    }
    const left = drain.rooms + drain.tunnels;
    this.most = Math.max(this.most, left, 1);
    setAttribute(this.bar, 'max', this.most);
    setAttribute(this.bar, 'value', this.most - left);
    setText(this.text, drain.finished ? 'empty' :
        `${plural(drain.rooms, 'room')}, ${plural(drain.tunnels, 'session')} left`);
  }
}

function endpointRow() {
  const name = headCell({}), address = cell('Address'), status = cell('Status'), check = cell('Last check');
  const counts = ['Requests/s', 'Under way', '5xx', 'Failed connects'].map((label) => cell(label, {class: 'number'}));
  const update = (endpoint) => {
    setText(name, endpoint.name);
    setText(address, endpoint.address);
    setText(status, endpoint.status);
    setText(check, `${endpoint.check}${endpoint.check_ms ? ` in ${endpoint.check_ms} ms` : ''}`);
    const values = [endpoint.requests_per_second, endpoint.outstanding, endpoint.responses_5xx_total,
                    endpoint.connect_failures_total];
    counts.forEach((count, i) => setText(count, number(values[i])));
  };
  return {nodes: [row(name, address, status, check, ...counts)], update};
}

function changeItem(change) {
  const where = change.endpoint ? `${change.endpoint}: ` : '';
  const what = `${where}${change.what} ${change.from || '–'} → ${change.to || '–'}`.replaceAll('_', ' ');
  const text = [what, change.reason && ` (${change.reason})`].filter(Boolean).join('');
  const time = element('time', {datetime: change.time, text: moment(new Date(change.time))});
  return {nodes: [element('li', {}, time, ' ', text)], update() {}};
}

const headers = ['Endpoint', 'Address', 'Status', 'Last check', 'Requests/s', 'Under way', '5xx', 'Failed connects'];

// What GET shards/NAME tells.
class ShardDetails {
  constructor(id, name) {
    this.facts = element('p', {class: 'quiet'});
    const body = element('tbody', {role: 'rowgroup'}), changes = element('ol', {class: 'changes'});
    const head = headers.map((text, i) => element('th', {scope: 'col', role: 'columnheader', text,
                                                         class: i > 3 ? 'number' : undefined}));
    const table = element('table', {class: 'cards inner', role: 'table', 'aria-label': `Endpoints of ${name}`},
                          element('thead', {role: 'rowgroup'}, row(...head)), body);
    const inside = element('td', {role: 'cell', colspan: columns}, this.facts, table,
                           element('h3', {text: 'Last changes'}), changes);
    this.node = element('tr', {role: 'row', class: 'details', id, hidden: true}, inside);
    this.endpoints = new KeyedList(body, {key: (endpoint) => endpoint.server, make: endpointRow,
                                          empty: emptyRow(8, 'No endpoint.')});
    this.changes = new KeyedList(changes, {key: JSON.stringify, make: changeItem,
                                           empty: element('li', {class: 'quiet', text: 'None since the router began.'})});
  }

  show(shard) {
    const facts = [shard.release && `release ${shard.release}`, shard.region && `region ${shard.region}`,
                   `priority ${shard.priority}`, `weight ${shard.weight} (found ${shard.found_weight})`,
                   shard.agent !== 'ready' && `its agent says ${shard.agent}`,
                   shard.drain && `${shard.drain.state} since ${span(shard.drain.since_seconds)} by ` +
                       (shard.drain.by === 'order' ? 'an order' : 'shards.initial_state')];
    setText(this.facts, facts.filter(Boolean).join(' · '));
    this.endpoints.show(shard.endpoints);
    const ofEndpoints = shard.endpoints.flatMap((endpoint) =>
        (endpoint.history ?? []).map((change) => ({...change, endpoint: endpoint.name})));
    const changes = [...(shard.history ?? []), ...ofEndpoints];
    this.changes.show(changes.sort((a, b) => b.time.localeCompare(a.time)).slice(0, 20));
  }
}

let made = 0;

// `ordered(shard, state)` when a button is pressed, `opened()` when it is unfolded.
export class ShardRow {
  constructor(shard, {ordered, opened}) {
    const id = `shard-${++made}`;
    this.details = new ShardDetails(id, shard.name);
    this.fold = element('button', {type: 'button', class: 'fold', 'aria-expanded': 'false', 'aria-controls': id});
    this.fold.addEventListener('click', () => this.open(opened));
    this.state = element('span', {class: 'state'});
    this.since = element('span', {class: 'quiet'});
    this.drain = new DrainProgress(shard.name);
    this.strip = new StateStrip();
    this.endpoints = cell('Endpoints');
    this.counts = ['Weight', 'Rooms', 'Sessions', 'Requests/s', '5xx/s'].map((label) => cell(label, {class: 'number'}));
    this.orders = new Orders(shard.name, ordered);
    const actions = cell('Actions', {class: 'actions'}, this.orders.node);
    const node = row(headCell({class: 'name'}, this.fold),
                     cell('State', {}, this.state, ' ', this.since, this.drain.node),
                     cell('Last 5 min', {}, this.strip.node), this.endpoints, ...this.counts, actions);
    this.nodes = [node, this.details.node];
  }

  get unfolded() {
    return !this.details.node.hidden;
  }

  open(opened) {
    this.details.node.hidden = this.unfolded;
    this.fold.setAttribute('aria-expanded', this.unfolded);
    if (this.unfolded) opened();
  }

  // `past`: what was measured of it.
  update({shard, past}) {
    const [word, style] = stateOf(shard);
    setText(this.fold, shard.name);
    setText(this.state, word);
    setAttribute(this.state, 'class', `state ${style}`);
    setText(this.since, shard.in_state_seconds === undefined ? '' : span(shard.in_state_seconds));
    this.drain.show(shard.drain);
    this.strip.show(past.states, Date.now());
    const up = shard.endpoints.filter((endpoint) => endpoint.up).length;
    setText(this.endpoints, `${up} of ${shard.endpoints.length} up`);
    const values = [shard.weight, number(shard.rooms), number(shard.tunnels), rate(past.history.last('requests')),
                    rate(past.history.last('errors'))];
    this.counts.forEach((count, i) => setText(count, values[i]));
    this.orders.show(shard);
  }
}
