// Which rooms belong on certain shards, and which are refused.
import {ask} from './api.js';
import {byId, cell, element, emptyRow, headCell, KeyedList, row, setText} from './dom.js';

const scopes = {room: 'room', prefix: 'rooms that begin with', tenant: 'tenant'};
const answers = {redirect: 'pages go to /, the rest is refused', 403: 'refused'};

function listOf(id, label, empty, answerOf) {
  const make = () => {
    const scope = element('span', {class: 'quiet'}), name = element('bdi'), by = cell('By');
    const answer = cell(label);
    const update = (rule) => {
      setText(scope, scopes[rule.scope] ?? rule.scope);
      setText(name, rule.name === '' ? 'not shown' : rule.name);
      setText(answer, answerOf(rule));
      setText(by, rule.configured ? 'configuration' : 'order');
    };
    return {nodes: [row(headCell({class: 'name'}, scope, ' ', name), answer, by)], update};
  };
  // Names may be hidden, and then look alike.
  const key = (rule) => `${rule.scope} ${rule.name || `#${rule.position}`}`;
  return new KeyedList(byId(id), {key, make, empty: emptyRow(3, empty)});
}

const pins = listOf('pin-rows', 'Belongs on', 'No pin.', (pin) => `${pin.to} ${pin.value}`);
const bans = listOf('ban-rows', 'Answer', 'No ban.', (ban) => answers[ban.action] ?? ban.action);

const placed = (rules) => rules.map((rule, position) => ({...rule, position}));

export async function refreshRules() {
  const [pinned, banned] = await Promise.all([ask('pins'), ask('bans')]);
  pins.show(placed(pinned.pins));
  bans.show(placed(banned.bans));
}
