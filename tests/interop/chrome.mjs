// Chromium for the scripts that look at pages: a browser, a page of a new person's, a picture after a look at what every page of
// ours must have. Pictures go to SHOTS.

import { chromium } from 'playwright-core';
import { assert, given } from './steps.mjs';

const [SHOTS] = given('SHOTS');

/** Headless, and quiet about everything but the pages. */
export const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync',
  ],
});

/** A new person's browser: no cookies, these settings. Whatever its console says against a page fails the run. */
export async function open(settings = {}) {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1000, height: 800 }, ...settings });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  page.complaints = [];
  page.on('console', (message) => {
    const ofStatus = /the server responded with a status of 4/.test(message.text());
    if (message.type() === 'error' && !ofStatus) page.complaints.push(message.text());
  });
  page.on('pageerror', (error) => page.complaints.push(String(error)));
  return page;
}

/** In which the pages are looked at. */
export const looks = {
  'light': {}, 'dark-german': { locale: 'de-DE', colorScheme: 'dark' },
  'narrow': { viewport: { width: 360, height: 700 }, hasTouch: true, isMobile: true },
  'no-script': { javaScriptEnabled: false, locale: 'de-AT' },
};

/** A picture in a look: what a page has inside can be asked only where script runs. */
export function picture(page, name, look) {
  if (look !== 'no-script') return shot(page, `${name}-${look}`);
  return page.screenshot({ path: `${SHOTS}/${name}-${look}.png`, fullPage: true });
}

/** Presses the button that has one of these names. */
export const press = (page, ...names) => page.getByRole('button', { name: new RegExp(`^(${names.join('|')})$`) }).first().click();

/** Ticks what is needed and says yes. */
export async function allow(page) {
  for (const needed of await page.locator('input[type=checkbox][required]').all()) await needed.check();
  await press(page, 'Allow', 'Erlauben');
}

/** Name and password, with the keyboard alone. */
export async function enter(page, username, password) {
  await page.locator('input[type=text], input:not([type])').first().fill(username);
  await page.locator('input[type=password]').fill(password);
  await page.locator('input[type=password]').press('Enter');
}

/** A picture of a page of ours, after a look at what every one of them must have. */
export async function shot(page, name) {
  assert.deepEqual(page.complaints, []);
  const found = await page.evaluate(() => {
    const labelled = (input) => input.labels?.length > 0 || input.ariaLabel;
    const shown = [...document.querySelectorAll('input:not([type=hidden]), select, textarea')];
    return {
      lang: document.documentElement.lang, title: document.title.trim().length > 0,
      headings: document.querySelectorAll('h1').length, main: document.querySelectorAll('main').length,
      unlabelled: shown.filter((input) => !labelled(input)).length,
      pictures: [...document.images].filter((image) => !image.hasAttribute('alt')).length,
      unnamed: [...document.querySelectorAll('button, a')].filter((one) => !one.textContent.trim() && !one.ariaLabel).length,
      tooWide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
      styled: document.styleSheets.length > 0 && document.styleSheets[0].cssRules.length > 0,
      inline: [...document.querySelectorAll('style, [style]:not([style=""]), script:not([src])')].map((one) => one.outerHTML.slice(0, 120)),
    };
  });
  await page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true });
  const { lang, ...rest } = found;
  assert.match(lang, /^(en|de)$/, `${page.url()}: ${await page.content()}`);
  assert.deepEqual(rest, {
    title: true, headings: 1, main: 1, unlabelled: 0, pictures: 0, unnamed: 0, tooWide: false, styled: true, inline: [],
  });
}
