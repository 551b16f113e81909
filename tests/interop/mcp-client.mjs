// The OAuth client of the MCP SDK (npm), against a running Portcullis and an MCP server that knows nothing but its issuer.
//
// Run by tests/it/interop.rs, which sets ISSUER, MCP_URL (where the MCP server is to listen, the `resource` of a service),
// METADATA (where Portcullis describes it), SCOPE, USERNAME and PASSWORD. The agent knows only MCP_URL: 401 with
// resource_metadata, protected resource metadata, authorization server metadata, registration, PKCE with resource, refresh.

import { createServer } from 'node:http';
import { auth, UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { Browser, through } from './browser.mjs';
import { assert, given, step } from './steps.mjs';

const [ISSUER, MCP_URL, METADATA, SCOPE, username, password] = given(
  'ISSUER', 'MCP_URL', 'METADATA', 'SCOPE', 'USERNAME', 'PASSWORD',
);
const CALLBACK = 'http://127.0.0.1:9/callback'; // nobody listens: the walk ends before it
const keys = createRemoteJWKSet(new URL(`${ISSUER}/.well-known/jwks.json`));

/** Whose token it is, if it is one of ours for this server with the scope. */
async function bearer(request) {
  const token = request.headers.authorization?.match(/^Bearer (.+)$/)?.[1];
  if (!token) return undefined;
  const checked = await jwtVerify(token, keys, { issuer: ISSUER, audience: MCP_URL }).catch(() => undefined);
  return checked?.payload.scope.split(' ').includes(SCOPE) ? checked.payload.sub : undefined;
}

const listening = createServer(async (request, response) => {
  const person = await bearer(request);
  if (!person) {
    response.writeHead(401, { 'www-authenticate': `Bearer resource_metadata="${METADATA}"` }).end();
    return;
  }
  const server = new McpServer({ name: 'greeter', version: '1.0.0' });
  server.registerTool('greet', { description: 'Greets whoever asks' }, () => ({
    content: [{ type: 'text', text: `Hello ${person}` }],
  }));
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  await server.connect(transport);
  await transport.handleRequest(request, response);
});
await new Promise((ready) => listening.listen(new URL(MCP_URL).port, '127.0.0.1', ready));

/** An agent of the SDK's making that remembers everything in its members. */
class Agent {
  redirectUrl = CALLBACK;
  clientMetadata = {
    client_name: 'Agent', redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'],
  };
  state() { return 'the agent\'s'; }
  clientInformation() { return this.client; }
  saveClientInformation(client) { this.client = client; }
  tokens() { return this.saved; }
  saveTokens(tokens) { this.saved = tokens; }
  redirectToAuthorization(url) { this.authorization = url; }
  saveCodeVerifier(verifier) { this.verifier = verifier; }
  codeVerifier() { return this.verifier; }
}

const agent = new Agent();
const connecting = () => new StreamableHTTPClientTransport(new URL(MCP_URL), { authProvider: agent });
const first = connecting();

await step('an agent without a token finds the authorization server and registers', async () => {
  const client = new Client({ name: 'agent', version: '1.0.0' });
  await assert.rejects(client.connect(first), UnauthorizedError);
  assert.equal(agent.authorization.origin + agent.authorization.pathname, `${ISSUER}/oauth2/authorize`);
  assert.equal(agent.authorization.searchParams.get('resource'), MCP_URL);
  assert.equal(agent.authorization.searchParams.get('code_challenge_method'), 'S256');
  assert.ok(agent.authorization.searchParams.get('scope').split(' ').includes(SCOPE));
});

await step('a person lets it in, and it gets a token for this server only', async () => {
  const person = new Browser(ISSUER);
  const page = await through(person, await person.open(agent.authorization), { username, password });
  const answer = new URL(page.url).searchParams;
  assert.equal(answer.get('state'), 'the agent\'s');
  await first.finishAuth(answer.get('code'));
  const claims = decodeJwt(agent.saved.access_token);
  assert.deepEqual([claims.aud, claims.scope, claims.sub], [[MCP_URL], SCOPE, username]);
});

/** What the tool answers. */
async function greeting() {
  const client = new Client({ name: 'agent', version: '1.0.0' });
  await client.connect(connecting());
  const answer = await client.callTool({ name: 'greet', arguments: {} });
  await client.close();
  return answer.content[0].text;
}

await step('a tool is called with it', async () => {
  assert.equal(await greeting(), `Hello ${username}`);
});

await step('it is refreshed for the same server', async () => {
  const before = agent.saved.access_token;
  assert.equal(await auth(agent, { serverUrl: MCP_URL, resourceMetadataUrl: new URL(METADATA) }), 'AUTHORIZED');
  assert.notEqual(agent.saved.access_token, before);
  assert.deepEqual(decodeJwt(agent.saved.access_token).aud, [MCP_URL]);
  assert.equal(await greeting(), `Hello ${username}`);
});

process.exit(0);
