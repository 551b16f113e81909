// JSON Schema of the conf: the host holds every conf against it first, so the validator sees good ones only.
export default {
  type: 'object',
  required: ['domains'],
  additionalProperties: false,
  properties: {
    domains: {
      description: 'Domains such as example.com, at least one.',
      type: 'array',
      minItems: 1,
      items: { type: 'string', minLength: 1, maxLength: 253 },
    },
    subdomains: { description: 'True when a.example.com counts as example.com, too.', type: 'boolean' },
  },
};
