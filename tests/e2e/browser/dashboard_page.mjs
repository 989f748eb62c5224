// SPDX-License-Identifier: Apache-2.0
// What both halves of dashboard.mjs do with a page of the dashboard.
import { launch, watch } from './chromium.mjs';

export const wanted = JSON.parse(process.argv[2]);
export const browser = await launch(wanted.chromium);

export async function newPage(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 900 }, reducedMotion: 'reduce', ...options });
  await context.addInitScript(() => {
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (event) =>
      window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
  });
  return watch(await context.newPage());
}

// Once it shows something.
export const shown = (page) => page.locator('#replica-rows tr').first().waitFor();
export const wrong = async (page) => [...page.mistakes, ...await page.evaluate(() => window.violations)];
export const shot = (page, name, options) => page.screenshot({ path: `${wanted.screenshots}/dashboard-${name}.png`, ...options });
