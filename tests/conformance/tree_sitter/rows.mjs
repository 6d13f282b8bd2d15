// tree-sitter-bash as a filter: what it accepts of rows of commands, and how fast.
//
//   node rows.mjs ROWS.jsonl VERDICTS.txt        one line a row: "1" parsed without an error, else "0"
//
// It is installed into .agents/tree_sitter/ the first time. An oracle of tests; nothing that ships uses it.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const place = join(here, '../../../.agents/tree_sitter');
const pinned = JSON.parse(readFileSync(join(here, 'package.json'))).dependencies;

function installed(name) {
  const file = join(place, 'node_modules', name, 'package.json');
  return existsSync(file) && JSON.parse(readFileSync(file)).version === pinned[name];
}

if (!Object.keys(pinned).every(installed)) {
  mkdirSync(place, { recursive: true });
  for (const name of ['package.json', 'package-lock.json', '.npmrc']) copyFileSync(join(here, name), join(place, name));
  const done = spawnSync('npm', ['ci', '--ignore-scripts', '--omit=dev'], { cwd: place, encoding: 'utf8' });
  if (done.error || done.status !== 0) {
    console.error(`npm could not install tree-sitter-bash: ${done.error ?? done.stderr.trim().split('\n').at(-1)}`);
    process.exit(3);
  }
}

const require = createRequire(join(place, 'package.json'));
const Parser = require('tree-sitter');
const parser = new Parser();
parser.setLanguage(require('tree-sitter-bash'));
// The binding reads a string in pieces of this size; a longer one must be given room.
const options = (text) => ({ bufferSize: Math.max(32 * 1024, 2 * text.length + 1024) });

const [, , rows, verdicts] = process.argv;
const commands = readFileSync(rows, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line).command ?? '');
const answers = commands.map((text) => (parser.parse(text, undefined, options(text)).rootNode.hasError ? '0' : '1'));
writeFileSync(verdicts, answers.join('\n') + '\n');

const begin = process.hrtime.bigint();
let parsed = 0;
let seconds = 0;
while (seconds < 1 && commands.length > 0) {
  for (const text of commands) parser.parse(text, undefined, options(text));
  parsed += commands.length;
  seconds = Number(process.hrtime.bigint() - begin) / 1e9;
}
console.log(`speed: ${Math.round(parsed / seconds)} commands/s`);
