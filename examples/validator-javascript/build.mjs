// Makes the component: node build.mjs [INTO] [WIT]
import { componentize } from '@bytecodealliance/componentize-js';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const [into = here('email-domains.wasm'), wit = here('../../wit/v1')] = process.argv.slice(2);

const { component } = await componentize({
  sourcePath: here('validator.js'),
  witPath: wit,
  worldName: 'validator',
  // All that JavaScript would otherwise ask of the host. Left out, it imports nothing but wit/v1.
  disableFeatures: ['random', 'stdio', 'clocks', 'http', 'fetch-event'],
});
await writeFile(into, component);
console.log(`${into}: ${component.length} bytes`);
