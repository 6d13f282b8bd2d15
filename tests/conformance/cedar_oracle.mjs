// The reference implementation of Cedar, as WebAssembly: @cedar-policy/cedar-wasm, pinned in package-lock.json.
//
//   const { cedar, version } = loadCedar();             installs it into .agents/cedar/ the first time
//   const { cedar, version } = loadCedar(directory);    a directory with node_modules of one's own
//
// It is an oracle of tests and benchmarks; nothing that ships uses it.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const PACKAGE = 'node_modules/@cedar-policy/cedar-wasm/package.json';
const pinned = JSON.parse(readFileSync(join(here, 'package.json'))).dependencies['@cedar-policy/cedar-wasm'];

const versionIn = (directory) => (existsSync(join(directory, PACKAGE)) ? JSON.parse(readFileSync(join(directory, PACKAGE))).version : '');

function install() {
  const directory = join(here, '../../.agents/cedar');
  if (versionIn(directory) === pinned) return directory;
  mkdirSync(directory, { recursive: true });
  for (const name of ['package.json', 'package-lock.json', '.npmrc']) copyFileSync(join(here, name), join(directory, name));
  const done = spawnSync('npm', ['ci', '--ignore-scripts', '--omit=dev'], { cwd: directory, encoding: 'utf8' });
  if (done.error || done.status !== 0)
    throw new Error(`npm could not install cedar-wasm ${pinned}: ${done.error ?? done.stderr.trim().split('\n').at(-1)}; is there npm and a network?`);
  return directory;
}

export function loadCedar(directory) {
  const place = directory ? resolve(directory) : install();
  const cedar = createRequire(join(place, 'package.json'))('@cedar-policy/cedar-wasm/nodejs');
  return { cedar, version: versionIn(place) };
}
