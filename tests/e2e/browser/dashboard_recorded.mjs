// SPDX-License-Identifier: Apache-2.0
// The dashboard with recorded answers and a clock that is turned by hand; see dashboard.mjs.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { answers, withHostileNames } from './answers.mjs';
import { newPage, shot, shown, wanted, wrong } from './dashboard_page.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

async function recorded(options = {}, change = (all) => all) {
  const page = await newPage(options);
  const began = Date.now();
  Object.assign(page, { turned: 0, asked: 0, answer: true }); // turned: seconds the clock was put forward
  await page.clock.install();
  await page.route('**/api/v1/**', async (route) => {
    page.asked += 1;
    if (page.answer !== true) return page.answer(route);
    if (route.request().method() === 'POST') {
      return route.fulfill({ status: page.refusal, json: { error: `because of ${page.refusal}` } });
    }
    const url = new URL(route.request().url());
    const [what, name] = url.pathname.split('/api/v1/')[1].split('/');
    const now = Date.now() + 1000 * page.turned;
    const all = change(answers((now - began) / 1000, now, options), page);
    const json = name ? all[what.slice(0, -1)](decodeURIComponent(name)) : part(all[what], what, url.searchParams);
    return route.fulfill({ json });
  });
  await page.goto(wanted.first);
  await shown(page);
  await page.locator('#ban-rows tr').first().waitFor();
  return page;
}

// What the router would send of a long list.
function part(whole, what, query) {
  if (what === 'events' && Number(query.get('after')) > 0) return { ...whole, events: [] };
  if (what !== 'rooms' && what !== 'shards') return whole;
  const offset = Number(query.get('offset'));
  const found = whole[what].filter(({ name }) => name.includes(query.get('search')));
  return { ...whole, total: found.length, [what]: found.slice(offset, offset + Number(query.get('limit'))) };
}

// One refresh of everything, `seconds` later.
async function later(page, seconds) {
  page.turned += seconds;
  const before = await page.locator('#updated').innerText();
  await page.clock.fastForward(1000 * seconds);
  await page.waitForFunction((text) => document.getElementById('updated').textContent !== text, before, { polling: 20 });
}

async function checked(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  return found.violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target} ${node.failureSummary}`));
}

// What reaches beyond the right edge, when that makes the page wider than the window.
const overflow = (page) => page.evaluate(() => {
  if (document.documentElement.scrollWidth <= window.innerWidth) return [];
  return [...document.querySelectorAll('body *')].filter((node) => node.getBoundingClientRect().right > window.innerWidth)
    .map((node) => `${node.tagName} ${node.id} ${node.className} ${node.getBoundingClientRect().right}`);
});

export async function looks() {
  const page = await recorded({}, (all) => all);
  for (let i = 0; i < 25; ++i) await later(page, 12);
  await shot(page, 'light');
  await page.locator('#figures summary').click();
  await page.locator('#shard-rows .fold').nth(2).click();
  await page.locator('#shard-rows .details:visible li').first().waitFor();
  await page.locator('#room-rows .fold').nth(1).click();
  await page.locator('#room-rows .details:visible dl').waitFor();
  const result = { charts: await page.locator('figure svg').evaluateAll((all) => all.map((each) => each.getAttribute('aria-label'))),
    strip: await page.locator('.strip').nth(2).getAttribute('aria-label'),
    figures: await page.locator('#figure-rows tr').count(), light: await checked(page),
    split: await page.locator('#event-rows tr', { hasText: 'split found' }).innerText() };
  await page.emulateMedia({ colorScheme: 'dark' });
  result.dark = await checked(page);
  await page.locator('#shards').evaluate((node) => node.scrollIntoView());
  await shot(page, 'dark');
  await page.locator('#shard-rows button', { hasText: 'Drain' }).first().click();
  result.dialog = await checked(page);
  await page.keyboard.press('Escape');
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 320, height: 800 });
  result.phone = await checked(page);
  result.overflow = await overflow(page);
  await page.locator('#shards').evaluate((node) => node.scrollIntoView());
  await shot(page, 'phone');
  return { ...result, wrong: await wrong(page) };
}

export async function hostileNames() {
  const page = await recorded({ viewport: { width: 320, height: 800 } }, withHostileNames);
  const before = await page.locator('img, script').count();
  await page.locator('#shard-rows .fold').first().click();
  await page.locator('#room-rows .fold').first().click();
  await page.locator('#room-rows .details:visible dl').waitFor();
  await page.locator('#shard-rows .details:visible li').first().waitFor();
  await page.locator('#shard-rows button', { hasText: 'Drain' }).first().click();
  const told = await page.evaluate(() => document.body.textContent);
  return { wrong: await wrong(page), added: await page.locator('img, script').count() - before,
    hacked: await page.evaluate(() => typeof window.hacked), overflow: await overflow(page),
    turned: told.includes('\u202e'), told: told.split('<script>hacked=1</script>').length - 1 };
}

export async function refusing() {
  const page = await recorded();
  const said = [];
  for (page.refusal of [401, 403, 404, 409, 503]) {
    await page.getByRole('button', { name: 'Drain shard-0' }).click();
    await page.locator('#token').fill('a-token');
    await page.getByRole('button', { name: 'Drain', exact: true }).click();
    await page.getByText(`because of ${page.refusal}`).waitFor();
    said.push(await page.locator('#order-refusal').innerText());
    await page.getByRole('button', { name: 'Cancel' }).click();
  }
  return { said, wrong: (await wrong(page)).filter((line) => !line.includes('status of')) };
}

export async function refreshing() {
  const reversed = (all, { turned }) => {
    const list = [...all.rooms.rooms];
    return { ...all, rooms: { ...all.rooms, rooms: turned % 4 ? list.reverse() : list } };
  };
  const page = await recorded({ rooms: 12 }, reversed);
  await page.evaluate(() => {
    window.said = [];
    const observer = new MutationObserver((changes) => window.said.push(...changes.map(({ target }) => target.textContent)));
    for (const node of document.querySelectorAll('[role=status], [role=alert], [aria-live]')) {
      observer.observe(node, { childList: true, characterData: true, subtree: true });
    }
  });
  const fold = page.locator('#room-rows .fold', { hasText: 'tea' });
  await fold.click();
  await page.evaluate(() => Object.assign(window, { focused: document.activeElement }));
  for (let i = 0; i < 6; ++i) await later(page, 2);
  return { wrong: await wrong(page), said: await page.evaluate(() => window.said),
    kept: await page.evaluate(() => document.activeElement === window.focused && window.focused.isConnected),
    opened: await fold.getAttribute('aria-expanded') };
}

// From one end to the other with Tab: what has the focus, and whether that can be seen.
export async function walking() {
  const page = await recorded({ rooms: 5 });
  const walked = [];
  for (let i = 0; i < 200; ++i) {
    await page.keyboard.press('Tab');
    const step = await page.evaluate(() => {
      const node = document.activeElement;
      const name = node.getAttribute('aria-label') ?? (node.labels?.[0] ?? node).textContent;
      return { body: node === document.body, name: name.trim(), seen: getComputedStyle(node).outlineStyle !== 'none' };
    });
    if (step.body) break;
    walked.push(step);
  }
  await page.getByRole('link', { name: 'Skip to content' }).focus();
  await page.keyboard.press('Enter');
  return { names: walked.map(({ name }) => name), unseen: walked.filter(({ seen }) => !seen), wrong: await wrong(page),
    skipped: await page.evaluate(() => document.activeElement.id) };
}

export async function silence() {
  const page = await recorded();
  const stale = page.locator('#stale');
  const result = { before: await stale.isVisible() };
  page.answer = () => {}; // never
  await page.clock.fastForward(2000);
  await page.clock.runFor(10000);
  result.slow = await stale.innerText();
  page.answer = (route) => route.abort();
  await page.reload();
  await stale.waitFor();
  result.dead = await stale.innerText();
  page.asked = 0;
  await page.clock.runFor(120000);
  result.asked = page.asked;
  page.answer = true;
  await page.getByRole('button', { name: 'Try now' }).click();
  await stale.waitFor({ state: 'hidden' });
  result.said = await page.locator('#announcements').textContent();
  return result;
}

export async function looking() {
  const page = await recorded();
  const turn = async (hidden) => {
    await page.evaluate((value) => {
      Object.defineProperty(document, 'hidden', { value, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
  };
  const count = async () => {
    page.asked = 0;
    await page.clock.runFor(60000);
    return page.asked;
  };
  const result = { seen: await count() };
  await turn(true);
  await page.clock.runFor(2000); // what was under way
  result.hidden = await count();
  await turn(false);
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.clock.runFor(2000);
  result.paused = await count();
  result.says = await page.locator('#updated').innerText();
  return { ...result, wrong: await wrong(page) };
}

export async function crowd() {
  const page = await recorded({ shards: 1000, rooms: 10000 });
  const result = { nodes: await page.locator('*').count() };
  await page.evaluate(() => Object.assign(window, { first: document.querySelector('#shard-rows tr') }));
  await later(page, 2);
  result.kept = await page.evaluate(() => window.first === document.querySelector('#shard-rows tr'));
  const pages = page.locator('#room-pages');
  result.text = await pages.innerText();
  await pages.getByRole('button', { name: 'Next' }).click();
  await pages.getByText('21–40').waitFor();
  await page.locator('#shard-search').fill('shard-99');
  await page.getByText('11 shards found.').waitFor();
  result.rows = await page.locator('#shard-rows > tr:not(.details)').count();
  return { ...result, wrong: await wrong(page) };
}
