// The table of shards, a page of it at a time, and the small charts below it.
import {ask} from './api.js';
import {greatest, roundUp, SmallChart} from './chart.js';
import {announce, byId, element, emptyRow, KeyedList, setText, typed} from './dom.js';
import {plural, rate} from './format.js';
import {History, span} from './history.js';
import {order} from './orders.js';
import {Pages} from './pages.js';
import {columns, ShardRow, stateOf} from './shard_row.js';

const size = 50;
const metrics = {requests: 'requests per second', rooms: 'rooms', sessions: 'sessions', errors: '5xx per second'};

const pasts = new Map();  // shard name → {history, states}
const pages = new Pages(byId('shard-pages'), size, () => refreshShards().catch(() => {}));
const rows = new KeyedList(byId('shard-rows'), {
  key: ({shard}) => shard.name,
  make: makeRow,
  empty: emptyRow(columns, 'No shard.'),
});
const multiples = new KeyedList(byId('multiples'), {key: ({shard}) => shard.name, make: makeMultiple});
let shown = [];  // {shard, past}
let asked = 0;

function makeRow(item) {
  const opened = () => showDetails(row, item.shard.name).catch(() => {});
  const row = new ShardRow(item.shard, {ordered: order, opened});
  return Object.assign(row, {name: item.shard.name});
}

function makeMultiple({shard}) {
  const chart = new SmallChart(shard.name);
  return {nodes: [chart.node], update: ({runs, top, now, what}) => chart.show(runs, top, now, what)};
}

async function showDetails(row, name) {
  row.details.show(await ask(`shards/${encodeURIComponent(name)}`));
}

// What this page has seen of a shard since it was opened.
function remember(shard, now) {
  const past = pasts.get(shard.name) ?? {history: new History(), states: []};
  pasts.set(shard.name, past);
  const sum = (field) => shard.endpoints.reduce((total, endpoint) => total + endpoint[field], 0);
  past.history.add(now, {rooms: shard.rooms, sessions: shard.tunnels},
                   {requests: shard.requests_total, errors: sum('responses_5xx_total')});
  const [word, style] = stateOf(shard);
  const last = past.states.at(-1);
  if (last) last.to = now;
  if (last?.word !== word) {
    if (last && word === 'drained') announce(`${shard.name} is empty.`);
    past.states.push({from: now, to: now, word, style});
  }
  past.states = past.states.filter((state) => state.to >= now - span);
  return past;
}

function forgetOld(now) {
  for (const [name, past] of pasts) if (past.history.points.at(-1).time < now - span) pasts.delete(name);
}

function showMultiples() {
  const metric = document.querySelector('input[name=metric]:checked').value;
  const lines = shown.map(({shard, past}) => ({shard, runs: past.history.runs(metric)}));
  const scale = {top: roundUp(Math.max(0, ...lines.map(({runs}) => greatest(runs)))), now: Date.now(), what: metrics[metric]};
  multiples.show(lines.map((line) => ({...line, ...scale})));
  setText(byId('scale'), shown.length ? `all on one scale, up to ${rate(scale.top)}` : '');
}

function showNames() {
  const names = shown.map(({shard}) => shard.name);
  const list = byId('shard-names');
  if ([...list.children].map((option) => option.value).join('\n') === names.join('\n')) return;
  list.replaceChildren(...names.map((name) => element('option', {value: name})));
}

function show(answer) {
  const now = Date.now();
  shown = answer.shards.map((shard) => ({shard, past: remember(shard, now)}));
  forgetOld(now);
  setText(byId('shard-count'), plural(answer.total, 'shard'));
  rows.show(shown);
  showMultiples();
  showNames();
}

export async function refreshShards() {
  const mine = ++asked;
  const parameters = {search: typed('shard-search'), limit: size, offset: pages.offset};
  if (byId('shard-closed').checked) parameters.takes_new_rooms = 'false';
  const answer = await ask('shards', parameters);
  if (mine !== asked) return answer.total;  // another question was asked meanwhile
  if (!pages.show(answer.total)) return refreshShards();
  show(answer);
  const unfolded = [...rows.entries.values()].filter((row) => row.unfolded);
  await Promise.all(unfolded.map((row) => showDetails(row, row.name)));
  return answer.total;
}

export function watchShards(find) {
  find(byId('shard-form'), async () => {
    pages.offset = 0;
    announce(`${plural(await refreshShards(), 'shard')} found.`);
  });
  for (const radio of document.querySelectorAll('input[name=metric]')) radio.addEventListener('change', showMultiples);
}
