// SPDX-License-Identifier: Apache-2.0
// A page, a request of it and a websocket of it over TLS, twice.
// Prints as JSON what each visit saw; test_browser_tls.py judges.
// usage: node tls.mjs '{"chromium", "url", "port", "keys": [hash, …]}'
import { chromium } from 'playwright-core';
import { watch } from './chromium.mjs';

const wanted = JSON.parse(process.argv[2]);
const browser = await chromium.launch({
  executablePath: wanted.chromium,
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
    `--host-resolver-rules=MAP meet.test 127.0.0.1:${wanted.port}`,
    `--ignore-certificate-errors-spki-list=${wanted.keys.join(',')}`],
});

async function visit() {
  const page = watch(await browser.newPage());
  const answer = await page.goto(wanted.url);
  const details = await answer.securityDetails();
  const said = await page.evaluate(async () => {
    const fetched = await (await fetch('/http-bind?room=r')).text();
    const heard = await new Promise((resolve, reject) => {
      const socket = new WebSocket('wss://meet.test/xmpp-websocket?room=r', 'xmpp');
      socket.onmessage = (message) => resolve(message.data);
      socket.onerror = () => reject(new Error('the websocket failed'));
    });
    return { fetched, heard };
  });
  const result = { status: answer.status(), protocol: details.protocol, mistakes: page.mistakes, ...said };
  await page.close();
  return result;
}

try {
  console.log(JSON.stringify([await visit(), await visit()]));
} finally {
  await browser.close();
}
