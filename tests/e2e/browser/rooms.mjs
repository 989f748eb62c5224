// SPDX-License-Identifier: Apache-2.0
// Three people in a browser: two in one room through two replicas, its name written differently,
// one in another room. Prints as JSON what each page showed; test_browser.py judges.
// usage: node rooms.mjs '{"chromium", "first", "second", "other", "dashboard", "screenshots"}'
import { launch, patience, watch } from './chromium.mjs';

const wanted = JSON.parse(process.argv[2]);
const browser = await launch(wanted.chromium);

async function enter(url, name) {
  const context = await browser.newContext({ viewport: { width: 1100, height: 760 } });
  await context.addInitScript((own) => sessionStorage.setItem('name', own), name);
  const page = watch(await context.newPage());
  await page.goto(url);
  await page.locator('#state', { hasText: /^connected$/ }).waitFor();
  return page;
}

async function say(page, text) {
  await page.getByLabel('Message').fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
}

const hear = (page, text) => page.locator('#messages li', { hasText: text }).first().waitFor();

async function seen(page) {
  return {
    room: await page.locator('#room').innerText(),
    shard: await page.locator('#shard').innerText(),
    replica: await page.locator('#replica').innerText(),
    verdict: await page.locator('#verdict').innerText(),
    people: await page.locator('#people li').allInnerTexts(),
    messages: await page.locator('#messages li').allInnerTexts(),
    answers: await page.locator('td[id^=from-]').allInnerTexts(),
    mistakes: page.mistakes,
  };
}

try {
  const anna = await enter(wanted.first, 'Anna');
  const ben = await enter(wanted.second, 'Ben');
  const cleo = await enter(wanted.other, 'Cleo');
  for (const page of [anna, ben]) {
    await page.locator('#people li').nth(1).waitFor();
  }
  await say(anna, 'hello from Anna');
  await hear(ben, 'hello from Anna');
  await say(ben, 'hello from Ben');
  await hear(anna, 'hello from Ben');
  await say(cleo, 'alone here');
  await hear(cleo, 'alone here');
  for (const page of [anna, ben, cleo]) {
    await page.locator('#verdict', { hasText: /\w/ }).waitFor();
  }
  const dashboard = await browser.newPage();
  await dashboard.goto(wanted.dashboard);
  await dashboard.getByText(await anna.locator('#room').innerText()).first().waitFor({ timeout: patience })
    .catch(() => {}); // the page's text says what it showed instead
  const result = {
    anna: await seen(anna), ben: await seen(ben), cleo: await seen(cleo),
    dashboard: await dashboard.locator('body').innerText(),
  };
  for (const [name, page] of Object.entries({ anna, ben, cleo, dashboard })) {
    await page.screenshot({ path: `${wanted.screenshots}/demo-${name}.png` });
  }
  console.log(JSON.stringify(result));
} finally {
  await browser.close();
}
