// The playground of policies in a real browser: sign in, write, see what is wrong while typing, run cases, save.
//
// Run by tests/it/console.rs, which sets BASE, SECRET and SHOTS and looks afterwards at what was saved.

import { browser, open, shot } from './chrome.mjs';
import { assert, given, step } from './steps.mjs';

const [BASE, SECRET] = given('BASE', 'SECRET');
const looks = { 'light': {}, 'dark': { colorScheme: 'dark' }, 'narrow': { viewport: { width: 360, height: 700 } } };

const press = (page, name) => page.getByRole('button', { name }).first().click();
/** Waits until an element says this. */
const says = (page, selector, text) => page.locator(selector).filter({ hasText: text }).first().waitFor();

async function signIn(page, secret = SECRET) {
  await page.goto(`${BASE}/console/policies`);
  await page.getByLabel('Secret').fill(secret);
  await page.getByLabel('Secret').press('Enter');
}

/** Replaces what stands in the editor, as typing does. */
async function write(page, text) {
  await page.locator('#source').fill(text);
}

for (const [look, settings] of Object.entries(looks)) {
  await step(`${look}: sign in and look`, async () => {
    const page = await open(settings);
    await signIn(page, 'not the secret of anybody at all, really');
    await page.locator('#sign-in-wrong').filter({ hasText: /./ }).waitFor();
    await shot(page, `console-refused-${look}`);
    await signIn(page);
    await says(page, '#saved', 'NIST-AAL-2');
    await says(page, '#problems', 'can be saved');
    await press(page, /^Run/);
    await says(page, '#summary', '2 passed, 0 failed');
    await page.locator('#results summary').nth(1).click();
    await says(page, '#results', 'µs');
    await shot(page, `console-${look}`);
    await page.context().close();
  });
}

const page = await open();
// What was tried may be left without saving it.
page.on('dialog', (dialog) => dialog.accept());
await step('what is wrong is said while typing', async () => {
  await signIn(page);
  await says(page, '#problems', 'can be saved');
  await write(page, '[{"name": "identity-context",\n "conf": {]}');
  await page.locator('#problems .wrong').waitFor();
  await write(page, '[{"name": "identity-context", "conf": {"fields": [{"field": "x", "comparator": "resembles"}]}}]');
  await says(page, '#problems', '/validators/0/conf/fields/0');
  await write(page, '[{"name": "no-such-component"}]');
  await says(page, '#problems', '/validators/0/name');
  assert.equal(await page.locator('#source').getAttribute('aria-invalid'), 'true');
});

await step('a script that does not parse is shown at its line', async () => {
  await write(page, '[]');
  await press(page, 'New');
  await page.getByLabel('Language').selectOption('rego');
  await write(page, 'package policy\n\nallow if {\n');
  await says(page, '#problems', 'Line');
  await page.locator('#problems button').click();
  assert.equal(await page.evaluate(() => document.activeElement.id), 'source');
  await shot(page, 'console-line');
});

for (const language of ['cel', 'cedar', 'rego']) {
  await step(`${language}: the beginning passes its cases`, async () => {
    await press(page, 'New');
    await page.getByLabel('Language').selectOption('');
    await page.getByLabel('Language').selectOption(language);
    await press(page, 'New');
    await says(page, '#problems', 'can be saved');
    await page.keyboard.press('Control+Enter');
    await says(page, '#summary', '2 passed, 0 failed');
  });
}

await step('a case that fails says why, with a trace', async () => {
  const cases = [{ name: 'hopeful', input: { authn_ctx: { groups: [] } }, expect: { allow: true } }];
  await page.locator('#cases').fill(JSON.stringify(cases));
  await press(page, /^Run/);
  await says(page, '#summary', '0 passed, 1 failed');
  await says(page, '#results', 'expected allow, got deny');
  await says(page, '#results .trace', 'rego');
  await shot(page, 'console-failed-case');
});

await step('save, and save again only what was seen', async () => {
  await press(page, 'Save');
  await says(page, '#problems', 'needs an id and a name');
  await page.getByLabel('Id', { exact: true }).fill('from-the-console');
  await page.getByLabel('Name', { exact: true }).fill('<b>From the console</b>');
  await page.getByLabel('Mode').selectOption('monitor');
  await press(page, 'Save');
  await says(page, '#problems', 'Saved.');
  await says(page, '#saved', '<b>From the console</b>');
  await press(page, 'Save');
  await says(page, '#problems', 'Saved.');
  await shot(page, 'console-saved');
});

await step('signing out leaves nothing', async () => {
  await press(page, 'Sign out');
  await page.getByLabel('Secret').waitFor();
  assert.equal(await page.evaluate(() => localStorage.length + sessionStorage.length + document.cookie.length), 0);
});

await browser.close();
