// A web application whose people log in with Portcullis, with openid-client and nothing else.
//
//   ISSUER=http://127.0.0.1:8080/default/shop CLIENT_ID=... CLIENT_SECRET=... node client.mjs

import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';
import * as client from 'openid-client';

const { ISSUER, CLIENT_ID, CLIENT_SECRET, PORT = '3000' } = process.env;
const HOME = `http://localhost:${PORT}/`;

// Everything about the server comes from its metadata. Plain http is for a server on this machine only.
const server = new URL(ISSUER);
const execute = server.protocol === 'http:' ? [client.allowInsecureRequests] : [];
const config = await client.discovery(server, CLIENT_ID, CLIENT_SECRET, client.ClientSecretBasic(), { execute });

const sessions = new Map(); // what we know of each browser, by its cookie

const pages = {
  // Who is here?
  async '/'(session) {
    if (!session.tokens) return page('<h1>The shop</h1><p>Nobody is logged in.</p><p><a href="/login">Log in</a></p>');
    const { sub } = session.tokens.claims();
    const info = await client.fetchUserInfo(config, session.tokens.access_token, sub);
    return page(`<h1>Welcome, ${escape(info.name ?? sub)}</h1><pre>${escape(JSON.stringify(info, null, 2))}</pre>
      <p><a href="/refresh">Refresh the tokens</a> · <a href="/logout">Log out</a></p>`);
  },

  // Off to the server, with what we shall know its answer by.
  async '/login'(session) {
    const verifier = client.randomPKCECodeVerifier();
    const [state, nonce] = [client.randomState(), client.randomNonce()];
    session.login = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
    return redirect(client.buildAuthorizationUrl(config, {
      redirect_uri: `${HOME}callback`, scope: 'openid profile email', state, nonce,
      code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
    }));
  },

  // Back from the server: the library checks state, iss, nonce and the ID token's signature, and gets the tokens.
  async '/callback'(session, url) {
    const checks = session.login;
    delete session.login;
    session.tokens = await client.authorizationCodeGrant(config, url, checks);
    rename(session); // a cookie from before the login is worth nothing after it
    return redirect(HOME);
  },

  // Every refresh token is good once.
  async '/refresh'(session) {
    const fresh = await client.refreshTokenGrant(config, session.tokens.refresh_token);
    session.tokens = fresh;
    return redirect(HOME);
  },

  // Out here and there.
  async '/logout'(session) {
    const hint = session.tokens?.id_token;
    session.tokens = undefined;
    const away = { post_logout_redirect_uri: HOME, ...(hint && { id_token_hint: hint }) };
    return redirect(client.buildEndSessionUrl(config, away));
  },
};

createServer(async (request, answer) => {
  const url = new URL(request.url, HOME);
  const cookie = /(?:^|; )shop=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1];
  const session = sessions.get(cookie) ?? rename({});
  try {
    const show = pages[url.pathname];
    const { status, headers, body } = show ? await show(session, url) : { ...page('<h1>Not here</h1>'), status: 404 };
    answer.writeHead(status, { 'set-cookie': `shop=${session.id}; Path=/; HttpOnly; SameSite=Lax`, ...headers }).end(body);
  } catch (error) {
    // What the server says: access_denied when somebody refuses, invalid_grant when access was taken back.
    session.tokens = undefined;
    const { status, headers, body } = page(`<h1>That did not work</h1><p>${escape(error.error ?? String(error))}</p><p><a href="/">Back</a></p>`);
    answer.writeHead(status, headers).end(body);
  }
}).listen(Number(PORT), 'localhost', () => console.log(`the shop is open: ${HOME}`));

function rename(session) {
  sessions.delete(session.id);
  session.id = randomUUID();
  sessions.set(session.id, session);
  return session;
}

function page(body) {
  return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: `<!doctype html><title>The shop</title>${body}` };
}

function redirect(to) {
  return { status: 303, headers: { location: String(to) }, body: '' };
}

function escape(text) {
  return text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
