// How this replica is: its state, figures, and the four lines.
import {Chart} from './chart.js';
import {announce, byId, cell, element, headCell, KeyedList, row, setHidden, setText} from './dom.js';
import {clock, number, plural, rate, span} from './format.js';
import {History} from './history.js';

const lines = [['requests', 'Requests per second'], ['rooms', 'Rooms', ' in all of the cluster'],
               ['sessions', 'Sessions', ', live tunnels'], ['errors', '5xx answers per second']];
const tableStep = 15000;  // ms between two rows of figures

let health = null;  // in words
const history = new History();
const charts = lines.map(([name, title, unit]) => [name, new Chart(title, unit)]);
const tiles = new KeyedList(byId('tiles'), {key: (tile) => tile.name, make: makeTile});
const rows = new KeyedList(byId('figure-rows'), {key: (point) => point.time, make: makeFigures});

byId('charts').append(...charts.map(([, chart]) => chart.node));
byId('figures').addEventListener('toggle', showFigures);

function makeTile({name}) {
  const value = element('span'), note = element('small');
  const node = element('div', {class: 'card'}, element('dt', {text: name}), element('dd', {}, value, ' ', note));
  const update = (tile) => {
    setText(value, tile.value);
    setText(note, tile.note ?? '');
  };
  return {nodes: [node], update};
}

function makeFigures(point) {
  const values = {'Requests/s': rate(point.requests), 'Rooms': number(point.rooms),
                  'Sessions': number(point.sessions), '5xx/s': rate(point.errors)};
  const cells = Object.entries(values).map(([label, text]) => cell(label, {class: 'number', text}));
  return {nodes: [row(headCell({text: clock(new Date(point.time))}), ...cells)], update() {}};
}

// Newest first, one row for each step, so that a reader is not chased.
function showFigures() {
  if (!byId('figures').open) return;
  const newest = new Map();
  for (const point of history.points) newest.set(Math.floor(point.time / tableStep), point);
  rows.show([...newest.values()].reverse());
}

function showHealth(status) {
  const dead = status.workers - status.workers_alive;
  const words = [status.ready ? 'ready' : `not ready: ${status.reason}`];
  if (dead) words.push(`${dead} of ${status.workers} event loops do not answer`);
  if (!status.synced) words.push('its table is not complete yet');
  if (health !== null && health !== words.join('; ')) announce(`This replica is ${words.join('; ')}.`);
  health = words.join('; ');
  setText(byId('health'), health);
  byId('health').className = `state ${!status.ready ? 'down' : words.length > 1 ? 'warn' : 'up'}`;
}

const of = (limit) => (limit ? `of ${number(limit)}` : '');

function showTiles(status) {
  tiles.show([
    {name: 'Taking new rooms', value: number(status.shards_taking_rooms), note: `of ${plural(status.shards, 'shard')}`},
    {name: 'Connections', value: number(status.connections), note: of(status.connection_limit)},
    {name: 'Stick table', value: number(status.table_entries), note: of(status.table_size)},
    {name: 'Rooms moved', value: number(status.rooms_moved_total)},
    {name: 'Split rooms', value: number(status.split_rooms_total), note: `found, ${number(status.healed_rooms_total)} healed`},
    {name: 'Requests refused', value: number(status.requests_refused_total)},
  ]);
}

function showMistakes({last_reload_succeeded: good, mistakes}) {
  const text = ['The last reload was refused; the configuration before it is in use.', ...mistakes].join('\n');
  setText(byId('mistakes'), good ? '' : text);
  setHidden(byId('mistakes'), good);
}

export function showStatus(status) {
  const now = Date.now();
  history.add(now, {rooms: status.rooms, sessions: status.tunnels},
              {requests: status.requests_total, errors: status.responses_5xx_total});
  for (const [name, chart] of charts) chart.show(history, name, now);
  setText(byId('replica'), status.replica);
  document.title = `${status.replica} – Room Router`;
  const about = [status.region && `region ${status.region}`, `up for ${span(status.uptime_seconds)}`,
                 plural(status.workers, 'event loop')];
  setText(byId('about'), about.filter(Boolean).join(' · '));
  setText(byId('versions'), Object.entries(status.versions).map((pair) => pair.join(' ')).join(' · '));
  showHealth(status);
  showTiles(status);
  showMistakes(status.config);
  showFigures();
}
