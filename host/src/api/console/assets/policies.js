// The playground of policies. Everything it shows comes from the administration, asked with the token of whoever signed in, and
// everything is put into the page as text: nothing in a policy, an input or an answer can become markup.

const $ = (id) => document.getElementById(id);

/** An element with attributes and children; texts stay texts. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Where a new policy begins, by language: what stands in the editor, and cases that show it at work. */
const BEGINNINGS = {
  '': {
    source: JSON.stringify(
      [{ name: 'identity-context', conf: { fields: [{ field: 'groups', comparator: 'contains', value: 'admin' }] } }], null, 2),
    cases: [
      { name: 'an administrator passes', input: { authn_ctx: { groups: ['admin'] } }, expect: { allow: true } },
      { name: 'anybody else is denied', input: { authn_ctx: { groups: ['staff'] } }, expect: { allow: false } },
    ],
  },
  cel: {
    source: "'admin' in authn_ctx.groups\n",
    cases: [
      { name: 'an administrator passes', input: { authn_ctx: { groups: ['admin'] } }, expect: { allow: true } },
      { name: 'anybody else is denied', input: { authn_ctx: { groups: ['staff'] } }, expect: { allow: false } },
    ],
  },
  cedar: {
    source: 'permit (principal, action == Action::"read", resource)\nwhen { principal.department == resource.department };\n',
    cases: [
      {
        name: 'the own department reads',
        input: {
          subject: { type: 'User', id: 'ada', properties: { department: 'law' } },
          action: { name: 'read' },
          resource: { type: 'File', id: '1', properties: { department: 'law' } },
        },
        expect: { allow: true },
      },
      {
        name: 'another one does not',
        input: {
          subject: { type: 'User', id: 'ada', properties: { department: 'law' } },
          action: { name: 'read' },
          resource: { type: 'File', id: '1', properties: { department: 'sales' } },
        },
        expect: { allow: false },
      },
    ],
  },
  rego: {
    source: 'package policy\n\nimport rego.v1\n\ndefault allow := false\n\nallow if "admin" in input.authn_ctx.groups\n',
    cases: [
      { name: 'an administrator passes', input: { authn_ctx: { groups: ['admin'] } }, expect: { allow: true } },
      { name: 'anybody else is denied', input: { authn_ctx: { groups: ['staff'] } }, expect: { allow: false } },
    ],
  },
};

/** Who has signed in: tenant and token. Only ever in memory. */
let session = null;
/** The saved policy that is being edited, with its version; null when it is a new one. */
let editing = null;
/** Whether there is something to lose. */
let changed = false;

// --- Asking the server

/** Asks the administration of the tenant. The answer's body is read when there is one. No credentials of the browser's own: it would
 * ask for a password of its own accord when the server challenges. */
async function ask(method, path, body, headers = {}) {
  const sent = { method, credentials: 'omit', headers: { authorization: `Bearer ${session.token}`, ...headers }, cache: 'no-store' };
  if (body !== undefined) {
    sent.headers['content-type'] = 'application/json';
    sent.body = JSON.stringify(body);
  }
  const answer = await fetch(`/api/admin/${encodeURIComponent(session.tenant)}/${path}`, sent);
  if (answer.status === 401) {
    signOut('The token is no longer good. Sign in again.');
    throw new Error('signed out');
  }
  const text = await answer.text();
  return { ok: answer.ok, status: answer.status, etag: answer.headers.get('etag'), body: text ? JSON.parse(text) : null };
}

/** The sentence of a refusal, with every member it names. */
function refusal({ status, body }) {
  const problems = body?.details?.problems ?? [];
  const named = problems.map(({ member, reason }) => `${member} ${reason}`);
  return named.length ? named.join('\n') : (body?.error ?? `The server answered ${status}.`);
}

async function signIn(event) {
  event.preventDefault();
  const { tenant, client, secret } = Object.fromEntries(new FormData(event.target));
  $('sign-in-wrong').textContent = '';
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: client, client_secret: secret });
  const answer = await fetch(`/${encodeURIComponent(tenant)}/admin/oauth2/token`, { method: 'POST', body: form, credentials: 'omit' });
  if (!answer.ok) {
    const { error_description: why, error } = await answer.json().catch(() => ({}));
    $('sign-in-wrong').textContent = why ?? error ?? `The server answered ${answer.status}.`;
    return;
  }
  session = { tenant, token: (await answer.json()).access_token };
  event.target.reset();
  $('who').textContent = `${client} in tenant ${tenant}`;
  show(true);
  begin('');
  await list();
}

function signOut(why = '') {
  session = null;
  $('who').textContent = '';
  $('sign-in-wrong').textContent = why;
  show(false);
}

function show(signedIn) {
  $('signing-in').hidden = signedIn;
  $('playground').hidden = !signedIn;
  $('sign-out').hidden = !signedIn;
}

// --- The list

async function list() {
  const { ok, body } = await ask('GET', 'policies');
  if (!ok) return;
  const entry = (policy) =>
    make('li', {}, make('button', { type: 'button', onclick: () => open(policy.id), 'aria-current': String(policy.id === editing?.id) },
      policy.policy_name, make('span', { class: 'quiet' }, ` ${policy.language ?? ''}`)));
  $('saved').replaceChildren(...body.policies.map(entry));
}

async function open(id) {
  if (!mayLeave()) return;
  const answer = await ask('GET', `policies/${encodeURIComponent(id)}`);
  if (!answer.ok) return problems([{ message: refusal(answer) }]);
  const { policy_name: name, language = '', definition, validators, mode = 'enforce' } = answer.body;
  editing = { id, etag: answer.etag };
  fill({ id, name, language, mode, source: language ? definition : JSON.stringify(validators, null, 2) });
  await list();
}

function begin(language) {
  editing = null;
  const { source, cases } = BEGINNINGS[language];
  $('cases').value = JSON.stringify(cases, null, 2);
  fill({ id: '', name: '', language, mode: 'enforce', source });
}

function fill({ id, name, language, mode, source }) {
  $('policy-id').value = id;
  $('policy-id').readOnly = editing !== null;
  $('policy-name').value = name;
  $('language').value = language;
  $('mode').value = mode;
  $('source').value = source;
  label();
  changed = false;
  $('results').replaceChildren();
  $('summary').textContent = '';
  check();
}

function label() {
  $('source-label').textContent = $('language').value ? 'Definition' : 'Validators (JSON)';
}

/** Another language is another policy: what was only the beginning of one makes room for the other's. */
function switchLanguage() {
  const untouched = Object.values(BEGINNINGS).some(({ source }) => source === $('source').value);
  if (untouched && editing === null) {
    const { source, cases } = BEGINNINGS[$('language').value];
    $('source').value = source;
    $('cases').value = JSON.stringify(cases, null, 2);
  }
  label();
  touch();
}

function mayLeave() {
  return !changed || confirm('The policy was changed and is not saved. Leave it?');
}

// --- What stands in the editor

/** The policy as createPolicy takes it. Throws what is wrong with its JSON. */
function policy() {
  const [language, source] = [$('language').value, $('source').value];
  const common = { id: $('policy-id').value || 'unsaved', policy_name: $('policy-name').value || 'unsaved', mode: $('mode').value };
  return language ? { ...common, language, definition: source } : { ...common, validators: JSON.parse(source) };
}

/** What JSON.parse says, with the place where browsers tell one. */
function unreadable(error, text) {
  const position = /position (\d+)/.exec(error.message)?.[1];
  if (position === undefined) return { message: error.message };
  const before = text.slice(0, Number(position)).split('\n');
  return { message: error.message, line: before.length, column: before.at(-1).length + 1 };
}

let checks = 0;
let waiting;

function touch() {
  changed = true;
  clearTimeout(waiting);
  waiting = setTimeout(check, 300);
}

/** Asks whether the policy could be saved. Only the last question's answer is shown. */
async function check() {
  const turn = ++checks;
  let body;
  try {
    body = policy();
  } catch (error) {
    return problems([unreadable(error, $('source').value)]);
  }
  const answer = await ask('POST', 'policies/check', body).catch(() => null);
  if (answer === null || turn !== checks) return;
  if (!answer.ok) return problems([{ message: refusal(answer) }]);
  problems(answer.body.valid ? [] : answer.body.problems);
}

function problems(found) {
  const place = ({ pointer, line, column }) => (line ? `Line ${line}, column ${column ?? 1}` : (pointer ?? ''));
  const item = (problem) =>
    make('li', {}, problem.line
      ? make('button', { type: 'button', onclick: () => go(problem.line, problem.column ?? 1) }, place(problem))
      : make('code', {}, place(problem)), ' ', problem.message.replace(/^line \d+, column \d+: /, ''));
  $('source').setAttribute('aria-invalid', String(found.length > 0));
  $('problems').replaceChildren(
    found.length ? make('ul', { class: 'wrong' }, ...found.map(item)) : make('p', { class: 'right' }, 'The policy can be saved.'));
}

/** Puts the caret where something is wrong. */
function go(line, column) {
  const lines = $('source').value.split('\n');
  const at = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0) + column - 1;
  $('source').focus();
  $('source').setSelectionRange(at, at + 1);
}

async function save() {
  const [id, name] = [$('policy-id').value, $('policy-name').value];
  if (!id || !name) {
    problems([{ message: 'A policy needs an id and a name to be saved.' }]);
    $(id ? 'policy-name' : 'policy-id').focus();
    return;
  }
  let body;
  try {
    body = policy();
  } catch (error) {
    return problems([unreadable(error, $('source').value)]);
  }
  const answer = editing
    ? await ask('PUT', `policies/${encodeURIComponent(id)}`, body, { 'if-match': editing.etag })
    : await ask('POST', 'policies', body);
  if (answer.status === 412) return problems([{ message: 'Somebody else has changed this policy meanwhile. Open it again.' }]);
  if (!answer.ok) return problems([{ message: refusal(answer) }]);
  editing = { id, etag: answer.etag };
  $('policy-id').readOnly = true;
  changed = false;
  $('problems').replaceChildren(make('p', { class: 'right' }, 'Saved.'));
  await list();
}

// --- Cases

/** Runs every case, one after the other, and shows what came of it. */
async function run() {
  $('cases-wrong').textContent = '';
  let body, cases;
  try {
    const read = JSON.parse($('cases').value);
    cases = Array.isArray(read) ? read : read.cases;
  } catch (error) {
    $('cases-wrong').textContent = error.message;
    return;
  }
  try {
    // What the rules say is what is looked at, whether their answer counts or not.
    body = { ...policy(), mode: 'enforce' };
  } catch (error) {
    return problems([unreadable(error, $('source').value)]);
  }
  const shown = [];
  let failed = 0;
  for (const one of cases) {
    const answer = await ask('POST', 'policies/test', { policy: body, input: one.input ?? {}, explain: true });
    if (!answer.ok) {
      $('cases-wrong').textContent = refusal(answer);
      return;
    }
    const missed = compare(one.expect ?? {}, answer.body);
    failed += missed.length ? 1 : 0;
    shown.push(result(one, answer.body, missed));
  }
  $('results').replaceChildren(...shown);
  $('summary').textContent = `${cases.length - failed} passed, ${failed} failed`;
  $('summary').className = failed ? 'wrong' : 'right';
}

/** What of an expectation is not so. */
function compare(expect, got) {
  const missed = [];
  if (expect.allow !== undefined && expect.allow !== got.status) {
    missed.push(`expected ${expect.allow ? 'allow' : 'deny'}, got ${got.result}`);
  }
  if (expect.failures) {
    const words = (list) => list.map(({ validator, code }) => [validator, code].filter(Boolean).join(' '));
    const [wanted, found] = [words(expect.failures), words(got.failures)];
    const same = wanted.length === found.length && wanted.every((word, at) => found[at] === word || found[at].startsWith(`${word} `));
    if (!same) missed.push(`expected failures [${wanted.join(', ')}], got [${found.join(', ')}]`);
  }
  return missed;
}

function result(one, got, missed) {
  const reason = (failing) =>
    make('li', {}, make('code', {}, `${failing.validator}: ${failing.code}`), ` ${failing.message}`);
  return make('li', { class: missed.length ? 'failed' : 'passed' },
    make('details', missed.length ? { open: '' } : {},
      make('summary', {}, make('strong', {}, missed.length ? '✗ ' : '✓ '), one.name ?? 'case', ' ',
        make('span', { class: 'quiet' }, `${got.result}${cost(got.usage)}`)),
      missed.length ? make('ul', { class: 'wrong' }, ...missed.map((text) => make('li', {}, text))) : null,
      got.failures.length ? make('div', {}, make('h3', {}, 'Reasons'), make('ul', {}, ...got.failures.map(reason))) : null,
      got.outputs?.length ? make('div', {}, make('h3', {}, 'Outputs'), make('pre', {}, JSON.stringify(got.outputs, null, 2))) : null,
      got.trace ? make('div', {}, make('h3', {}, 'Trace'), make('ul', { class: 'trace' }, trace(got.trace))) : null));
}

/** What a call has spent, in words. */
function cost(usage) {
  if (!usage) return '';
  const kib = Math.round(usage.memory_bytes / 1024);
  return ` · ${usage.instantiate_us + usage.run_us} µs · ${kib} KiB${usage.cold ? ' · without a snapshot' : ''}`;
}

/** A condition or a rule with everything inside it. */
function trace({ condition, outcome, policy, monitored, validator, code, message, usage, inside = [] }) {
  const name = validator ?? (condition === 'policy' ? `policy ${policy}` : condition);
  return make('li', { class: outcome }, make('strong', {}, name), ` ${outcome}${monitored ? ', only monitored' : ''}`,
    code ? ` ${code}: ${message ?? ''}` : '', make('span', { class: 'quiet' }, cost(usage)),
    inside.length ? make('ul', {}, ...inside.map(trace)) : null);
}

// --- Wires

$('sign-in').addEventListener('submit', signIn);
$('sign-out').addEventListener('click', () => mayLeave() && signOut());
$('new').addEventListener('click', () => mayLeave() && (begin($('language').value), list()));
$('save').addEventListener('click', save);
$('run').addEventListener('click', run);
$('language').addEventListener('change', switchLanguage);
for (const id of ['source', 'policy-name', 'policy-id', 'mode']) $(id).addEventListener('input', touch);
document.addEventListener('keydown', (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === 'Enter' && session) run();
});
window.addEventListener('beforeunload', (event) => changed && event.preventDefault());
