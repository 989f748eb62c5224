// What an operator orders about a shard: asked once more, with the token, which stays in this
// page's memory only and is forgotten as soon as it is refused.
import {order as send} from './api.js';
import {announce, byId, setHidden, setText} from './dom.js';
import {plural} from './format.js';

const questions = {
  ready: {
    title: (name) => `Make ${name} ready?`,
    text: () => 'It takes new rooms again, on all replicas.',
    confirm: 'Make ready',
    done: (name) => `${name} was made ready.`,
  },
  drain: {
    title: (name) => `Drain ${name}?`,
    text: (shard) => `It gets no new rooms, on all replicas. Its ${plural(shard.rooms, 'room')} and ` +
        `${plural(shard.tunnels, 'session')} here stay until they end.`,
    confirm: 'Drain',
    done: (name) => `${name} is being drained.`,
  },
  maint: {
    title: (name) => `Take ${name} out for maintenance?`,
    text: (shard) => `Its ${plural(shard.rooms, 'room')} move to other shards at once and their participants ` +
        'are reconnected. Drain it first to wait for them.',
    confirm: 'Take out',
    done: (name) => `${name} is in maintenance.`,
  },
};

const hints = {
  401: 'The token was refused',
  403: 'Changes are not allowed here',
  404: 'The shard is gone',
  409: 'The router can’t do that now',
};

const dialog = byId('order');
let token = '';
let current = null;  // {shard, state}
let asking = false;
let changed = () => {};

function keep(value) {
  token = value;
  setHidden(byId('forget'), token === '');
}

function refuse(text) {
  setText(byId('order-refusal'), text);
  setHidden(byId('order-refusal'), text === '');
}

function askForToken() {
  setHidden(byId('token-label'), token !== '');
  setHidden(byId('token-hint'), token !== '');
}

// Opens the question; the focus returns to the button when it is closed.
export function order(shard, state) {
  current = {shard, state};
  const question = questions[state];
  setText(byId('order-title'), question.title(shard.name));
  setText(byId('order-text'), question.text(shard));
  setText(byId('order-confirm'), question.confirm);
  refuse('');
  byId('token').value = '';
  askForToken();
  dialog.showModal();
  (token === '' ? byId('token') : byId('order-confirm')).focus();
}

function explain(error) {
  if (error.status === undefined) return `The router did not answer: ${error.message}`;
  const hint = hints[error.status] ?? 'The router refused';
  return `${hint} (${error.status}): ${error.message}`;
}

async function confirm() {
  const {shard, state} = current;
  const given = token || byId('token').value.trim();
  if (!/^[\x21-\x7e]+$/.test(given)) {
    refuse(given === '' ? 'Type the token first.' : 'A token has no spaces and no letters beyond ASCII.');
    byId('token').focus();
    return;
  }
  if (asking) return;
  asking = true;
  setText(byId('order-confirm'), 'Asking the router…');
  try {
    await send('POST', `shards/${encodeURIComponent(shard.name)}/${state}`, given);
    keep(given);
    dialog.close();
    announce(questions[state].done(shard.name));
    changed();
  } catch (error) {
    if (error.status === 401) keep('');
    askForToken();
    refuse(explain(error));
    byId('token').value = '';
    if (token === '') byId('token').focus();
  }
  asking = false;
  setText(byId('order-confirm'), questions[state].confirm);
}

// `afterwards` when an order was taken.
export function watchOrders(afterwards) {
  changed = afterwards;
  byId('order-form').addEventListener('submit', (event) => {
    event.preventDefault();
    confirm();
  });
  byId('order-cancel').addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => {
    byId('token').value = '';
  });
  byId('forget').addEventListener('click', () => {
    keep('');
    announce('The token is forgotten.');
    byId('main').focus({preventScroll: true});
  });
}
