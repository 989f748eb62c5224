// Connects the parts of the page: what is asked how often, and what is said when no answer comes.
import {ask} from './api.js';
import {announce, byId, element, setHidden, setText} from './dom.js';
import {refreshEvents, watchEvents} from './events.js';
import {clock} from './format.js';
import {watchOrders} from './orders.js';
import {showStatus} from './overview.js';
import {lateAfter, Poller} from './poller.js';
import {refreshReplicas} from './replicas.js';
import {refreshRooms, watchRooms} from './rooms.js';
import {refreshRules} from './rules.js';
import {refreshShards, watchShards} from './shards.js';

const typing = 250;  // ms without a key before a search is asked

async function refreshStatus() {
  const status = await ask('status');
  document.body.classList.toggle('with-actions', status.dashboard_actions);
  showStatus(status);
}

// A form that searches while somebody types, and at once on Enter.
function find(form, search) {
  let timer = 0;
  const run = () => {
    clearTimeout(timer);
    search().catch(() => {});
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    run();
  });
  form.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(run, typing);
  });
}

// What a section shows, and below its title why it shows nothing.
function source(section, refresh, every) {
  const problem = element('p', {class: 'notice', hidden: true});
  const refused = (why) => {
    if (why && !problem.isConnected) byId(`${section}-title`).closest('section > *').after(problem);
    setText(problem, why);
    setHidden(problem, why === '');
  };
  return {ask: refresh, every, refused};
}

const poller = new Poller([
  source('load', refreshStatus, 1),
  source('shards', refreshShards, 1),
  source('rooms', refreshRooms, 2),
  source('replicas', refreshReplicas, 2),
  source('events', refreshEvents, 2),
  source('rules', refreshRules, 5),
], showFreshness);

let wasLate = false;

function showFreshness() {
  const late = poller.late();
  const since = poller.answered === null ? 'nothing has been shown yet' :
      `what is shown is of ${clock(new Date(poller.answered))}`;
  const why = poller.error ? ` (${poller.error.message})` : '';
  setText(byId('stale-text'), late ? `The router does not answer; ${since}.` : '');
  setText(byId('stale-next'), poller.next ? `Next attempt at ${clock(new Date(poller.next))}.${why}` : why);
  setHidden(byId('stale'), !late);
  document.body.classList.toggle('old', late);
  if (wasLate && !late) announce('The router answers again.');
  wasLate = late;
  const updated = poller.answered === null ? '' : clock(new Date(poller.answered));
  setText(byId('updated'), poller.paused ? `paused at ${updated}` : updated && `as of ${updated}`);
}

byId('pause').addEventListener('click', () => {
  poller.pause(!poller.paused);
  byId('pause').setAttribute('aria-pressed', poller.paused);
  showFreshness();
});
byId('retry').addEventListener('click', () => poller.resume());
watchShards(find);
watchRooms(find);
watchEvents();
watchOrders(() => poller.resume());
setInterval(showFreshness, lateAfter / 6);  // also while an answer is being waited for
poller.resume();
