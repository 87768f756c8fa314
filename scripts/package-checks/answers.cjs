/**
 * Loaded before node-red-dev: answers its questions about node-red from NODE_RED_ENTRY, and its questions to
 * Node-RED's public catalogue with an empty list where that is not reached, since it gives up otherwise.
 */
const Module = require('node:module');

const load = Module._load;
const patched = new WeakSet();

Module._load = function (request, ...rest) {
  const loaded = load.call(this, request, ...rest);
  if (request === 'axios' && !patched.has(loaded)) {
    patched.add(loaded);
    const get = loaded.get.bind(loaded);
    loaded.get = (url, options) => answer(String(url), () => get(url, { timeout: 5000, ...options }));
  }
  return loaded;
};

async function answer(url, ask) {
  if (url.endsWith('/node-red')) return { data: JSON.parse(process.env.NODE_RED_ENTRY) };
  if (!url.endsWith('/catalogue.json')) return ask();
  try {
    return await ask();
  } catch {
    console.log('The public catalogue was not reached: names are compared with none.');
    return { data: { modules: [] } };
  }
}
