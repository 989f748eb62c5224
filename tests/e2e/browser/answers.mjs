// SPDX-License-Identifier: Apache-2.0
// What a busy replica would answer on /api/v1, `second` seconds after the page was opened: six
// shards of which one hiccups, one is drained and one is down; a split that was healed.

export const hostile = `"><img src=x onerror=hacked=1><script>hacked=1</script>'\u202egpj.exe%3Cscript%3E`;

const names = ['standup', '[acme]weekly planning', '[acme]all hands', 'café meeting', 'design review',
  '[uni]lecture 12', '[uni]office hours', 'book club', 'incident 4711', '[acme]interview', 'tea', 'choir'];

// The same in every run.
const noise = (i) => Math.abs(Math.sin(i * 127.1 + 311.7) * 43758.5453) % 1;
const load = (i, second) => 30 + 25 * noise(i) + 14 * Math.sin(second / 40 + 2 * i) + 6 * Math.sin(second / 11 + i);
// Its integral.
const requests = (i, second) => Math.round(1e6 * noise(i) + (30 + 25 * noise(i)) * second -
  14 * 40 * Math.cos(second / 40 + 2 * i) - 6 * 11 * Math.cos(second / 11 + i));

function endpoint(i, k, count, second, { failing, down }) {
  const up = !failing && !down;
  return { name: `web-${k}`, server: `shard-${i}_web-${k}`, address: `10.4.${i}.${10 + k}:80`, up,
    status: failing ? 'NOLB' : up ? 'UP' : 'DOWN', check: up ? 'L7OK/200' : 'L4TOUT', check_ms: 2 + k,
    requests_total: Math.round(requests(i, second) / count), requests_per_second: Math.round(load(i, second) / count),
    outstanding: 20 + i, tunnels: 19,
    responses_5xx_total: i === 2 ? Math.round(2 * Math.max(0, Math.min(second, 232) - 180)) : Math.floor(second / 90),
    connect_failures_total: failing ? 12 : 0 };
}

function shard(i, second) {
  const state = { failing: i === 2 && second > 180 && second < 230, down: i === 5 };
  const drained = i === 4, count = i % 3 === 0 ? 1 : 2;
  const rooms = drained ? Math.max(3, 20 - Math.floor(second / 20)) : 30 + Math.round(8 * noise(i) + second / 30);
  const tunnels = drained ? Math.max(9, 60 - Math.floor(second / 5)) : 140 + Math.round(60 * noise(i) + second / 6);
  const endpoints = Array.from({ length: count }, (_, k) => endpoint(i, k, count, second, state));
  const drain = { state: 'drain', by: 'order', since_seconds: Math.round(second), rooms, tunnels, finished: false };
  return { name: `shard-${i}`, state: state.down ? 'down' : state.failing ? 'soft_down' : 'up',
    admin: drained ? 'drain' : 'ready', agent: 'ready', takes_new_rooms: !state.down && !state.failing && !drained,
    keeps_rooms: !state.down, region: i % 2 ? 'eu-west' : 'eu-north', release: '9457', weight: 100, found_weight: 100,
    priority: 0, rooms: state.down ? 0 : rooms, tunnels: state.down ? 0 : tunnels,
    requests_total: state.down ? 0 : requests(i, second), requests_per_second: Math.round(load(i, second)), endpoints,
    in_state_seconds: Math.round(8000 + second), ...(drained ? { drain } : {}) };
}

function room(i) {
  return { name: names[i] ?? `meeting-${Math.floor(noise(i) * 1e9).toString(36)}`, kind: i === 4 ? 'whiteboard' : 'room',
    sessions: Math.max(0, 24 - 2 * i), epoch: i === 3 ? 1 : 0, age_seconds: 300 + 97 * i, expires_seconds: 86400 - i,
    shard: `shard-${i % 5}` };
}

function detail(at, second) {
  const whole = shard(2, second);
  const change = (ago, what, from, to, reason) => ({ time: at(ago), what, from, to, reason });
  return { ...whole,
    endpoints: whole.endpoints.map((each) => ({ ...each, history: [change(118, 'health', 'up', 'down', 'L4TOUT')] })),
    history: [change(70, 'state', 'soft_down', 'up', 'checks pass again'), change(120, 'state', 'up', 'soft_down', 'web-0: L4TOUT')] };
}

function events(at) {
  const list = [
    [68, 'shard_state', 'info', 'shard-2 is up again'],
    [90, 'room_healed', 'info', 'standup was healed: its 7 sessions on shard-1 were ended, it lives on shard-0'],
    [92, 'split_found', 'warning', 'standup lives on shard-0 and on shard-1; shard-0 keeps it'],
    [118, 'shard_state', 'warning', 'shard-2 fails its checks and keeps its rooms for 30 s'],
    [300, 'shard_admin', 'info', 'shard-4: ready → drain'],
    [4000, 'rooms_moved', 'warning', '41 rooms moved away from shard-5, which was down'],
    [4001, 'shard_state', 'error', 'shard-5 is down'],
    [9000, 'replica_state', 'info', 'router-1 is alive'],
  ];
  return { replica: 'router-0', started: at(93784), names: 'plain', latest: list.length, oldest: 1, missed: 0,
    events: list.map(([ago, kind, level, message], i) => ({ id: list.length - i, time: at(ago), kind, level, message })) };
}

function replica(at, i, entries) {
  return { name: `router-${i}`, address: `10.2.0.${5 + i}:7946`, state: i === 2 ? 'suspect' : 'alive', this: i === 0,
    linked: i === 1, synced: true, since: at(i === 2 ? 40 : 900), linked_since: i === 1 ? at(900) : null,
    last_heard: i ? at(3) : null, lag_seconds: [null, 2.4, 44.1][i], rtt_ms: i ? 0.412 : null, queued_bytes: 0,
    incarnation: 1, entries: i ? null : entries, rooms: i ? null : entries };
}

const haproxy = (at) => [{ name: 'haproxy-0', address: '10.0.0.7:1024', status: 'ESTA', connected: true,
  last_handshake: at(50), connects_total: 1, protocol_errors_total: 0, learned_total: 120, corrected_total: 2,
  taught_total: 4181, unknown_servers_total: 0, unreadable_names_total: 0, mismatch: '' }];

function place(at, name) {
  return { name, names: 'plain', replicas: [{ name: 'router-1', linked: true }, { name: 'router-2', linked: false }],
    places: [{ name, kind: 'room', shard: 'shard-1', shard_state: 'up', shard_admin: 'ready', since: at(500), expires: null,
      moves: 0, bound_by: 'router-1', sessions: [{ replica: 'router-0', sessions: 12 }], split: false }] };
}

// `now`: the page's clock, in milliseconds.
export function answers(second, now, { shards: count = 6, rooms: many = 143, actions = true } = {}) {
  const at = (ago) => new Date(now - 1000 * ago).toISOString();
  const shards = Array.from({ length: count }, (_, i) => shard(i, second));
  const sum = (field) => shards.reduce((total, each) => total + each[field], 0);
  const errors = shards.flatMap((each) => each.endpoints).reduce((total, each) => total + each.responses_5xx_total, 0);
  const status = { replica: 'router-0', region: 'eu-north', versions: { version: '0.1.0' }, uptime_seconds: Math.round(93784 + second),
    ready: true, reason: '', workers: 2, workers_alive: 2, connections: 1284, connection_limit: 524288,
    tunnels: sum('tunnels'), rooms: sum('rooms'), table_entries: sum('rooms'), table_size: 200000,
    requests_total: sum('requests_total'), requests_per_second: 200, requests_refused_total: 12,
    responses_5xx_total: errors, rooms_moved_total: 41, split_rooms_total: 1, healed_rooms_total: 1, synced: true,
    shards: count, shards_taking_rooms: shards.filter((each) => each.takes_new_rooms).length, shards_answered: true,
    shards_generation: 4, dashboard_actions: actions,
    config: { generation: 1, last_reload_succeeded: true, last_result: 'loaded', mistakes: [] } };
  return { status, events: events(at),
    shards: { generation: 4, total: count, shards }, shard: () => detail(at, second),
    rooms: { total: many, names: 'plain', rooms: Array.from({ length: many }, (_, i) => room(i)) },
    room: (name) => place(at, name),
    peers: { gossips: true, cluster: 'jitsi', synced: true, split_rooms_total: 1, healed_rooms_total: 1, healing: 0,
      replicas: [0, 1, 2].map((i) => replica(at, i, status.rooms)), haproxy: haproxy(at) },
    pins: { names: 'plain', pins: [{ scope: 'tenant', name: 'acme', to: 'region', value: 'eu-north', configured: true },
      { scope: 'room', name: '[uni]lecture12', to: 'shard', value: 'shard-3', configured: false }] },
    bans: { names: 'plain', bans: [{ scope: 'prefix', name: 'spam', action: 'redirect', configured: false },
      { scope: 'tenant', name: 'oldcustomer', action: '403', configured: true }] } };
}

// The same with a name that no page may take for markup, wherever a name can be.
export function withHostileNames(all) {
  const copy = structuredClone({ ...all, shard: all.shard(), room: all.room(hostile) });
  Object.assign(copy.shards.shards[0], { name: hostile, region: hostile, release: hostile });
  Object.assign(copy.shards.shards[0].endpoints[0], { name: hostile, check: hostile, address: hostile, status: hostile });
  Object.assign(copy.shard, copy.shards.shards[0]);
  copy.shard.history = [{ time: copy.events.started, what: 'state', from: hostile, to: hostile, reason: hostile }];
  Object.assign(copy.rooms.rooms[0], { name: hostile, shard: hostile });
  Object.assign(copy.room.places[0], { shard: hostile, bound_by: hostile });
  Object.assign(copy.peers.replicas[1], { name: hostile, address: hostile });
  Object.assign(copy.peers.haproxy[0], { name: hostile, mismatch: hostile });
  Object.assign(copy.events.events[0], { message: hostile });
  Object.assign(copy.pins.pins[1], { name: hostile, value: hostile });
  Object.assign(copy.bans.bans[0], { name: hostile });
  Object.assign(copy.status, { replica: hostile, region: hostile, versions: { [hostile]: hostile }, ready: false, reason: hostile });
  return { ...copy, shard: () => copy.shard, room: () => copy.room };
}
