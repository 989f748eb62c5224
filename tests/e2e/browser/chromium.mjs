// SPDX-License-Identifier: Apache-2.0
// An installed Chromium, and pages that keep what went wrong on them in `page.mistakes`.
import { chromium } from 'playwright-core';

export const patience = 20000; // milliseconds

export const launch = (executablePath) => chromium.launch({
  executablePath,
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

export function watch(page) {
  page.setDefaultTimeout(patience);
  page.mistakes = [];
  page.on('pageerror', (error) => page.mistakes.push(String(error)));
  page.on('console', (line) => line.type() === 'error' && page.mistakes.push(line.text()));
  page.on('dialog', (dialog) => {
    page.mistakes.push(`a dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  return page;
}
