// The validator `email-domains`: lets through whose e-mail address is at one of the policy's domains.
//
// The functions are those of the world `validator` in wit/v1. `configure` runs once in the life of a policy and what it
// keeps is there in every call; what a call writes is gone with it. There is no clock, no network and no file.

import schema from './schema.js';

let rules = [];

export function describe() {
  return {
    name: 'email-domains',
    version: '1.0.0',
    help: 'Requires an e-mail address at one of the named domains.',
    confSchema: JSON.stringify(schema),
  };
}

export function configure(confs) {
  rules = confs.map((text) => {
    const { domains, subdomains = false } = JSON.parse(text);
    return { domains: domains.map((domain) => domain.toLowerCase()), subdomains };
  });
}

export function validate(input) {
  const { email } = JSON.parse(input).authn_ctx ?? {};
  return rules.map((rule) => check(rule, email));
}

function check({ domains, subdomains }, email) {
  if (email === undefined || email === null) return deny('missing', 'there is no e-mail address');
  if (typeof email !== 'string') return deny('type_mismatch', 'the e-mail address is not a text');
  const domain = email.slice(email.lastIndexOf('@') + 1).toLowerCase();
  const at = (allowed) => domain === allowed || (subdomains && domain.endsWith(`.${allowed}`));
  if (email.includes('@') && domains.some(at)) return { allow: true, code: '', message: '', details: '' };
  return deny('foreign_domain', 'the e-mail address is not at a domain of the policy', { domains });
}

function deny(code, message, details) {
  return { allow: false, code, message, details: details ? JSON.stringify(details) : '' };
}
