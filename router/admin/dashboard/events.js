// What happened, newest first; splits and their healing stand out.
import {ask} from './api.js';
import {byId, cell, element, emptyRow, KeyedList, row, setHidden, setText} from './dom.js';
import {moment, number, plural} from './format.js';

const first = 20, more = 100, most = 1000;  // shown, shown more at a time, kept

const kinds = {
  splits: /^(split_|room)/,
  shards: /^(shard_|endpoint_|bridge_|target_|lookup_)/,
  replicas: /^(replica_|synced|rules_|reload|draining)/,
};
const styles = {debug: 'idle', info: 'idle', warning: 'warn', error: 'down'};

const rows = new KeyedList(byId('event-rows'), {
  key: (event) => event.id,
  make: makeEvent,
  empty: emptyRow(4, 'Nothing of this kind happened since the router began.'),
});
let known = {started: null, latest: 0, events: []};
let wanted = first;

function makeEvent(event) {
  const time = element('time', {datetime: event.time, text: moment(new Date(event.time))});
  const level = element('span', {class: `state ${styles[event.level] ?? 'idle'}`, text: event.level});
  const split = event.kind === 'split_found' || event.kind === 'room_healed';
  const kind = element('span', {class: split ? 'split' : undefined, text: event.kind.replaceAll('_', ' ')});
  const node = row(cell('Time', {class: 'time'}, time), cell('Level', {}, level), cell('Kind', {}, kind),
                   cell('What happened', {class: 'words', text: event.message}));
  return {nodes: [node], update() {}};
}

function matches(event) {
  const filter = byId('event-filter').value;
  if (filter === 'all') return true;
  if (filter === 'trouble') return event.level === 'warning' || event.level === 'error';
  return kinds[filter].test(event.kind);
}

function show() {
  const found = known.events.filter(matches);
  rows.show(found.slice(0, wanted));
  setText(byId('event-count'), plural(found.length, 'event'));
  setHidden(byId('more-events'), found.length <= wanted);
  setText(byId('more-events'), `Show more of ${number(found.length)}`);
}

export async function refreshEvents() {
  let answer = await ask('events', {after: known.latest, limit: most});
  if (answer.started !== known.started) {  // ids began anew
    if (known.latest > 0) answer = await ask('events', {limit: most});
    known = {started: answer.started, latest: 0, events: []};
  }
  known.latest = answer.latest;
  known.events = [...answer.events, ...known.events].slice(0, most);
  show();
}

export function watchEvents() {
  byId('event-form').addEventListener('submit', (event) => event.preventDefault());
  byId('event-filter').addEventListener('change', () => {
    wanted = first;
    show();
  });
  byId('more-events').addEventListener('click', () => {
    wanted += more;
    show();
  });
}
