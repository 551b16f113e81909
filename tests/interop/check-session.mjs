// The page that clients frame to learn of logouts, in a real browser: a page of a client asks it and is answered (OpenID Connect
// Session Management 1.0 §3).
//
// Run by tests/it/chromium.rs, which sets BASE, CALLBACK (where a client of ours listens), SHOTS, USERNAME and PASSWORD, and makes
// the server `shop`.

import { createServer } from 'node:http';
import { browser, open } from './chrome.mjs';
import { assert, given, step } from './steps.mjs';

const [BASE, CALLBACK, username, password] = given('BASE', 'CALLBACK', 'USERNAME', 'PASSWORD');

// The client: its pages frame ours.
const framing = `<!doctype html><title>Client</title><iframe src="${BASE}/default/shop/oauth2/check_session"></iframe>`;
const client = createServer((_, answer) => answer.setHeader('content-type', 'text/html').end(framing));
await new Promise((listening) => client.listen(new URL(CALLBACK).port, listening));

function authorize(more = {}) {
  const url = new URL(`${BASE}/default/shop/oauth2/authorize`);
  url.search = new URLSearchParams({
    response_type: 'code', client_id: 'shop-front', redirect_uri: CALLBACK, scope: 'openid', state: 'of the client',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256', ...more,
  });
  return url.href;
}

/** What the framed page answers to a question. */
const ask = (page, question) => page.evaluate(([origin, question]) => new Promise((answered) => {
  addEventListener('message', (event) => event.origin === origin && answered(event.data), { once: true });
  document.querySelector('iframe').contentWindow.postMessage(question, origin);
}), [BASE, question]);

const page = await open();
const told = await step('a person logs in, and the client is told the state', async () => {
  await page.goto(authorize());
  await page.locator('input[type=text], input:not([type])').first().fill(username);
  await page.locator('input[type=password]').fill(password);
  await page.locator('input[type=password]').press('Enter');
  await page.getByRole('button', { name: /^Allow$/ }).click();
  await page.waitForURL((url) => url.href.startsWith(CALLBACK));
  await page.waitForLoadState('load');
  return new URL(page.url()).searchParams.get('session_state');
});

await step('it is unchanged for this client and nobody else', async () => {
  assert.equal(await ask(page, `shop-front ${told}`), 'unchanged');
  assert.equal(await ask(page, `other ${told}`), 'changed');
  assert.equal(await ask(page, `shop-front ${told.split('.')[0]}.00`), 'changed');
  for (const nonsense of ['', 'shop-front', `shop-front ${told.split('.')[0]}`, { told }, null]) {
    assert.equal(await ask(page, nonsense), 'error', JSON.stringify(nonsense));
  }
});

await step('it changes with the logout', async () => {
  const other = await page.context().newPage();
  await other.goto(`${BASE}/default/shop/oauth2/logout`);
  await other.getByRole('button', { name: /^Log out$/ }).click();
  await other.getByRole('heading').waitFor();
  await other.waitForLoadState('load');
  assert.equal(await ask(page, `shop-front ${told}`), 'changed');
  assert.deepEqual(page.complaints, []);
});

await browser.close();
client.close();
process.exit(0);
