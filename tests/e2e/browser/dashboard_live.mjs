// SPDX-License-Identifier: Apache-2.0
// The dashboard of real replicas; see dashboard.mjs.
import { newPage, shot, shown, wanted, wrong } from './dashboard_page.mjs';

// The page of a replica, once it shows something.
async function live(url, options) {
  const page = await newPage(options);
  await page.goto(url);
  await shown(page);
  return page;
}

const texts = (page, rows) => page.locator(rows).allInnerTexts();

export async function reading() {
  const page = await live(wanted.first);
  await page.locator('#shard-rows > tr:not(.details)').nth(2).waitFor();
  await page.locator('#event-rows tr').first().waitFor();
  await shot(page, 'live', { fullPage: true });
  return { wrong: await wrong(page), shards: await texts(page, '#shard-rows > tr:not(.details)'),
    replicas: await texts(page, '#replica-rows tr'), events: await texts(page, '#event-rows tr'),
    pins: await texts(page, '#pin-rows tr'), bans: await texts(page, '#ban-rows tr'),
    health: await page.locator('#health').innerText(), title: await page.title(),
    buttons: await page.locator('.orders button:visible').count() };
}

export async function searching() {
  const page = await live(wanted.first);
  const found = [];
  for (const name of wanted.rooms) {
    await page.locator('#room-search').fill(name);
    const row = page.locator('#room-rows > tr:not(.details)');
    await page.waitForFunction(() => document.querySelectorAll('#room-rows > tr:not(.details)').length === 1
      && document.getElementById('announcements').textContent === '1 room found.');
    const facts = page.locator('#room-rows .details:visible dl');
    await row.locator('.fold').click();
    await facts.waitFor();
    found.push({ row: await row.innerText(), facts: await facts.innerText() });
    await page.locator('#room-search').fill('no such room');
    await page.getByText('No room.').waitFor();
  }
  return { wrong: await wrong(page), found, hacked: await page.evaluate(() => typeof window.hacked) };
}

export async function withoutActions() {
  const page = await live(wanted.second);
  await page.locator('#shard-rows tr').first().waitFor();
  return { wrong: await wrong(page), buttons: await page.locator('.orders button:visible').count(),
    heads: await page.getByRole('columnheader', { name: 'Actions' }).count() };
}

// With the keyboard alone: Tab to what is wanted, in whatever order the page has it.
async function tabTo(page, name) {
  for (let i = 0; i < 200; ++i) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => {
      const node = document.activeElement;
      return node.getAttribute('aria-label') ?? node.textContent ?? '';
    });
    if (focused.trim() === name) return;
  }
  throw new Error(`Tab does not lead to ${name}`);
}

async function order(page, name, token) {
  await tabTo(page, `${name} ${wanted.drained}`);
  await page.keyboard.press('Enter');
  await page.locator('dialog[open]').waitFor();
  if (token) await page.keyboard.type(token);
  await page.keyboard.press(token ? 'Enter' : 'Space'); // the field, or the button that has the focus
}

export async function ordering() {
  const page = await live(wanted.first);
  const row = page.locator('#shard-rows > tr:not(.details)', { hasText: wanted.drained });
  const pressed = row.locator('[aria-pressed=true]');
  await row.waitFor();
  await order(page, 'Drain', 'not the right token');
  await page.keyboard.press('Escape');
  await order(page, 'Drain', 'nottherighttoken');
  const refusal = page.locator('#order-refusal:visible');
  await refusal.filter({ hasText: '401' }).waitFor();
  const result = { refused: await refusal.innerText(), focus: await page.evaluate(() => document.activeElement.id),
    kept: await pressed.innerText() };
  await page.keyboard.type(wanted.token);
  await page.keyboard.press('Enter');
  await page.locator('dialog[open]').waitFor({ state: 'detached' });
  await row.locator('[aria-pressed=true]', { hasText: 'Drain' }).waitFor();
  result.back = await page.evaluate(() => document.activeElement.getAttribute('aria-label'));
  await row.locator('.drain').waitFor();
  result.drained = await row.innerText();
  await order(page, 'Ready'); // the token is known by now
  await row.locator('[aria-pressed=true]', { hasText: 'Ready' }).waitFor();
  result.ready = await row.innerText();
  result.stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
  await page.getByRole('button', { name: 'Forget the token' }).click();
  await row.getByRole('button', { name: 'Drain' }).click();
  result.forgotten = await page.locator('#token:visible').count();
  // The browser reports the refused request itself.
  result.wrong = (await wrong(page)).filter((line) => !line.includes('401'));
  return result;
}

export async function below() {
  const page = await newPage();
  const outside = [];
  page.on('request', (request) => request.url().startsWith(wanted.below) || outside.push(request.url()));
  await page.goto(wanted.below);
  await shown(page);
  await page.locator('#shard-rows button', { hasText: 'Ready' }).first().waitFor();
  const row = page.locator('#shard-rows > tr:not(.details)').first();
  await row.getByRole('button', { name: 'Maint.' }).click();
  await page.locator('#token').fill(wanted.token);
  await page.getByRole('button', { name: 'Take out' }).click();
  await row.locator('.state', { hasText: 'maintenance' }).waitFor();
  await row.getByRole('button', { name: 'Ready' }).click();
  await page.getByRole('button', { name: 'Make ready' }).click();
  await row.locator('[aria-pressed=true]', { hasText: 'Ready' }).waitFor();
  return { wrong: await wrong(page), outside };
}
