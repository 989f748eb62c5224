// The other replicas, how far their tables are behind, and HAProxy peers.
import {ask} from './api.js';
import {byId, cell, element, emptyRow, headCell, KeyedList, row, setAttribute, setHidden, setText} from './dom.js';
import {moment, number, plural, span} from './format.js';

const columns = 8;
const styles = {alive: 'up', suspect: 'warn', dead: 'down', left: 'idle'};

const replicas = new KeyedList(byId('replica-rows'), {
  key: (replica) => `${replica.name} ${replica.address}`,
  make: makeReplica,
  empty: emptyRow(columns, 'This replica is alone: peers.listen is not set.'),
});
const haproxies = new KeyedList(byId('haproxy-rows'), {key: (peer) => `${peer.name} ${peer.address}`, make: makeHaproxy});

function tableOf(replica) {
  const entries = replica.entries === null ? '' : `, ${plural(replica.entries, 'entry', 'entries')}`;
  if (!replica.this && !replica.linked) return 'out of reach';
  return (replica.synced ? 'in sync' : 'catching up') + entries;
}

function makeReplica() {
  const name = element('bdi'), here = element('span', {class: 'quiet'}), state = element('span', {class: 'state'});
  const since = element('span', {class: 'quiet'}), address = cell('Address'), table = cell('Table');
  const counts = ['Compared', 'Round trip', 'Waiting'].map((label) => cell(label, {class: 'number'}));
  const linked = cell('Linked since');
  const update = (replica) => {
    setText(name, replica.name);
    setText(here, replica.this ? 'this one' : '');
    setText(address, replica.address);
    setText(state, replica.state);
    setAttribute(state, 'class', `state ${styles[replica.state] ?? 'idle'}`);
    setText(since, `since ${moment(new Date(replica.since))}`);
    setText(table, tableOf(replica));
    const values = [replica.lag_seconds === null ? '–' : `${span(replica.lag_seconds)} ago`,
                    replica.rtt_ms === null ? '–' : `${replica.rtt_ms.toFixed(1)} ms`,
                    replica.this ? '–' : `${number(replica.queued_bytes)} B`];
    counts.forEach((count, i) => setText(count, values[i]));
    setText(linked, replica.linked_since === null ? '–' : moment(new Date(replica.linked_since)));
  };
  const head = headCell({class: 'name'}, name, ' ', here);
  return {nodes: [row(head, address, cell('State', {}, state, ' ', since), table, ...counts, linked)], update};
}

function makeHaproxy() {
  const name = headCell({class: 'name'}), address = cell('Address'), state = element('span', {class: 'state'});
  const why = element('span', {class: 'quiet'});
  const counts = ['Learned', 'Taught', 'Errors'].map((label) => cell(label, {class: 'number'}));
  const update = (peer) => {
    setText(name, peer.name);
    setText(address, peer.address);
    setText(state, peer.connected ? 'connected' : 'not connected');
    setAttribute(state, 'class', `state ${peer.mismatch ? 'warn' : peer.connected ? 'up' : 'down'}`);
    setText(why, peer.mismatch || peer.status);
    const values = [peer.learned_total, peer.taught_total, peer.protocol_errors_total];
    counts.forEach((count, i) => setText(count, number(values[i])));
  };
  return {nodes: [row(name, address, cell('State', {}, state, ' ', why), ...counts)], update};
}

export async function refreshReplicas() {
  const peers = await ask('peers');
  const alive = peers.replicas.filter((replica) => replica.state === 'alive').length;
  const healing = peers.healing ? ` · healing ${plural(peers.healing, 'room')}` : '';
  setText(byId('replica-count'), peers.gossips ? `${alive} of ${peers.replicas.length} alive${healing}` : '');
  replicas.show(peers.replicas);
  setHidden(byId('haproxy'), peers.haproxy.length === 0);
  haproxies.show(peers.haproxy);
}
