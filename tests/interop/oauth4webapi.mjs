// oauth4webapi (npm), the protocol library below openid-client, against a running Portcullis over TLS: the high-assurance
// protocols, each by the library's own functions, which check all that comes back.
//
// Run by tests/it/interop.rs, which sets BASE, ADMIN_SECRET, USERNAME, PASSWORD, and CERTIFICATE and KEY, the files of a
// certificate for `localhost` that the server's authorities have signed. What it needs it makes over the API. Polls wait
// for real, as devices do.

import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { setTimeout as wait } from 'node:timers/promises';
import { compactDecrypt, exportJWK, generateKeyPair } from 'jose';
import * as oauth from 'oauth4webapi';
import { administrator } from './administrator.mjs';
import { Browser, through } from './browser.mjs';
import { assert, given, refused, step } from './steps.mjs';

const [BASE, ADMIN_SECRET, username, password, CERTIFICATE, KEY] = given(
  'BASE', 'ADMIN_SECRET', 'USERNAME', 'PASSWORD', 'CERTIFICATE', 'KEY',
);
const CALLBACK = 'http://127.0.0.1:9/callback'; // nobody listens: the walk ends before it
const [DEVICE, CIBA, EXCHANGE] = [
  'urn:ietf:params:oauth:grant-type:device_code', 'urn:openid:params:grant-type:ciba',
  'urn:ietf:params:oauth:grant-type:token-exchange',
];
const A_POLL = 1_100; // the servers below say that a second is enough

const make = await administrator(BASE, ADMIN_SECRET);
const person = new Browser(BASE);
const alice = { username, password };

/** An authorization server where alice can log in; answers its metadata. */
async function open(id, more) {
  const users = [{ username, password, authentication_context: { name: 'Alice Adams' } }];
  const { security, ...members } = more;
  await make('servers', {
    id, name: `The ${id}`, key_type: 'ecdsa', security: { dpop_nonces: true, poll_interval: '1s', ...security },
    authentications: { methods: [{ name: 'Staff', method: 'static', static: { users } }] }, ...members,
  });
  const issuer = new URL(`${BASE}/default/${id}`);
  return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer));
}

/** A client with keys of its own: one to prove itself with, one for DPoP. */
async function join(as, client_id, more = {}) {
  const pair = await oauth.generateKeyPair('ES256');
  const jwk = { ...(await crypto.subtle.exportKey('jwk', pair.publicKey)), kid: client_id, use: 'sig', alg: 'ES256' };
  const { keys = [], security, ...members } = more;
  await make('clients', {
    client_id, client_name: `The ${client_id}`, authorization_server_id: as.issuer.split('/').at(-1),
    token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk, ...keys] },
    grant_types: as.grant_types_supported, redirect_uris: [CALLBACK],
    scopes: ['openid', 'profile', 'offline_access'], security: { dpop_bound_access_tokens: true, ...security }, ...members,
  });
  const client = { client_id };
  const seal = { key: pair.privateKey, kid: client_id };
  return { as, client, seal, auth: oauth.PrivateKeyJwt(seal), DPoP: oauth.DPoP(client, await oauth.generateKeyPair('ES256')) };
}

/** Asks, and once more when the server wants its nonce in the proof. */
async function proven(ask, read) {
  try {
    return await read(await ask());
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    return read(await ask());
  }
}

/** A code flow with a pushed request, to the tokens. With `signed`, request and answer are signed. */
async function codeFlow({ as, client, seal, auth, DPoP }, { signed = false, scope = 'openid profile offline_access', ...options } = {}) {
  const verifier = oauth.generateRandomCodeVerifier();
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
  const asked = {
    response_type: 'code', redirect_uri: CALLBACK, scope, state, nonce, ...(signed && { response_mode: 'jwt' }),
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
  };
  const pushed = signed ? { request: await oauth.issueRequestObject(as, client, asked, seal) } : asked;
  const { request_uri } = await proven(
    () => oauth.pushedAuthorizationRequest(as, client, auth, pushed, { DPoP }),
    (answer) => oauth.processPushedAuthorizationResponse(as, client, answer),
  );
  const url = new URL(as.authorization_endpoint);
  url.search = new URLSearchParams({ client_id: client.client_id, request_uri });
  const back = await through(person, await person.open(url), alice);
  const code = signed
    ? await oauth.validateJwtAuthResponse(as, client, back.url, state, options)
    : oauth.validateAuthResponse(as, client, back.url, state);
  const read = { expectedNonce: nonce, requireIdToken: true, ...options };
  return proven(
    () => oauth.authorizationCodeGrantRequest(as, client, auth, code, CALLBACK, verifier, { DPoP }),
    (answer) => oauth.processAuthorizationCodeResponse(as, client, answer, read),
  );
}

const refresh = ({ as, client, auth, DPoP }, token) => proven(
  () => oauth.refreshTokenGrantRequest(as, client, auth, token, { DPoP }),
  (answer) => oauth.processRefreshTokenResponse(as, client, answer),
);

async function userinfo({ as, client, DPoP }, token, options = {}) {
  const answer = await oauth.userInfoRequest(as, client, token, { DPoP });
  return oauth.processUserInfoResponse(as, client, username, answer, options);
}

/** What introspection says, in a JWT whose signature is checked as well. */
async function introspect({ as, client, auth }, token, options = {}) {
  const answer = await oauth.introspectionRequest(as, client, auth, token, { requestJwtResponse: true, ...options });
  const found = await oauth.processIntrospectionResponse(as, client, answer, options);
  await oauth.validateApplicationLevelSignature(as, answer);
  return found;
}

/** The person's way from a page of devices or of requests to its end, saying yes to everything. */
async function agree(page) {
  for (let pages = 0; pages < 6; pages++) {
    const next = ['/password', '/device', '/confirm', '/consent'].map((end) => page.forms.find((form) => form.action.pathname.endsWith(end)));
    const form = next.find((form) => form);
    if (!form) return page;
    page = await person.submit(form, form.asks('password') ? alice : {});
  }
  throw new Error(`no end at ${page.url}`);
}

const grants = ['authorization_code', 'refresh_token', 'client_credentials', DEVICE, CIBA, EXCHANGE];
const bank = await step('discovery (OpenID Connect and RFC 8414)', async () => {
  const as = await open('bank', { grant_types: grants });
  const issuer = new URL(as.issuer);
  const other = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oauth2' }));
  assert.deepEqual(other, as);
  return as;
});

await step('protected resource metadata (RFC 9728)', async () => {
  const resource = new URL(bank.issuer);
  const found = await oauth.processResourceDiscoveryResponse(resource, await oauth.resourceDiscoveryRequest(resource));
  assert.deepEqual(found.authorization_servers, [bank.issuer]);
});

const teller = await step('a client with private_key_jwt and a key for DPoP', () => join(bank, 'teller'));

await step('a proof without a nonce is asked to come again with one', async () => {
  const { as, client, auth } = teller;
  const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
  const ask = () => oauth.clientCredentialsGrantRequest(as, client, auth, { scope: 'openid' }, { DPoP });
  const first = oauth.processClientCredentialsResponse(as, client, await ask());
  await assert.rejects(first, (error) => oauth.isDPoPNonceError(error));
  const tokens = await oauth.processClientCredentialsResponse(as, client, await ask());
  assert.equal(tokens.token_type, 'dpop');
});

const tokens = await step('PAR, code, PKCE and DPoP', async () => {
  const tokens = await codeFlow(teller);
  assert.equal(tokens.token_type, 'dpop');
  assert.equal(oauth.getValidatedIdTokenClaims(tokens).sub, username);
  return tokens;
});

await step('userinfo with a proof', async () => {
  assert.equal((await userinfo(teller, tokens.access_token)).name, 'Alice Adams');
});

await step('userinfo with a stolen token is refused: another key, and none', async () => {
  for (const DPoP of [oauth.DPoP(teller.client, await oauth.generateKeyPair('ES256')), undefined]) {
    const attempt = userinfo({ ...teller, DPoP }, tokens.access_token);
    await assert.rejects(attempt, (error) => error.code === oauth.WWW_AUTHENTICATE_CHALLENGE && error.status === 401);
  }
});

await step('a resource server checks token and proof (RFC 9068, RFC 9449)', async () => {
  let sent;
  const customFetch = async (url, init) => {
    sent = new Request(url, { method: init.method, headers: init.headers });
    return new Response();
  };
  const place = new URL('https://accounts.example/v1');
  const options = { DPoP: teller.DPoP, [oauth.customFetch]: customFetch };
  await oauth.protectedResourceRequest(tokens.access_token, 'GET', place, undefined, undefined, options);
  const claims = await oauth.validateJwtAccessToken(bank, sent, bank.issuer, { requireDPoP: true });
  assert.equal(claims.client_id, 'teller');
  assert.equal(claims.cnf.jkt, await teller.DPoP.calculateThumbprint());
});

await step('a signed request (JAR), pushed, and a signed answer (JARM)', () => codeFlow(teller, { signed: true }));

await step('introspection as a JWT (RFC 9701)', async () => {
  const found = await introspect(teller, tokens.access_token);
  assert.equal(found.active, true);
  assert.equal(found.cnf.jkt, await teller.DPoP.calculateThumbprint());
});

await step('token exchange', async () => {
  const { as, client, auth, DPoP } = teller;
  const kind = 'urn:ietf:params:oauth:token-type:access_token';
  const asked = { subject_token: tokens.access_token, subject_token_type: kind, scope: 'openid' };
  const next = await proven(
    () => oauth.genericTokenEndpointRequest(as, client, auth, EXCHANGE, asked, { DPoP }),
    (answer) => oauth.processGenericTokenEndpointResponse(as, client, answer),
  );
  assert.deepEqual([next.issued_token_type, next.scope], [kind, 'openid']);
  assert.equal((await introspect(teller, next.access_token)).sub, username);
  const more = { ...asked, scope: 'openid profile email' };
  await refused('invalid_scope', proven(
    () => oauth.genericTokenEndpointRequest(as, client, auth, EXCHANGE, more, { DPoP }),
    (answer) => oauth.processGenericTokenEndpointResponse(as, client, answer),
  ));
});

await step('refresh, and revocation of what came of it', async () => {
  const next = await refresh(teller, tokens.refresh_token);
  assert.equal((await introspect(teller, next.access_token)).active, true);
  const { as, client, auth } = teller;
  await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, auth, next.access_token));
  assert.equal((await introspect(teller, next.access_token)).active, false);
});

await step('answers that are encrypted: ID token, userinfo, introspection, JARM', async () => {
  const pair = await generateKeyPair('ECDH-ES+A128KW', { crv: 'P-256' });
  const key = { ...(await exportJWK(pair.publicKey)), kid: 'sealed', use: 'enc', alg: 'ECDH-ES+A128KW' };
  const what = ['authorization', 'id_token', 'userinfo', 'introspection'];
  const security = Object.fromEntries(what.flatMap((one) => [
    [`${one}_encrypted_response_alg`, key.alg], [`${one}_encrypted_response_enc`, 'A256GCM'],
  ]));
  const recluse = await join(bank, 'recluse', { keys: [key], userinfo_signed_response_alg: 'ES256', security });
  let opened = 0;
  const options = {
    [oauth.jweDecrypt]: async (jwe) => {
      opened += 1;
      return new TextDecoder().decode((await compactDecrypt(jwe, pair.privateKey)).plaintext);
    },
  };
  const { access_token: token } = await codeFlow(recluse, { signed: true, ...options });
  assert.equal(opened, 2, 'the answer and the ID token');
  assert.equal((await userinfo(recluse, token, options)).name, 'Alice Adams');
  assert.equal((await introspect(recluse, token, options)).active, true);
  assert.equal(opened, 4);
});

await step('the device flow of a public client, bound to its key', async () => {
  const television = await join(bank, 'television', { token_endpoint_auth_method: 'none', jwks: undefined, grant_types: [DEVICE] });
  const { as, client, DPoP } = television;
  const begun = await oauth.deviceAuthorizationRequest(as, client, oauth.None(), { scope: 'openid profile' });
  const waiting = await oauth.processDeviceAuthorizationResponse(as, client, begun);
  const poll = () => proven(
    () => oauth.deviceCodeGrantRequest(as, client, oauth.None(), waiting.device_code, { DPoP }),
    (answer) => oauth.processDeviceCodeResponse(as, client, answer),
  );
  await refused('authorization_pending', poll());
  const page = await agree(await person.open(waiting.verification_uri_complete));
  assert.match(page.html, /Your device is connected/);
  await wait(A_POLL);
  const { access_token: token, token_type: kind } = await poll();
  assert.equal(kind, 'dpop');
  assert.equal((await userinfo(television, token)).name, 'Alice Adams');
});

await step('CIBA, by poll: the person says yes, then no', async () => {
  const { as, client, auth, DPoP } = teller;
  const ask = async (message) => {
    const asked = { scope: 'openid profile', login_hint: username, binding_message: message };
    const begun = await oauth.backchannelAuthenticationRequest(as, client, auth, asked);
    const { auth_req_id: id } = await oauth.processBackchannelAuthenticationResponse(as, client, begun);
    const page = await person.open(`${as.issuer}/account/requests`);
    assert.ok(page.html.includes(message), page.html);
    const poll = () => proven(
      () => oauth.backchannelAuthenticationGrantRequest(as, client, auth, id, { DPoP }),
      (answer) => oauth.processBackchannelAuthenticationGrantResponse(as, client, answer),
    );
    return { poll, page: await person.submit(page.form((form) => form.action.pathname.includes('/account/requests/'))) };
  };
  const first = await ask('W4SCT');
  await refused('authorization_pending', first.poll());
  await agree(first.page);
  await wait(A_POLL);
  assert.equal(oauth.getValidatedIdTokenClaims(await first.poll()).sub, username);
  const second = await ask('X5TDU');
  await person.submit(second.page.form((form) => form.action.pathname.endsWith('/refuse')));
  await refused('access_denied', second.poll());
});

await step('mutual TLS: a client known by its certificate, and tokens bound to that', async () => {
  const till = await join(bank, 'till', {
    token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_san_dns: 'localhost', jwks: undefined,
    tls_client_certificate_bound_access_tokens: true, security: { dpop_bound_access_tokens: false },
    grant_types: ['client_credentials'], redirect_uris: [],
  });
  const { as, client } = till;
  const shown = { [oauth.customFetch]: showing(readFileSync(CERTIFICATE), readFileSync(KEY)) };
  const ask = async (options) => {
    const answer = await oauth.clientCredentialsGrantRequest(as, client, oauth.TlsClientAuth(), { scope: 'openid' }, options);
    return oauth.processClientCredentialsResponse(as, client, answer);
  };
  await refused('invalid_client', ask());
  const { access_token: token, token_type: kind } = await ask(shown);
  assert.equal(kind, 'bearer');
  const found = await introspect({ ...till, auth: oauth.TlsClientAuth() }, token, shown);
  assert.equal(found.active, true);
  assert.match(found.cnf['x5t#S256'], /^[\w-]{43}$/);
});

const strict = { grant_types: grants.slice(0, 3), authorization_code_ttl: '1m0s' };

await step('FAPI 2 Security Profile: the whole flow, and what it does not take', async () => {
  const vault = await open('vault', { ...strict, profiles: ['fapi_2_security'] });
  assert.equal(vault.require_pushed_authorization_requests, true);
  const client = await join(vault, 'vaulter');
  const tokens = await codeFlow(client);
  assert.equal((await userinfo(client, tokens.access_token)).name, 'Alice Adams');
  for (const _ of [1, 2]) {
    const next = await refresh(client, tokens.refresh_token);
    assert.equal(next.refresh_token, undefined, 'the one that is there stays');
  }
  await refused('invalid_dpop_proof', refresh({ ...client, DPoP: undefined }, tokens.refresh_token));
  const url = new URL(vault.authorization_endpoint);
  url.search = new URLSearchParams({ client_id: 'vaulter', response_type: 'code', redirect_uri: CALLBACK, scope: 'openid', state: 's' });
  const back = await person.open(url);
  assert.throws(() => oauth.validateAuthResponse(vault, client.client, back.url, 's'), { error: 'invalid_request' });
});

await step('FAPI 2 Message Signing: signed requests, answers and introspection', async () => {
  const notary = await open('notary', { ...strict, profiles: ['fapi_2_message_signing'] });
  const client = await join(notary, 'clerk');
  await refused('invalid_request', codeFlow(client));
  const tokens = await codeFlow(client, { signed: true });
  assert.equal((await introspect(client, tokens.access_token)).active, true);
});

/** A fetch that shows a certificate; the one of Node.js cannot. */
function showing(cert, key) {
  return (url, { method, headers, body }) => new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, cert, key }, (answer) => {
      const pieces = [];
      answer.on('data', (piece) => pieces.push(piece));
      answer.on('end', () => resolve(new Response(Buffer.concat(pieces), { status: answer.statusCode, headers: answer.headers })));
    });
    sent.on('error', reject).end(String(body));
  });
}
