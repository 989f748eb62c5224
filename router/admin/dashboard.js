// Asks api/v1 every two seconds and shows the answers. Relative addresses only: the page works
// below any path. Everything a shard or a client named goes in as text, never as markup.
'use strict';

const period = 2000;  // ms
const history = 60;   // points of a request-rate line
const rates = new Map();  // shard name → the last rates
let previous = null;      // {time, requests by shard} of the last answer

const byId = (id) => document.getElementById(id);

function element(name, options = {}, children = []) {
  const node = document.createElement(name);
  if (options.class) node.className = options.class;
  if (options.text !== undefined) node.textContent = options.text;
  if (options.title) node.title = options.title;
  if (options.scope) node.scope = options.scope;
  node.append(...children);
  return node;
}

const number = (value) => value.toLocaleString('en');

function span(seconds) {
  if (seconds < 0) return '0 s';
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} d`;
}

function stateOf(shard) {
  if (shard.admin === 'maint') return ['maintenance', 'idle'];
  if (shard.state === 'down') return ['down', 'down'];
  if (shard.state === 'starting') return ['starting', 'idle'];
  if (shard.state === 'soft_down') return ['failing, keeps its rooms', 'warn'];
  if (shard.admin === 'drain') return ['draining', 'warn'];
  return ['up', 'up'];
}

function line(values) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 120 24');
  svg.setAttribute('role', 'img');
  const top = Math.max(1, ...values);
  svg.setAttribute('aria-label', `requests per second, at most ${number(Math.round(top))}`);
  const points = document.createElementNS('http://www.w3.org/2000/svg', 'polyline');
  const at = (value, i) =>
      `${(120 - (values.length - 1 - i) * 120 / (history - 1)).toFixed(1)},${(22 - 20 * value / top).toFixed(1)}`;
  points.setAttribute('points', values.map(at).join(' '));
  svg.append(points);
  return svg;
}

function measureRates(shards) {
  const time = performance.now();
  const requests = new Map(shards.map((shard) => [shard.name, shard.requests_total]));
  if (previous) {
    for (const [name, total] of requests) {
      const before = previous.requests.get(name);
      if (before === undefined) continue;
      const rate = Math.max(0, total - before) / ((time - previous.time) / 1000);
      rates.set(name, [...(rates.get(name) || []), rate].slice(-history));
    }
  }
  previous = {time, requests};
}

function tile(name, value, note = '') {
  const shown = element('dd', {text: value});
  if (note) shown.append(' ', element('small', {text: note}));
  return element('div', {}, [element('dt', {text: name}), shown]);
}

function showStatus(status) {
  const of = (limit) => (limit ? `of ${number(limit)}` : '');
  const loops = status.workers_alive < status.workers ?
      `, ${status.workers - status.workers_alive} of ${status.workers} event loops do not answer` : '';
  byId('replica').textContent = status.replica;
  byId('health').textContent = status.ready ? `ready${loops}` : `not ready: ${status.reason}${loops}`;
  byId('health').className = `state ${!status.ready ? 'down' : loops ? 'warn' : 'up'}`;
  byId('tiles').replaceChildren(
      tile('Rooms', number(status.rooms)),
      tile('Sessions (tunnels)', number(status.tunnels)),
      tile('Requests per second', number(status.requests_per_second)),
      tile('Connections', number(status.connections), of(status.connection_limit)),
      tile('Stick table', number(status.table_entries), of(status.table_size)),
      tile('Rooms moved', number(status.rooms_moved_total)),
      tile('Refused requests', number(status.requests_refused_total)),
      tile('Up for', span(status.uptime_seconds)));
  const config = status.config;
  byId('mistakes').hidden = config.last_reload_succeeded;
  byId('mistakes').textContent = ['The last reload was refused; the configuration before it is in use.',
                                  ...config.mistakes].join('\n');
  byId('versions').textContent = Object.entries(status.versions).map((pair) => pair.join(' ')).join(', ');
}

function endpointLine(endpoint) {
  const named = endpoint.name !== endpoint.address;
  const text = named ? `${endpoint.name} ${endpoint.address}` : endpoint.address;
  const status = element('span', {class: 'quiet', text: ` ${endpoint.status} ${endpoint.check}`});
  return element('span', {class: 'endpoint', text}, [status]);
}

function shardRow(shard) {
  const [word, style] = stateOf(shard);
  const values = rates.get(shard.name) || [];
  const since = shard.in_state_seconds === undefined ? [] :
      [' ', element('span', {class: 'quiet', text: span(shard.in_state_seconds)})];
  const errors = shard.endpoints.reduce((sum, endpoint) => sum + endpoint.responses_5xx_total, 0);
  return element('tr', {}, [
    element('th', {scope: 'row', text: shard.name}),
    element('td', {}, [element('span', {class: `state ${style}`, text: word}), ...since]),
    element('td', {}, shard.endpoints.map(endpointLine)),
    element('td', {class: 'number', text: number(shard.weight)}),
    element('td', {class: 'number', text: number(shard.rooms)}),
    element('td', {class: 'number', text: number(shard.tunnels)}),
    element('td', {class: 'number', text: values.length ? number(Math.round(values.at(-1))) : '–'}),
    element('td', {}, [line(values)]),
    element('td', {class: 'number', text: number(errors)}),
    element('td', {class: 'quiet', text: [shard.release, shard.region].filter(Boolean).join(', ')}),
  ]);
}

function emptyRow(columns, text) {
  const cell = element('td', {class: 'quiet', text});
  cell.colSpan = columns;
  return element('tr', {}, [cell]);
}

function showShards(shards) {
  measureRates(shards);
  byId('shards').replaceChildren(
      ...(shards.length ? shards.map(shardRow) : [emptyRow(10, 'No shard has been found yet.')]));
  const select = byId('room-shard');
  const names = ['', ...shards.map((shard) => shard.name)];
  if ([...select.options].map((option) => option.value).join('\n') === names.join('\n')) return;
  const chosen = select.value;
  select.replaceChildren(...names.map((name) => new Option(name || 'all', name)));
  select.value = names.includes(chosen) ? chosen : '';
}

function roomRow(room) {
  const kind = room.kind === 'room' ? [] : [' ', element('span', {class: 'quiet', text: room.kind})];
  return element('tr', {}, [
    element('th', {scope: 'row', class: 'name', text: room.name || '(not shown)'}, kind),
    element('td', {text: room.shard === null ? 'gone' : room.shard}),
    element('td', {class: 'number', text: number(room.sessions)}),
    element('td', {class: 'number', text: span(room.age_seconds)}),
    element('td', {class: 'number', text: room.sessions ? 'held' : span(room.expires_seconds)}),
    element('td', {class: 'number', text: number(room.epoch)}),
  ]);
}

function showRooms(answer) {
  const shown = answer.rooms.length < answer.total ? `${number(answer.rooms.length)} of ` : '';
  const count = `${shown}${number(answer.total)} ${answer.total === 1 ? 'room' : 'rooms'}`;
  if (byId('room-count').textContent !== count) byId('room-count').textContent = count;
  byId('rooms').replaceChildren(
      ...(answer.rooms.length ? answer.rooms.map(roomRow) : [emptyRow(6, 'No room.')]));
}

async function ask(path) {
  const response = await fetch(`api/v1/${path}`, {cache: 'no-store', signal: AbortSignal.timeout(10000)});
  if (!response.ok) throw new Error(`${response.status} ${(await response.text()).trim()}`);
  return response.json();
}

async function refreshRooms() {
  const query = new URLSearchParams({search: byId('room-search').value, shard: byId('room-shard').value});
  showRooms(await ask(`rooms?${query}`));
}

async function refresh() {
  try {
    const [status, shards] = await Promise.all([ask('status'), ask('shards')]);
    showStatus(status);
    showShards(shards.shards);
    await refreshRooms();
    byId('stale').hidden = true;
  } catch (error) {
    byId('stale').hidden = false;
    byId('stale').textContent = `No answer from the router; the figures below are old. (${error.message})`;
  }
}

async function loop() {
  if (!document.hidden) await refresh();
  setTimeout(loop, period);
}

byId('search').addEventListener('submit', (event) => event.preventDefault());
byId('search').addEventListener('input', () => refreshRooms().catch(() => {}));
document.addEventListener('visibilitychange', () => document.hidden || refresh());
loop();
