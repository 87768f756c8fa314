/**
 * `npm start`: Node-RED with these nodes installed and the example "Order a test kit" deployed, in a folder of
 * its own (`.demo/`, kept between starts; delete it to begin anew). `PORT` sets the port.
 */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

const root = join(__dirname, '..');
const userDir = join(root, '.demo');
const port = process.env.PORT ?? '1880';

const settings = `module.exports = {
  uiHost: '127.0.0.1',
  flowFile: 'flows.json',
  credentialSecret: 'demo: nothing secret is kept here',
  // The sandbox's orders move on every second.
  onegevitySandboxPace: 1,
  editorTheme: { tours: false },
  telemetry: { enabled: false, updateNotification: false },
};
`;

const link = join(userDir, 'node_modules/@lowcode-health/node-red-onegevity');
if (!existsSync(link)) {
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(root, link, 'junction');
}
writeFileSync(join(userDir, 'settings.js'), settings);
const flows = join(userDir, 'flows.json');
if (!existsSync(flows)) cpSync(join(root, 'examples/01 - Order a test kit.json'), flows);

const editor = `http://127.0.0.1:${port}/`;
/** What is said once, after a line of Node-RED's log that holds a text. */
const hints = new Map([
  ['Started flows', `The editor: ${editor}`],
  [
    'report fetched',
    `That was the life of an order, from beginning to end. What to do next:
  the flow that did it:     ${editor}  (the debug sidebar shows what comes from now on)
  the orders on their way:  ${editor}onegevity/sandbox/
  Ctrl+C ends Node-RED.`,
  ],
  ['port in use', `Port ${port} is taken. Another one: PORT=${Number(port) + 1} npm start`],
]);

const nodeRed = spawn(
  process.execPath,
  [require.resolve('node-red/red.js'), '--userDir', userDir, '--port', port],
  { stdio: ['inherit', 'pipe', 'inherit'] },
);
createInterface({ input: nodeRed.stdout }).on('line', (line) => {
  console.log(line);
  for (const [when, text] of hints) {
    if (!line.includes(when)) continue;
    console.log(`\n${text}\n`);
    hints.delete(when);
  }
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => nodeRed.kill(signal));
nodeRed.on('exit', (code) => (process.exitCode = code ?? 0));
