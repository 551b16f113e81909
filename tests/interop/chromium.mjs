// The pages for people in a real browser: what a person sees, does and ends up with. Screenshots go to SHOTS.
//
// Run by tests/it/chromium.rs, which sets BASE, CALLBACK (where a client of ours listens), SHOTS, USERNAME and PASSWORD,
// makes the servers `shop`, `mall` and `vault`, and moves the server's clock when a line says so.

import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { allow, browser, enter, looks, open, picture, press, shot } from './chrome.mjs';
import { assert, given, step } from './steps.mjs';

const [BASE, CALLBACK, SHOTS, username, password] = given('BASE', 'CALLBACK', 'SHOTS', 'USERNAME', 'PASSWORD');
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** Moves the server's clock; answers what time it is there, in seconds since 1970. */
async function advance(seconds) {
  console.log(`@advance ${seconds}`);
  return Number((await answers.next()).value);
}

// The client: its front page is a link, and what reaches its callback is shown and kept.
let reached;
const client = createServer((request, answer) => {
  let body = '';
  request.on('data', (chunk) => (body += chunk));
  request.on('end', () => {
    const url = new URL(request.url, CALLBACK);
    // Browsers ask for an icon too.
    if (url.pathname === new URL(CALLBACK).pathname) {
      reached = { method: request.method, sent: new URLSearchParams(body || url.search) };
    }
    answer.setHeader('content-type', 'text/html').end('<!doctype html><title>Client</title><h1>Back at the client</h1>');
  });
});
await new Promise((listening) => client.listen(new URL(CALLBACK).port, listening));

/** The address to which a client sends its people. */
function authorize(server, more = {}) {
  const url = new URL(`${BASE}/default/${server}/oauth2/authorize`);
  url.search = new URLSearchParams({
    response_type: 'code', client_id: `${server}-front`, redirect_uri: CALLBACK, scope: 'openid profile email',
    state: 'of the client', code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256', ...more,
  });
  return url.href;
}

const refuse = (page) => press(page, 'Refuse', 'Ablehnen');

/** Name and password of the person. */
const logIn = (page, secret = password) => enter(page, username, secret);

/** Waits for the client and answers what reached it. */
async function back(page) {
  await page.waitForURL((url) => url.href.startsWith(CALLBACK));
  assert.deepEqual(page.complaints, []);
  return Object.fromEntries(reached.sent);
}

for (const [look, settings] of Object.entries(looks)) {
  await step(`${look}: log in, consent, reach the client`, async () => {
    const page = await open(settings);
    await page.goto(authorize('shop', { prompt: 'consent' }));
    await picture(page, 'login', look);
    await logIn(page, 'wrong');
    await page.locator('[role=alert]').waitFor();
    await picture(page, 'wrong-password', look);
    await logIn(page);
    await page.getByRole('button', { name: /Allow|Erlauben/ }).waitFor();
    await picture(page, 'consent', look);
    await allow(page);
    const answer = await back(page);
    assert.ok(answer.code, JSON.stringify(answer));
    assert.equal(answer.state, 'of the client');
    assert.equal(answer.iss, `${BASE}/default/shop`);
    await page.goto(authorize('shop', { prompt: 'none' }));
    assert.ok((await back(page)).code, 'the session answers the next request');
    await page.context().close();
  });

  await step(`${look}: an error page`, async () => {
    const page = await open(settings);
    await page.goto(authorize('shop', { redirect_uri: 'https://elsewhere.example/' }));
    await picture(page, 'wrong-request', look);
    await page.context().close();
  });
}

await step('the person refuses', async () => {
  const page = await open();
  await page.goto(authorize('shop', { prompt: 'consent' }));
  await logIn(page);
  await refuse(page);
  const answer = await back(page);
  assert.equal(answer.error, 'access_denied');
  assert.equal(answer.code, undefined);
  await page.context().close();
});

for (const javaScriptEnabled of [true, false]) {
  await step(`form_post ${javaScriptEnabled ? 'by itself' : 'with a button'}`, async () => {
    const page = await open({ javaScriptEnabled });
    await page.goto(authorize('shop', { response_mode: 'form_post', prompt: 'consent' }));
    await logIn(page);
    await allow(page);
    if (!javaScriptEnabled) {
      await page.getByRole('button').waitFor();
      await page.screenshot({ path: `${SHOTS}/form-post.png`, fullPage: true });
      await page.getByRole('button').click();
    }
    assert.ok((await back(page)).code);
    assert.equal(reached.method, 'POST');
    await page.context().close();
  });
}

await step('a login that took too long', async () => {
  const page = await open();
  await page.goto(authorize('shop'));
  await advance(1801);
  await logIn(page);
  await page.getByRole('heading', { name: /over/ }).waitFor();
  await shot(page, 'expired-login');
  await page.context().close();
});

await step('two ways to log in', async () => {
  const page = await open();
  await page.goto(authorize('mall'));
  await shot(page, 'chooser');
  await page.getByRole('button', { name: /Staff/ }).click();
  await logIn(page);
  await allow(page);
  assert.ok((await back(page)).code);
  await page.context().close();
});

await step('the account: every page, and taking access back', async () => {
  const page = await open();
  await page.goto(`${BASE}/default/shop/account`);
  await shot(page, 'account-login');
  await logIn(page);
  await page.waitForURL((url) => url.pathname.endsWith('/account'));
  await shot(page, 'account');
  for (const name of ['consents', 'events', 'sessions', 'second-factor']) {
    await page.goto(`${BASE}/default/shop/account/${name}`);
    await shot(page, `account-${name}`);
  }
  await page.goto(`${BASE}/default/shop/account/clients`);
  await shot(page, 'account-clients');
  await page.getByRole('button', { name: /^Take back access/ }).click();
  await page.getByText('No application has access.').waitFor();
  await shot(page, 'account-clients-after');
  await page.goto(authorize('shop', { prompt: 'none' }));
  assert.equal((await back(page)).error, 'consent_required');
  await page.context().close();
});

await step('the account in the dark, narrow and in German', async () => {
  const page = await open({ ...looks['dark-german'], ...looks.narrow });
  await page.goto(`${BASE}/default/shop/account`);
  await logIn(page);
  await page.waitForURL((url) => url.pathname.endsWith('/account'));
  for (const name of ['', 'clients', 'consents', 'events', 'sessions', 'second-factor']) {
    await page.goto(`${BASE}/default/shop/account/${name}`.replace(/\/$/, ''));
    await shot(page, `account-${name || 'overview'}-narrow-dark-german`);
  }
  await page.context().close();
});

let secret;
await step('a second factor: set up during a login', async () => {
  const page = await open();
  await page.goto(authorize('vault'));
  await logIn(page);
  await page.locator('img.qr').waitFor();
  await shot(page, 'second-factor-setup');
  const drawn = await page.locator('img.qr').evaluate((image) => image.complete && image.naturalWidth > 0);
  assert.ok(drawn, 'the picture is shown');
  secret = (await page.locator('.secret').textContent()).replace(/\s/g, '');
  await typeCode(page, await code());
  await allow(page);
  assert.ok((await back(page)).code);
  await page.context().close();
});

await step('a second factor: asked for at the next login; a used code is refused', async () => {
  const page = await open();
  await page.goto(authorize('vault'));
  await logIn(page);
  await page.locator('input.code').waitFor();
  await shot(page, 'second-factor');
  await typeCode(page, await code());
  await page.locator('[role=alert]').waitFor();
  await shot(page, 'second-factor-used');
  await typeCode(page, await code(31));
  assert.ok((await back(page)).code);
  await page.context().close();
});

await step('logging out', async () => {
  const page = await open();
  await page.goto(`${BASE}/default/shop/account`);
  await logIn(page);
  await page.waitForURL((url) => url.pathname.endsWith('/account'));
  await page.goto(`${BASE}/default/shop/oauth2/logout`);
  await shot(page, 'logout');
  await press(page, 'Log out');
  await page.getByRole('heading', { name: 'You are logged out' }).waitFor();
  await shot(page, 'logged-out');
  await page.goto(authorize('shop', { prompt: 'none' }));
  assert.equal((await back(page)).error, 'login_required');
  await page.context().close();
});

await browser.close();
client.close();
process.exit(0);

/** Types a code and sends it. */
async function typeCode(page, digits) {
  await page.locator('input.code').fill(digits);
  await page.locator('input.code').press('Enter');
}

/** What an authenticator app shows so many seconds from now (RFC 6238). */
async function code(later = 0) {
  const now = await advance(later);
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(now / 30)));
  const digest = createHmac('sha1', key).update(counter).digest();
  const number = digest.readUInt32BE(digest.at(-1) & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}
