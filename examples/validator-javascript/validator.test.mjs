// The validator's functions are ordinary JavaScript: node --test
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configure, describe, validate } from './validator.js';

const codes = (confs, authn_ctx) => {
  configure(confs.map((conf) => JSON.stringify(conf)));
  return validate(JSON.stringify({ authn_ctx })).map((verdict) => verdict.code);
};

test('an address at a domain of the policy passes', () => {
  assert.deepEqual(codes([{ domains: ['Example.com'] }], { email: 'ann@EXAMPLE.com' }), ['']);
  assert.deepEqual(codes([{ domains: ['example.com'], subdomains: true }], { email: 'ann@a.example.com' }), ['']);
});

test('everything else is denied with its reason', () => {
  const conf = { domains: ['example.com'] };
  for (const email of ['ann@a.example.com', 'ann@notexample.com', 'example.com', 'ann@example.com@evil.org']) {
    assert.deepEqual(codes([conf], { email }), ['foreign_domain'], email);
  }
  assert.deepEqual(codes([conf, conf], {}), ['missing', 'missing']);
  assert.deepEqual(codes([conf], { email: ['ann@example.com'] }), ['type_mismatch']);
});

test('the schema is JSON', () => assert.equal(JSON.parse(describe().confSchema).type, 'object'));
