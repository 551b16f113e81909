// openid-client (npm), a certified relying party library, against a running Portcullis.
//
// Run by tests/it/interop.rs, which sets ISSUER, REGISTRAR_ID and REGISTRAR_SECRET (a client that may register others),
// USERNAME and PASSWORD. Every answer is checked by the library: signatures, iss, aud, nonce, state, at_hash, c_hash.

import * as client from 'openid-client';
import { Browser, isSelfPosting, through } from './browser.mjs';
import { assert, given, refused, step } from './steps.mjs';

const [ISSUER, REGISTRAR_ID, REGISTRAR_SECRET, username, password] = given(
  'ISSUER', 'REGISTRAR_ID', 'REGISTRAR_SECRET', 'USERNAME', 'PASSWORD',
);
const issuer = new URL(ISSUER);
const CALLBACK = 'http://127.0.0.1:9/callback'; // nobody listens: the walk ends before it
const GOODBYE = 'http://127.0.0.1:9/goodbye';
const SCOPE = 'openid profile email offline_access';
const insecure = { execute: [client.allowInsecureRequests] }; // the test server speaks http on loopback

const person = new Browser(ISSUER);
const as = { username, password };

/** A request with PKCE, state and nonce, and what the answer must match. */
async function request(config, more = {}) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const [expectedState, expectedNonce] = [client.randomState(), client.randomNonce()];
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK, scope: SCOPE, state: expectedState, nonce: expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier), code_challenge_method: 'S256', ...more,
  });
  return { url, checks: { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true } };
}

/** The whole code flow: the person walks, the library exchanges. */
async function logIn(config, more) {
  const { url, checks } = await request(config, more);
  const page = await through(person, await person.open(url), as);
  return client.authorizationCodeGrant(config, page.url, checks);
}

const registrar = await step('discovery (OpenID Connect)', async () => {
  const config = await client.discovery(issuer, REGISTRAR_ID, REGISTRAR_SECRET, client.ClientSecretBasic(), insecure);
  assert.equal(config.serverMetadata().supportsPKCE(), true);
  assert.equal(config.serverMetadata().authorization_response_iss_parameter_supported, true);
  return config;
});

await step('discovery (RFC 8414)', async () => {
  const auth = client.ClientSecretBasic();
  const config = await client.discovery(issuer, REGISTRAR_ID, REGISTRAR_SECRET, auth, { algorithm: 'oauth2', ...insecure });
  for (const member of ['issuer', 'authorization_endpoint', 'token_endpoint', 'jwks_uri', 'registration_endpoint']) {
    assert.equal(config.serverMetadata()[member], registrar.serverMetadata()[member], member);
  }
});

const initial = await step('client_credentials with client_secret_basic', async () => {
  const tokens = await client.clientCredentialsGrant(registrar, { scope: 'dcr_register' });
  assert.equal(tokens.scope, 'dcr_register');
  assert.equal(tokens.refresh_token, undefined);
  return tokens.access_token;
});

await step('client_credentials with client_secret_post', async () => {
  const config = await client.discovery(issuer, REGISTRAR_ID, REGISTRAR_SECRET, client.ClientSecretPost(), insecure);
  await client.clientCredentialsGrant(config, { scope: 'dcr_register' });
});

await step('a wrong secret is refused', async () => {
  const config = await client.discovery(issuer, REGISTRAR_ID, 'wrong', client.ClientSecretBasic(), insecure);
  await refused('invalid_client', client.clientCredentialsGrant(config));
});

const metadata = {
  client_name: 'A shop', redirect_uris: [CALLBACK], post_logout_redirect_uris: [GOODBYE], scope: SCOPE,
  grant_types: ['authorization_code', 'implicit', 'refresh_token', 'client_credentials'],
  response_types: ['code', 'id_token', 'code id_token'], token_endpoint_auth_method: 'client_secret_basic',
};

await step('registration without a token is refused', async () => {
  const attempt = client.dynamicClientRegistration(issuer, metadata, client.ClientSecretBasic(), insecure);
  await assert.rejects(attempt, (error) => error.status === 401 || error.response?.status === 401);
});

const shop = await step('registration with an initial access token', async () => {
  const options = { initialAccessToken: initial, ...insecure };
  const config = await client.dynamicClientRegistration(issuer, metadata, client.ClientSecretBasic(), options);
  assert.deepEqual(config.clientMetadata().redirect_uris, [CALLBACK]);
  assert.ok(config.clientMetadata().registration_access_token);
  return config;
});

await step('the registration can be read back', async () => {
  const { client_id, registration_client_uri: uri, registration_access_token: token } = shop.clientMetadata();
  const answer = await client.fetchProtectedResource(shop, token, new URL(uri), 'GET');
  assert.equal((await answer.json()).client_id, client_id);
});

await step('prompt=none before anybody logged in is login_required', async () => {
  const { url, checks } = await request(shop, { prompt: 'none' });
  const page = await person.open(url);
  await refused('login_required', client.authorizationCodeGrant(shop, page.url, checks));
});

await step('the person says no: access_denied', async () => {
  const { url, checks } = await request(shop);
  const page = await through(person, await person.open(url), { ...as, consent: false });
  await refused('access_denied', client.authorizationCodeGrant(shop, page.url, checks));
});

const tokens = await step('code flow with PKCE, state, nonce and iss', async () => {
  const tokens = await logIn(shop);
  assert.equal(tokens.claims().sub, username);
  assert.deepEqual(tokens.scope.split(' ').sort(), SCOPE.split(' ').sort());
  return tokens;
});

await step('userinfo', async () => {
  const info = await client.fetchUserInfo(shop, tokens.access_token, tokens.claims().sub);
  assert.equal(info.name, 'Alice Adams');
  assert.equal(info.email, 'alice@example.com');
});

await step('prompt=none with a session answers at once', async () => {
  const { url, checks } = await request(shop, { prompt: 'none', id_token_hint: tokens.id_token });
  const page = await person.open(url);
  await client.authorizationCodeGrant(shop, page.url, checks);
});

await step('a second exchange of a code is refused', async () => {
  const { url, checks } = await request(shop);
  const page = await through(person, await person.open(url), as);
  const first = await client.authorizationCodeGrant(shop, page.url, checks);
  await refused('invalid_grant', client.authorizationCodeGrant(shop, page.url, checks));
  assert.equal((await client.tokenIntrospection(shop, first.access_token)).active, false, 'and revokes what it gave');
});

await step('a wrong code_verifier is refused', async () => {
  const { url, checks } = await request(shop);
  const page = await through(person, await person.open(url), as);
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  await refused('invalid_grant', client.authorizationCodeGrant(shop, page.url, { ...checks, pkceCodeVerifier }));
});

await step('max_age asks the person again', async () => {
  const { url, checks } = await request(shop, { max_age: '0' });
  const page = await person.open(url);
  page.form((form) => form.asks('password'));
  const back = await through(person, page, as);
  await client.authorizationCodeGrant(shop, back.url, { ...checks, maxAge: 10 });
});

const refreshed = await step('refresh with rotation', async () => {
  const next = await client.refreshTokenGrant(shop, tokens.refresh_token);
  assert.ok(next.refresh_token && next.refresh_token !== tokens.refresh_token);
  assert.equal(next.claims().sub, username);
  return next;
});

await step('refresh with fewer scopes', async () => {
  const grant = await logIn(shop);
  const next = await client.refreshTokenGrant(shop, grant.refresh_token, { scope: 'openid' });
  assert.equal(next.scope, 'openid');
});

await step('introspection: active', async () => {
  const answer = await client.tokenIntrospection(shop, refreshed.access_token);
  assert.equal(answer.active, true);
  assert.equal(answer.sub, username);
  assert.equal(answer.client_id, shop.clientMetadata().client_id);
});

await step('revocation of an access token', async () => {
  await client.tokenRevocation(shop, refreshed.access_token, { token_type_hint: 'access_token' });
  assert.equal((await client.tokenIntrospection(shop, refreshed.access_token)).active, false);
});

await step('reuse of a refresh token ends its whole family', async () => {
  await refused('invalid_grant', client.refreshTokenGrant(shop, tokens.refresh_token));
  await refused('invalid_grant', client.refreshTokenGrant(shop, refreshed.refresh_token));
});

await step('revocation of a refresh token', async () => {
  const grant = await logIn(shop);
  await client.tokenRevocation(shop, grant.refresh_token);
  await refused('invalid_grant', client.refreshTokenGrant(shop, grant.refresh_token));
  assert.equal((await client.tokenIntrospection(shop, grant.access_token)).active, false);
});

await step('response_mode=form_post', async () => {
  const { url, checks } = await request(shop, { response_mode: 'form_post' });
  const page = await person.open(url);
  assert.ok(isSelfPosting(page));
  const [form] = page.forms;
  const posted = new Request(form.action, { method: 'POST', body: form.values() });
  await client.authorizationCodeGrant(shop, posted, checks);
});

await step('hybrid flow: code id_token, with c_hash', async () => {
  const config = await copy(shop);
  client.useCodeIdTokenResponseType(config);
  const { url, checks } = await request(config);
  const page = await through(person, await person.open(url), as);
  await client.authorizationCodeGrant(config, page.url, checks);
});

await step('implicit flow: id_token', async () => {
  const config = await copy(shop);
  client.useIdTokenResponseType(config);
  const { expectedState, expectedNonce } = (await request(config)).checks;
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK, scope: 'openid', state: expectedState, nonce: expectedNonce,
  });
  const page = await through(person, await person.open(url), as);
  const claims = await client.implicitAuthentication(config, page.url, expectedNonce, { expectedState });
  assert.equal(claims.sub, username);
});

const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
const bank = await step('registration for private_key_jwt and signed userinfo', async () => {
  const key = { ...(await crypto.subtle.exportKey('jwk', pair.publicKey)), kid: 'bank', use: 'sig', alg: 'ES256' };
  const keyed = {
    ...metadata, client_name: 'A bank', token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key] },
    userinfo_signed_response_alg: registrar.serverMetadata().userinfo_signing_alg_values_supported[0],
  };
  const auth = client.PrivateKeyJwt({ key: pair.privateKey, kid: 'bank' });
  return client.dynamicClientRegistration(issuer, keyed, auth, { initialAccessToken: initial, ...insecure });
});

await step('client_credentials with private_key_jwt', async () => {
  await client.clientCredentialsGrant(bank);
});

await step('a second client needs no second login, only consent', async () => {
  const { url, checks } = await request(bank);
  const asked = await person.open(url);
  assert.ok(!asked.forms.some((form) => form.asks('password')));
  const page = await through(person, asked, as);
  const tokens = await client.authorizationCodeGrant(bank, page.url, checks);
  const info = await client.fetchUserInfo(bank, tokens.access_token, username); // a JWT, its signature checked
  assert.equal(info.email, 'alice@example.com');
});

/** A request of the bank's, brought as `address` makes it of its parameters, through to the tokens. */
async function bring(config, address) {
  const { url, checks } = await request(config);
  const page = await through(person, await person.open(await address(url.searchParams)), as);
  return client.authorizationCodeGrant(config, page.url, checks);
}

const seal = { key: pair.privateKey, kid: 'bank' };
const pushed = (asked) => client.buildAuthorizationUrlWithPAR(bank, asked);
const signed = (asked) => client.buildAuthorizationUrlWithJAR(bank, asked, seal);

await step('a pushed request (PAR)', () => bring(bank, pushed));
await step('a signed request (JAR)', () => bring(bank, signed));
await step('a signed request, pushed', () => bring(bank, async (asked) => pushed((await signed(asked)).searchParams)));

await step('a signed answer (JARM)', async () => {
  const config = await copy(bank, client.PrivateKeyJwt(seal));
  client.useJwtResponseMode(config);
  await bring(config, (asked) => client.buildAuthorizationUrl(config, asked));
});

await step('a pushed request is good once', async () => {
  const { url } = await request(bank);
  const once = await pushed(url.searchParams);
  await through(person, await person.open(once), as);
  const page = await person.open(once);
  assert.equal(page.url.searchParams.get('error'), 'invalid_request_uri');
});

await step('another client cannot introspect or exchange what is not its own', async () => {
  const grant = await logIn(shop);
  assert.equal((await client.tokenIntrospection(bank, grant.access_token)).active, false);
  await refused('invalid_grant', client.refreshTokenGrant(bank, grant.refresh_token));
});

await step('logout: back to the client, with the state', async () => {
  const grant = await logIn(shop);
  const url = client.buildEndSessionUrl(shop, {
    id_token_hint: grant.id_token, post_logout_redirect_uri: GOODBYE, state: 'so long',
  });
  const page = await person.open(url);
  assert.equal(page.url.href, `${GOODBYE}?state=so+long`.replace('+', page.url.search.includes('+') ? '+' : '%20'));
});

await step('prompt=none after logout is login_required', async () => {
  const { url, checks } = await request(shop, { prompt: 'none' });
  await refused('login_required', client.authorizationCodeGrant(shop, (await person.open(url)).url, checks));
});

await step('a registration can be deleted, and then nothing is left of it', async () => {
  const { registration_client_uri: uri, registration_access_token: token } = shop.clientMetadata();
  const answer = await client.fetchProtectedResource(shop, token, new URL(uri), 'DELETE');
  assert.equal(answer.status, 204);
  await refused('invalid_client', client.clientCredentialsGrant(shop));
});

/** The same client in a configuration of its own: response types are set per configuration. */
async function copy(config, auth = client.ClientSecretBasic()) {
  const made = new client.Configuration(
    config.serverMetadata(), config.clientMetadata().client_id, config.clientMetadata(), auth,
  );
  client.allowInsecureRequests(made);
  return made;
}
