// One line a step; the first that fails ends the run with an exit code.

import assert from 'node:assert/strict';

export { assert };

/** Runs a step and says so. */
export async function step(name, run) {
  try {
    const result = await run();
    console.log(`ok    ${name}`);
    return result;
  } catch (error) {
    console.log(`FAIL  ${name}`);
    console.error(error);
    for (let cause = error.cause; cause; cause = cause.cause) console.error('caused by', cause);
    process.exit(1);
  }
}

/** What the test hands over; without it nothing can run. */
export function given(...names) {
  return names.map((name) => {
    if (!process.env[name]) throw new Error(`${name} is not set: see tests/it/interop.rs`);
    return process.env[name];
  });
}

/** Expects an OAuth error by its code, in whatever class and depth the library has it. */
export async function refused(code, attempt) {
  await assert.rejects(attempt, (error) => {
    const chain = [];
    for (let one = error; one && typeof one === 'object'; one = one.cause) chain.push(one);
    // A challenge in WWW-Authenticate keeps the library from reading the body: then the status says it.
    const challenged = code === 'invalid_client' && chain.some((one) => one.status === 401);
    assert.ok(challenged || chain.some((one) => one.error === code), `not ${code} but ${error}`);
    return true;
  });
}
