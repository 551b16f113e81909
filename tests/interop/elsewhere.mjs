// What people see of clients that are elsewhere, in a real browser: the page of devices and that of requests, in every look, with
// a yes, a no and a slip of the fingers. Screenshots go to SHOTS.
//
// Run by tests/it/chromium.rs, which sets BASE, ADMIN_SECRET, SHOTS, USERNAME and PASSWORD. For each look there is a server of its
// own, so that nobody has agreed to anything before.

import { administrator } from './administrator.mjs';
import { allow, browser, enter, looks, open, picture, press } from './chrome.mjs';
import { assert, given, step } from './steps.mjs';

const [BASE, ADMIN_SECRET, username, password] = given('BASE', 'ADMIN_SECRET', 'USERNAME', 'PASSWORD');
const [DEVICE, CIBA] = ['urn:ietf:params:oauth:grant-type:device_code', 'urn:openid:params:grant-type:ciba'];
const MESSAGE = 'Pay 12.50 € to Rail 7';
const make = await administrator(BASE, ADMIN_SECRET);

/** A server with alice, a television and a bank. */
async function prepare(id) {
  const users = [{ username, password, authentication_context: { name: 'Alice Adams', email: 'alice@example.com' } }];
  await make('servers', {
    id, name: 'The shop', key_type: 'ecdsa', grant_types: ['authorization_code', DEVICE, CIBA],
    authentications: { methods: [{ name: 'Staff', method: 'static', static: { users } }] },
  });
  const scopes = ['openid', 'profile', 'email'];
  const television = { client_id: `${id}-tv`, client_name: 'The television', grant_types: [DEVICE], token_endpoint_auth_method: 'none' };
  const bank = { client_id: `${id}-bank`, client_name: 'The savings bank', grant_types: [CIBA], token_endpoint_auth_method: 'client_secret_post' };
  for (const client of [television, bank]) {
    const made = await make('clients', { authorization_server_id: id, scopes, ...client });
    const proof = { client_id: client.client_id, ...(made.client_secret && { client_secret: made.client_secret }) };
    client.ask = async (endpoint, form) => {
      const body = new URLSearchParams({ ...proof, ...form });
      return (await fetch(`${BASE}/default/${id}/oauth2/${endpoint}`, { method: 'POST', body })).json();
    };
  }
  return { television, bank };
}

/** Types the code of a device and sends it with the keyboard. */
async function type(page, code) {
  await page.locator('input.code').fill(code);
  await page.locator('input.code').press('Enter');
}

const yes = (page) => press(page, 'Yes, that was me', 'Ja, das war ich');
const no = (page) => press(page, 'No, give no access', 'Nein, keinen Zugriff geben');
const heading = (page, words) => page.getByRole('heading', { level: 1, name: words }).waitFor();

for (const [look, settings] of Object.entries(looks)) {
  const { television, bank } = await prepare(look);

  await step(`${look}: a device, from a wrong code to its tokens`, async () => {
    const waiting = await television.ask('device_authorization', { scope: 'openid profile email' });
    const page = await open(settings);
    await page.goto(waiting.verification_uri);
    await picture(page, 'device', look);
    await type(page, 'BBBB-BBBB');
    await page.locator('[role=alert]').waitFor();
    await picture(page, 'device-wrong-code', look);
    await type(page, waiting.user_code.toLowerCase().replace('-', ' '));
    await enter(page, username, password);
    await heading(page, /The television/);
    await picture(page, 'device-confirm', look);
    await yes(page);
    await allow(page);
    await heading(page, /Your device is connected|Ihr Gerät ist verbunden/);
    await picture(page, 'device-done', look);
    const tokens = await television.ask('token', { grant_type: DEVICE, device_code: waiting.device_code });
    assert.ok(tokens.id_token, JSON.stringify(tokens));
    await page.context().close();
  });

  await step(`${look}: a device that is refused, by a link with its code`, async () => {
    const waiting = await television.ask('device_authorization', { scope: 'openid' });
    const page = await open(settings);
    await page.goto(waiting.verification_uri_complete);
    assert.equal(await page.locator('input.code').inputValue(), waiting.user_code);
    await picture(page, 'device-by-link', look);
    await page.getByRole('button').click();
    await enter(page, username, password);
    await no(page);
    await heading(page, /not connected|nicht verbunden/);
    await picture(page, 'device-refused', look);
    const told = await television.ask('token', { grant_type: DEVICE, device_code: waiting.device_code });
    assert.equal(told.error, 'access_denied');
    await page.context().close();
  });

  await step(`${look}: requests of a bank: one is allowed, one is not`, async () => {
    const ask = { scope: 'openid profile', login_hint: username, binding_message: MESSAGE };
    const [first, second] = [await bank.ask('bc-authorize', ask), await bank.ask('bc-authorize', ask)];
    const page = await open(settings);
    await page.goto(`${BASE}/default/${look}/account/requests`);
    await enter(page, username, password);
    await page.getByText(MESSAGE).first().waitFor();
    await picture(page, 'requests', look);
    const answer = () => page.locator('.things button').first().click();
    await answer();
    await heading(page, /The savings bank/);
    assert.ok(await page.getByText(MESSAGE).isVisible());
    await picture(page, 'request-confirm', look);
    await yes(page);
    await allow(page);
    await page.locator('.done').waitFor();
    await picture(page, 'requests-allowed', look);
    await answer();
    await no(page);
    await page.getByText(/was given no access|keinen Zugriff erhalten/).waitFor();
    await picture(page, 'requests-refused', look);
    const told = [];
    for (const { auth_req_id } of [first, second]) told.push(await bank.ask('token', { grant_type: CIBA, auth_req_id }));
    assert.deepEqual(told.map(({ id_token, error }) => [Boolean(id_token), error]).sort(), [[false, 'access_denied'], [true, undefined]]);
    await page.context().close();
  });
}

await browser.close();
process.exit(0);
