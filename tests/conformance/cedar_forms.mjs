#!/usr/bin/env node
// Cedar's forms against the reference implementation (cedar_oracle.mjs): on every policy of a file of rows
// {id, policies}, plain or .gz,
//
//   - `weir cedar translate-policy` gives the JSON that policyToJson and templateToJson give,
//   - text -> JSON -> text -> JSON gives the same bytes again, and the reference reads the text in between alike,
//   - `weir cedar format` gives the text that formatPolicies gives, twice changes nothing, and the reference reads
//     the formatted text alike.
//
//   node tests/conformance/cedar_forms.mjs --weir build/release/weir ../shared/data/cedar/cedar-authz-dev.jsonl.gz
//   node tests/conformance/cedar_forms.mjs --weir build/release/weir tests/cases/cedar/forms/policies.jsonl
//   node tests/conformance/cedar_forms.mjs --weir build/release/weir --random 4000 --seed 7
//
// --random makes the rows: sets of policies and templates from cedar_cases.mjs, the same for the same seed.
// Exit 0 when JSON and readings agree everywhere. Layout and printed text are counted, and differences shown with
// --verbose: the official printer escapes ' and characters that it deems unprintable, and its formatter counts some
// characters as wider than one column. The reference rounds longs beyond 2^53 (JavaScript's numbers); that ours are
// exact is what the equality of bytes says.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { makeCase } from './cedar_cases.mjs';
import { loadCedar } from './cedar_oracle.mjs';

const args = process.argv.slice(2);
const option = (name) => (args.includes(name) ? args.splice(args.indexOf(name), 2)[1] : undefined);
const verbose = args.includes('--verbose') && args.splice(args.indexOf('--verbose'), 1).length > 0;
const weir = option('--weir') ?? 'build/release/weir';
const random = Number(option('--random') ?? 0);
const seed = Number(option('--seed') ?? 1);
const file = args[0];
if (!random && (!file || !existsSync(file))) {
  console.log(`skipped: ${file ? `${file} is not there` : 'name a file of rows'}`);
  process.exit(file ? 0 : 2);
}
const { cedar, version } = loadCedar();

function readRows() {
  const bytes = readFileSync(file);
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString().split('\n').filter(Boolean).map((line) => JSON.parse(line));
}
function randomRow(number) {
  const { id, policies, templates } = makeCase(seed, number);
  return { id, policies: [...Object.values(policies), ...Object.values(templates)].join('\n') };
}
const rows = random ? Array.from({ length: random }, (_, number) => randomRow(number)) : readRows();

// One answer a row, as text: JSON.parse would round longs.
function run(command, lines) {
  const done = spawnSync(weir, ['cedar', command, '--jsonl'], { input: lines.join('\n') + '\n', encoding: 'utf8', maxBuffer: 2 ** 30 });
  if (done.error) throw done.error;
  const answers = done.stdout.split('\n').filter(Boolean);
  if (answers.length !== lines.length) throw new Error(`${command}: ${answers.length} answers to ${lines.length} rows\n${done.stderr}`);
  return answers;
}

const sorted = (x) =>
  Array.isArray(x) ? x.map(sorted) : x && typeof x === 'object' ? Object.fromEntries(Object.keys(x).sort().map((key) => [key, sorted(x[key])])) : x;
const text = (x) => JSON.stringify(sorted(x));

// The policies of a text in JSON, in the reference's order made independent of it.
function reference(policies) {
  const parts = cedar.policySetTextToParts(policies);
  if (parts.type !== 'success') return { error: parts.errors[0].message };
  const all = [...parts.policies.map(cedar.policyToJson), ...parts.policy_templates.map(cedar.templateToJson)];
  const bad = all.find((one) => one.type !== 'success');
  if (bad) return { error: bad.errors[0].message };
  return { json: all.map((one) => one.json), key: all.map((one) => text(one.json)).sort().join('\n') };
}
const ours = (set) => [...Object.values(set.staticPolicies), ...Object.values(set.templates)].map(text).sort().join('\n');

const count = { texts: 0, policies: 0, printed: 0, laidOut: 0 };
const wrong = [];
const input = rows.map((row) => JSON.stringify({ id: row.id, policies: row.policies }));
const json = run('translate-policy', input);
const back = run('translate-policy', json);
const again = run('translate-policy', back);
const formatted = run('format', input);
const twice = run('format', formatted);

rows.forEach((row, i) => {
  const complain = (what, ...more) => wrong.push([row.id, what, ...more].join(' '));
  const expected = reference(row.policies);
  const answer = JSON.parse(json[i]);
  count.texts += 1;
  if (expected.error || answer.error) {
    if (!expected.error !== !answer.error) complain('one refuses:', expected.error ?? json[i]);
    return;
  }
  count.policies += expected.json.length;
  if (ours(answer.json) !== expected.key) complain('JSON differs', json[i].slice(0, 400), expected.key.slice(0, 400));
  if (json[i] !== again[i]) complain('there and back differs', json[i].slice(0, 400), again[i].slice(0, 400));
  const printed = JSON.parse(back[i]).policies;
  if (reference(printed).key !== expected.key) complain('the printed text is read otherwise', printed.slice(0, 400));
  const layout = JSON.parse(formatted[i]).policies;
  if (formatted[i] !== twice[i]) complain('formatting twice differs', layout);
  if (reference(layout).key !== expected.key) complain('the formatted text is read otherwise', layout);
  const official = cedar.formatPolicies({ policyText: row.policies, lineWidth: 80, indentWidth: 2 });
  if (official.formatted_policy === layout) count.laidOut += 1;
  else if (verbose) console.log(`layout of ${row.id}:\n${layout}--- official\n${official.formatted_policy}`);
  if (expected.json.length === 1) {
    let theirs;
    try {
      theirs = (row.policies.includes('?') ? cedar.templateToText : cedar.policyToText)(expected.json[0]);
    } catch {
      theirs = {}; // the reference does not read back what nests deeply
    }
    if (theirs.text === printed.trimEnd()) count.printed += 1;
    else if (verbose) console.log(`printed ${row.id}:\n${printed}--- official\n${theirs.text ?? JSON.stringify(theirs)}`);
  }
});

for (const line of wrong.slice(0, 20)) console.log(line);
console.log(
  `cedar-wasm ${version}: ${count.texts} texts, ${count.policies} policies, ${wrong.length} disagreements; ` +
    `layout byte for byte the official one on ${count.laidOut}, printed text on ${count.printed}`,
);
process.exit(wrong.length > 0 ? 1 : 0);
