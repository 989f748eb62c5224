// SPDX-License-Identifier: Apache-2.0
// The dashboard of real replicas, and with recorded answers, in a browser. Prints as JSON what each
// part showed; test_dashboard.py judges. `only` names the parts to run.
// usage: node dashboard.mjs '{"chromium", "screenshots", "first", "second", "below", "token",
//                             "rooms": [names], "drained", "only": [names]}'
import { browser, wanted } from './dashboard_page.mjs';
import * as live from './dashboard_live.mjs';
import * as recorded from './dashboard_recorded.mjs';

const parts = Object.entries({ ...live, ...recorded }).filter(([name]) => (wanted.only ?? name).includes(name));
const result = {};
try {
  for (const [name, run] of parts) {
    const began = Date.now();
    try {
      result[name] = await run();
    } catch (error) {
      result[name] = { failed: String(error.stack ?? error) };
    }
    result[name].seconds = (Date.now() - began) / 1000;
    await Promise.all(browser.contexts().map((context) => context.close()));
  }
  console.log(JSON.stringify(result));
} finally {
  await browser.close();
}
