// SPDX-License-Identifier: Apache-2.0
// Occupants that speak XMPP with strophe.js, the library of Jitsi's web client, over BOSH or
// websocket. One JSON order per line on stdin, one JSON event per line on stdout.
//
//   {"order": "join", "name", "room", "muc", "services": [url…], "retries"}
//   {"order": "say", "name", "text"}    {"order": "leave", "name"}
//   {"event": "joined" | "lost" | "sees" | "hears", "name", "what"}
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';
import { DOMImplementation, DOMParser } from '@xmldom/xmldom';

const require = createRequire(import.meta.url);
// Libraries may print; stdout carries events only.
console.log = console.info = console.debug = console.error;
globalThis.XMLHttpRequest = require('xhr2');
globalThis.WebSocket = require('ws');
globalThis.DOMParser = DOMParser;
globalThis.document = new DOMImplementation().createDocument('jabber:client', 'strophe', null);
// Browsers have it; strophe.js asks for it while it disconnects.
Object.defineProperty(Object.getPrototypeOf(document.documentElement), 'firstElementChild', {
  get() { return Array.from(this.childNodes).find((node) => node.nodeType === 1) ?? null; },
});
const { $msg, $pres, Strophe } = require('strophe.js');

const RETRY_MS = 150;
const occupants = new Map();

function report(name, event, what = '') {
  process.stdout.write(JSON.stringify({ event, name, what }) + '\n');
}

class Occupant {
  constructor({ name, room, muc, services, retries }) {
    Object.assign(this, { name, room, muc, services, retries, tries: 0, here: false });
  }

  connect() {
    const service = this.services[this.tries % this.services.length];
    this.nick = `${this.name}.${this.tries}`;
    this.tries += 1;
    this.connection = new Strophe.Connection(service);
    this.connection.rawInput = () => {};
    this.connection.maxRetries = this.retries;
    this.connection.connect(this.muc.replace(/^muc\./, ''), null,
      (status) => this.changed(status), 30, 1);
  }

  changed(status) {
    if (status === Strophe.Status.CONNECTED) {
      this.connection.addHandler((stanza) => this.presence(stanza), null, 'presence');
      this.connection.addHandler((stanza) => this.message(stanza), null, 'message');
      this.connection.send($pres({ to: `${this.room}@${this.muc}/${this.nick}` })
        .c('x', { xmlns: 'http://jabber.org/protocol/muc' }));
    } else if (status === Strophe.Status.DISCONNECTED || status === Strophe.Status.CONNFAIL) {
      this.again();
    }
  }

  again() {
    if (this.waiting || this.gone) return;
    this.waiting = true;
    if (this.here) report(this.name, 'lost');
    this.here = false;
    setTimeout(() => { this.waiting = false; this.connect(); }, RETRY_MS);
  }

  leave() {
    this.gone = true;
    this.connection.send($pres({ to: `${this.room}@${this.muc}/${this.nick}`, type: 'unavailable' }));
    this.connection.disconnect('leaving');
  }

  presence(stanza) {
    const nick = Strophe.getResourceFromJid(stanza.getAttribute('from'));
    if (stanza.getAttribute('type') === null || stanza.getAttribute('type') === '') {
      report(this.name, 'sees', nick);
      if (nick === this.nick && !this.here) {
        this.here = true;
        report(this.name, 'joined', nick);
      }
    }
    return true;
  }

  message(stanza) {
    const body = stanza.getElementsByTagName('body')[0];
    if (body) report(this.name, 'hears', Strophe.getText(body));
    return true;
  }

  say(text) {
    this.connection.send($msg({ to: `${this.room}@${this.muc}`, type: 'groupchat' })
      .c('body').t(text));
  }
}

const orders = {
  join(order) {
    const occupant = new Occupant(order);
    occupants.set(order.name, occupant);
    occupant.connect();
  },
  leave: (order) => occupants.get(order.name).leave(),
  say: (order) => occupants.get(order.name).say(order.text),
};

Strophe.setLogLevel(Strophe.LogLevel.ERROR);
createInterface({ input: process.stdin })
  .on('line', (line) => { const order = JSON.parse(line); orders[order.order](order); })
  .on('close', () => process.exit(0));
