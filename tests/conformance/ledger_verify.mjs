// An independent verifier of a ledger, written from the C2SP texts alone (signed-note, tlog-checkpoint,
// tlog-tiles, tlog-proof) and RFC 6962. It shares nothing with the program that writes the ledger; node's own
// modules are all it needs.
//
//   node ledger_verify.mjs [--vkey KEY] [--since CHECKPOINT_FILE] DIR...     one JSON row per directory
//   node ledger_verify.mjs --vkey KEY --proof FILE --entry FILE              one JSON row
//
// A row has "ok", and either "origin", "size", "root", "pinned" or "error". Exit code 0 when every row is ok.
import { createHash, createPublicKey, verify as verifySignature } from 'node:crypto';
import { readFileSync, readdirSync, existsSync } from 'node:fs';
import { join } from 'node:path';

const sha256 = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const leafHash = (entry) => sha256(Buffer.from([0]), entry);
const nodeHash = (left, right) => sha256(Buffer.from([1]), left, right);

function refuse(message) {
  throw new Error(message);
}

// RFC 4648 section 4, canonical: what decodes must encode to the same text.
function base64(text) {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : refuse(`not base64: ${text}`);
}

function decimal(text) {
  if (!/^(0|[1-9][0-9]*)$/.test(text)) refuse(`not a decimal number: ${text}`);
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : refuse(`too large a number: ${text}`);
}

// ---- signed-note ----

const SPACES = /[\p{White_Space}+]/u;

function parseVkey(text) {
  const match = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/su.exec(text) ?? refuse('malformed vkey');
  const [, name, id, encoded] = match;
  if (SPACES.test(name)) refuse('malformed key name');
  const raw = base64(encoded);
  if (raw.length !== 33 || raw[0] !== 1) refuse('not an Ed25519 vkey');
  const expected = sha256(Buffer.from(name + '\n', 'utf8'), raw).subarray(0, 4).toString('hex');
  if (expected !== id) refuse('the key id does not belong to the key');
  // RFC 8410 section 4: SubjectPublicKeyInfo of an Ed25519 key.
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw.subarray(1)]);
  return { name, id, key: createPublicKey({ key: spki, format: 'der', type: 'spki' }) };
}

function parseNote(bytes) {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  if (/[\x00-\x09\x0b-\x1f]/.test(text)) refuse('control character in a note');
  const blank = text.lastIndexOf('\n\n');
  if (blank < 0 || !text.endsWith('\n')) refuse('malformed note');
  const lines = text.slice(blank + 2, -1).split('\n');
  const signatures = lines.map((line) => {
    const [, name, encoded] = /^— ([^ ]+) ([^ ]+)$/u.exec(line) ?? refuse('malformed signature line');
    if (SPACES.test(name)) refuse('malformed key name');
    const raw = base64(encoded);
    if (raw.length < 5) refuse('short signature');
    return { name, id: raw.subarray(0, 4).toString('hex'), signature: raw.subarray(4) };
  });
  return { text: text.slice(0, blank + 1), signatures };
}

function openNote(bytes, vkey) {
  const note = parseNote(bytes);
  const ours = note.signatures.filter((s) => s.name === vkey.name && s.id === vkey.id);
  if (ours.length === 0) refuse('not signed by the key');
  for (const { signature } of ours)
    if (!verifySignature(null, Buffer.from(note.text, 'utf8'), vkey.key, signature)) refuse('wrong signature');
  return note.text;
}

// ---- tlog-checkpoint ----

function openCheckpoint(bytes, vkey) {
  const lines = openNote(bytes, vkey).slice(0, -1).split('\n');
  if (lines.length < 3 || lines.some((line) => line === '')) refuse('malformed checkpoint');
  const root = base64(lines[2]);
  if (root.length !== 32) refuse('malformed root');
  if (lines[0] !== vkey.name) refuse('the origin is not the key name');
  return { origin: lines[0], size: decimal(lines[1]), root };
}

// ---- RFC 6962 section 2.1 ----

function rootOf(hashes) {
  if (hashes.length === 0) return sha256();
  if (hashes.length === 1) return hashes[0];
  let k = 1;
  while (k * 2 < hashes.length) k *= 2;
  return nodeHash(rootOf(hashes.slice(0, k)), rootOf(hashes.slice(k)));
}

// The root that PATH(index, D[size]) leads to, by the recursion that defines the path.
function rootFromPath(index, size, leaf, path) {
  if (size === 1) return path.length === 0 ? leaf : refuse('the path is too long');
  if (path.length === 0) refuse('the path is too short');
  let k = 1;
  while (k * 2 < size) k *= 2;
  const sibling = path[path.length - 1];
  const rest = path.slice(0, -1);
  return index < k
    ? nodeHash(rootFromPath(index, k, leaf, rest), sibling)
    : nodeHash(sibling, rootFromPath(index - k, size - k, leaf, rest));
}

// ---- tlog-tiles ----

function indexPath(n) {
  const digits = (value) => String(value).padStart(3, '0');
  let path = digits(n % 1000);
  for (n = Math.floor(n / 1000); n > 0; n = Math.floor(n / 1000)) path = `x${digits(n % 1000)}/${path}`;
  return path;
}

function* filesBelow(dir, prefix) {
  for (const item of readdirSync(dir, { withFileTypes: true })) {
    const path = `${prefix}/${item.name}`;
    if (item.isDirectory()) yield* filesBelow(join(dir, item.name), path);
    else yield path;
  }
}

function parsePath(path) {
  const match = /^tile\/(entries|0|[1-9][0-9]?)\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/.exec(path);
  if (!match) return null;
  const index = match[2].split('/').reduce((n, part) => n * 1000 + Number(part.replace('x', '')), 0);
  const width = match[3] === undefined ? 256 : Number(match[3]);
  if (width > 256 || (match[3] !== undefined && width > 255) || indexPath(index) !== match[2]) return null;
  return { level: match[1], index, width };
}

// The entries of a bundle; exactly `width` of them must fill it.
function splitBundle(bytes, width, path) {
  const entries = [];
  let at = 0;
  while (entries.length < width) {
    if (at + 2 > bytes.length) refuse(`${path} ends early`);
    const length = bytes.readUInt16BE(at);
    if (at + 2 + length > bytes.length) refuse(`${path} ends early`);
    entries.push(bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return at === bytes.length ? entries : refuse(`${path} is too long`);
}

// The file for `width` hashes or entries, or the full one, which may have replaced it.
function readTile(dir, level, index, width) {
  const full = `tile/${level}/${indexPath(index)}`;
  const partial = `${full}.p/${width}`;
  if (width < 256 && existsSync(join(dir, partial)))
    return { path: partial, bytes: readFileSync(join(dir, partial)), width };
  if (existsSync(join(dir, full))) return { path: full, bytes: readFileSync(join(dir, full)), width: 256 };
  return refuse(`${width < 256 ? partial : full} is missing`);
}

// All leaf hashes, from the entry bundles.
function readLeaves(dir, size) {
  const leaves = [];
  for (let index = 0; index * 256 < size; ++index) {
    const width = Math.min(256, size - index * 256);
    const file = readTile(dir, 'entries', index, width);
    const entries = splitBundle(file.bytes, file.width, file.path);
    for (const entry of entries.slice(0, width)) leaves.push(leafHash(entry));
  }
  return leaves;
}

// levels[L]: the hashes at tile level L, computed from the leaves.
function buildLevels(leaves) {
  const levels = [leaves];
  while (levels.at(-1).length >= 256) {
    const below = levels.at(-1);
    const level = [];
    for (let i = 0; i + 256 <= below.length; i += 256) level.push(rootOf(below.slice(i, i + 256)));
    levels.push(level);
  }
  return levels;
}

function checkTiles(dir, levels) {
  levels.forEach((hashes, level) => {
    for (let index = 0; index * 256 < hashes.length; ++index) {
      const width = Math.min(256, hashes.length - index * 256);
      const file = readTile(dir, String(level), index, width);
      if (file.bytes.length !== file.width * 32) refuse(`${file.path} has the wrong length`);
      const expected = Buffer.concat(hashes.slice(index * 256, index * 256 + width));
      if (!file.bytes.subarray(0, width * 32).equals(expected)) refuse(`${file.path} is wrong`);
    }
  });
}

// Every other form of a tile must agree where the checkpoint covers it.
function checkAllFiles(dir, levels) {
  if (!existsSync(join(dir, 'tile'))) return;
  for (const path of filesBelow(join(dir, 'tile'), 'tile')) {
    const id = parsePath(path);
    if (!id) continue;
    const hashes = (levels[id.level === 'entries' ? 0 : Number(id.level)] ?? []).slice(id.index * 256);
    const covered = Math.min(id.width, hashes.length);
    if (covered === 0) continue;
    const bytes = readFileSync(join(dir, path));
    const stored =
      id.level === 'entries'
        ? splitBundle(bytes, id.width, path).map(leafHash)
        : bytes.length === id.width * 32
          ? Array.from({ length: id.width }, (_, i) => bytes.subarray(i * 32, i * 32 + 32))
          : refuse(`${path} has the wrong length`);
    for (let i = 0; i < covered; ++i) if (!stored[i].equals(hashes[i])) refuse(`${path} is wrong at ${i}`);
  }
}

function verifyLedger(dir, options) {
  const beside = existsSync(join(dir, 'vkey')) ? readFileSync(join(dir, 'vkey'), 'utf8') : null;
  if (beside !== null && !/^[^\n]+\n$/.test(beside)) refuse('malformed vkey file');
  if (options.vkey && beside !== null && beside !== options.vkey + '\n') refuse('the vkey file names another key');
  const vkey = parseVkey(options.vkey ?? beside?.slice(0, -1) ?? refuse('no key'));
  const checkpoint = openCheckpoint(readFileSync(join(dir, 'checkpoint')), vkey);
  const leaves = readLeaves(dir, checkpoint.size);
  if (!rootOf(leaves).equals(checkpoint.root)) refuse('the entries do not have the signed root');
  const levels = buildLevels(leaves);
  checkTiles(dir, levels);
  checkAllFiles(dir, levels);
  if (options.since) {
    const since = openCheckpoint(readFileSync(options.since), vkey);
    if (since.size > checkpoint.size) refuse('the log is smaller than the older checkpoint');
    if (!rootOf(leaves.slice(0, since.size)).equals(since.root)) refuse('the log was forked');
  }
  return report(checkpoint, options.vkey !== undefined);
}

// ---- tlog-proof ----

function verifyProof(options) {
  const bytes = readFileSync(options.proof);
  const blank = bytes.indexOf('\n\n');
  if (blank < 0) refuse('malformed proof');
  const lines = bytes.subarray(0, blank).toString('utf8').split('\n');
  if (lines.shift() !== 'c2sp.org/tlog-proof@v1') refuse('not a tlog-proof@v1');
  if (lines[0]?.startsWith('extra ')) base64(lines.shift().slice(6));
  const line = lines.shift() ?? '';
  if (!line.startsWith('index ')) refuse('no index');
  const index = decimal(line.slice(6));
  const path = lines.map((text) => {
    const hash = base64(text);
    return hash.length === 32 ? hash : refuse('malformed hash');
  });
  const checkpoint = openCheckpoint(bytes.subarray(blank + 2), parseVkey(options.vkey));
  if (index >= checkpoint.size) refuse('the index is not in the tree');
  const root = rootFromPath(index, checkpoint.size, leafHash(readFileSync(options.entry)), path);
  if (!root.equals(checkpoint.root)) refuse('the path does not lead to the root');
  return { ...report(checkpoint, true), index };
}

function report(checkpoint, pinned) {
  return {
    ok: true,
    origin: checkpoint.origin,
    size: checkpoint.size,
    root: checkpoint.root.toString('base64'),
    pinned,
  };
}

// ---- command line ----

const options = {};
const dirs = [];
const argv = process.argv.slice(2);
while (argv.length > 0) {
  const word = argv.shift();
  if (['--vkey', '--since', '--proof', '--entry'].includes(word)) options[word.slice(2)] = argv.shift();
  else dirs.push(word);
}
const jobs = options.proof ? [() => verifyProof(options)] : dirs.map((dir) => () => verifyLedger(dir, options));
for (const job of jobs) {
  let row;
  try {
    row = job();
  } catch (error) {
    row = { ok: false, error: error.message };
    process.exitCode = 1;
  }
  console.log(JSON.stringify(row));
}
