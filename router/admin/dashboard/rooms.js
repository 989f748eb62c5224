// Where rooms are: a search, a page of the answer at a time, and one room in full.
import {ask} from './api.js';
import {announce, byId, cell, element, emptyRow, headCell, KeyedList, row, setAttribute, setText, typed} from './dom.js';
import {moment, number, plural, span} from './format.js';
import {Pages} from './pages.js';
import {stateOf} from './shard_row.js';

const size = 20;
const columns = 6;

const pages = new Pages(byId('room-pages'), size, () => refreshRooms().catch(() => {}));
const rows = new KeyedList(byId('room-rows'), {
  key: (room) => `${room.kind} ${room.name || `#${room.position}`}`,
  make: (room) => new RoomRow(room),
  empty: emptyRow(columns, 'No room.'),
});
let made = 0;
let asked = 0;

const fact = (name, ...value) => element('div', {}, element('dt', {text: name}), element('dd', {}, ...value));

function shardState(place) {
  if (place.shard === null) return '';
  const [word, style] = stateOf({state: place.shard_state, admin: place.shard_admin});
  return element('span', {class: `state ${style}`, text: word});
}

// One of GET rooms/NAME's places, with who holds it.
function placeFacts(place, others) {
  const held = place.sessions.filter(({sessions}) => sessions > 0)
      .map(({replica, sessions}) => `${replica} (${plural(sessions, 'session')})`).join(', ');
  const lease = place.expires === null ? 'held by its sessions' : `until ${moment(new Date(place.expires))}`;
  const known = others.map(({name, linked}) => `${name}${linked ? '' : ' (out of reach)'}`).join(', ');
  return element('dl', {class: 'facts'},
    fact('What', place.kind),
    fact('Shard', element('bdi', {text: place.shard === null ? 'gone' : place.shard}), ' ', shardState(place)),
    fact('There since', moment(new Date(place.since))),
    fact('Bound by', place.bound_by === null ? 'not known' : place.bound_by),
    fact('Sessions on', held || 'no replica that is known here'),
    fact('Lease', lease),
    fact('Moved', place.moves ? plural(place.moves, 'time') : 'never'),
    fact('Also known to', known || 'nobody else'),
    ...(place.split ? [fact('Split', 'two replicas had placed it apart; it is being healed')] : []));
}

class RoomRow {
  constructor(room) {
    const id = `room-${++made}`;
    this.name = room.name;
    this.fold = element('button', {type: 'button', class: 'fold', 'aria-expanded': 'false', 'aria-controls': id});
    this.fold.addEventListener('click', () => this.open());
    this.kind = element('span', {class: 'quiet'});
    this.shard = cell('Shard');
    this.sessions = cell('Sessions here', {class: 'number'});
    this.since = element('time');
    this.age = element('span', {class: 'quiet'});
    this.lease = cell('Lease');
    this.moves = cell('Moves', {class: 'number'});
    this.inside = element('td', {role: 'cell', colspan: columns});
    this.details = element('tr', {role: 'row', class: 'details', id, hidden: true}, this.inside);
    const name = room.name ? this.fold : element('span', {class: 'quiet', text: 'not shown'});
    this.nodes = [row(headCell({class: 'name'}, name, ' ', this.kind), this.shard, this.sessions,
                      cell('There since', {}, this.since, ' ', this.age), this.lease, this.moves), this.details];
  }

  get unfolded() {
    return !this.details.hidden;
  }

  open() {
    this.details.hidden = this.unfolded;
    this.fold.setAttribute('aria-expanded', this.unfolded);
    if (this.unfolded) this.showDetails();
  }

  async showDetails() {
    let found;
    try {
      const room = await ask(`rooms/${encodeURIComponent(this.name)}`);
      found = room.places.map((place) => placeFacts(place, room.replicas));
    } catch (error) {
      found = [element('p', {text: error.message})];
    }
    const fresh = element('div', {}, ...found);
    if (this.inside.firstChild?.textContent !== fresh.textContent) this.inside.replaceChildren(fresh);
  }

  update(room) {
    const began = Date.now() - 1000 * room.age_seconds;
    // Whole seconds on both clocks: the same moment may look one or two apart.
    if (this.began === undefined || Math.abs(began - this.began) > 3000) this.began = began;
    setText(this.fold, room.name);
    setText(this.kind, room.kind === 'room' ? '' : room.kind);
    setText(this.shard, room.shard === null ? 'gone' : room.shard);
    setText(this.sessions, number(room.sessions));
    setText(this.since, moment(new Date(this.began)));
    setAttribute(this.since, 'datetime', new Date(this.began).toISOString());
    setText(this.age, span(room.age_seconds));
    setText(this.lease, room.sessions ? 'held' : `${span(room.expires_seconds)} left`);
    setText(this.moves, number(room.epoch));
  }
}

export async function refreshRooms() {
  const mine = ++asked;
  const parameters = {search: typed('room-search'), shard: typed('room-shard'), limit: size,
                      offset: pages.offset};
  const answer = await ask('rooms', parameters);
  if (mine !== asked) return answer.total;  // another question was asked meanwhile
  if (!pages.show(answer.total)) return refreshRooms();
  setText(byId('room-count'), plural(answer.total, 'room'));
  rows.show(answer.rooms.map((room, i) => ({...room, position: pages.offset + i})));
  await Promise.all([...rows.entries.values()].filter((row) => row.unfolded).map((row) => row.showDetails()));
  return answer.total;
}

export function watchRooms(find) {
  find(byId('room-form'), async () => {
    pages.offset = 0;
    announce(`${plural(await refreshRooms(), 'room')} found.`);
  });
}
