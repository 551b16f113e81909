// A client as the FAPI 2 Security Profile wants them, with openid-client and nothing else: it proves itself with a key of its own
// (private_key_jwt), pushes its requests (PAR), and its tokens are bound to another key (DPoP).
//
//   node fapi.mjs keys > jwks.json        makes the key in key.json, and prints what the server may know of it
//   ISSUER=https://localhost:8443/default/bank CLIENT_ID=payer node fapi.mjs

import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import * as client from 'openid-client';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' };
const CALLBACK = 'http://localhost:3000/callback';

if (process.argv[2] === 'keys') {
  const pair = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const [secret, open] = await Promise.all([pair.privateKey, pair.publicKey].map((key) => crypto.subtle.exportKey('jwk', key)));
  writeFileSync('key.json', JSON.stringify(secret), { mode: 0o600 });
  console.log(JSON.stringify({ keys: [{ kty: open.kty, crv: open.crv, x: open.x, y: open.y, kid: 'payer', use: 'sig', alg: 'ES256' }] }));
  process.exit();
}

const { ISSUER, CLIENT_ID } = process.env;
const key = await crypto.subtle.importKey('jwk', JSON.parse(readFileSync('key.json')), ALGORITHM, false, ['sign']);
const config = await client.discovery(new URL(ISSUER), CLIENT_ID, undefined, client.PrivateKeyJwt({ key, kid: 'payer' }));
const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'));

// The request goes to the server first; the browser brings only a reference to it.
const pkceCodeVerifier = client.randomPKCECodeVerifier();
const [expectedState, expectedNonce] = [client.randomState(), client.randomNonce()];
const url = await client.buildAuthorizationUrlWithPAR(config, {
  redirect_uri: CALLBACK, scope: 'openid profile', state: expectedState, nonce: expectedNonce,
  code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier), code_challenge_method: 'S256',
}, { DPoP });
console.log(`open ${url}`);

// Back from the server: the library checks iss, state, nonce and the ID token's signature. It is one answer, and this is the end.
const shop = createServer().listen(3000, 'localhost');
const [request, answer] = await once(shop, 'request');
answer.end('Thank you. Look at the terminal.');
const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true };
const tokens = await client.authorizationCodeGrant(config, new URL(request.url, CALLBACK), checks, undefined, { DPoP });
const info = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub, { DPoP });
console.log(`a token of the type ${tokens.token_type} about`, info);

// Whoever has stolen the token has not its key.
const thief = await fetch(config.serverMetadata().userinfo_endpoint, { headers: { authorization: `Bearer ${tokens.access_token}` } });
console.log(`without the key: ${thief.status} ${thief.headers.get('www-authenticate')}`);
process.exit();
