// Weir against the reference implementation of Cedar (@cedar-policy/cedar-wasm) on random cases: decisions,
// determining policies, erring policies, and the verdict of the validator.
//
//   node cedar_differential.mjs WEIR [--cases N] [--seconds N] [--seed N] [--only validate|authorize]
//
// It ends after so many cases or seconds, whichever comes first. Where both differ the case is made smaller, by
// leaving out policies, entities and requests while they still differ, and printed. The same seed gives the same
// cases; without --seed it is drawn and printed. The last line is "N passed, N failed". Exit code 0 when nothing
// differs, 1 otherwise, 2 for wrong usage.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCase } from './cedar_cases.mjs';
import { loadCedar } from './cedar_oracle.mjs';

const BATCH = 250;
const DIFFERENCES_SHOWN = 10;

function options(argv) {
  const out = { cases: 2000, seconds: 1e9, seed: Math.floor(Math.random() * 2 ** 31), only: '', wasm: '', weir: '' };
  for (let i = 0; i < argv.length; ++i) {
    const name = argv[i].replace(/^--/, '');
    if (argv[i].startsWith('--') && name in out && i + 1 < argv.length) out[name] = typeof out[name] === 'number' ? Number(argv[++i]) : argv[++i];
    else if (!out.weir && !argv[i].startsWith('--')) out.weir = argv[i];
    else {
      console.error(`cedar_differential: ${argv[i]} is not known; see the top of this file`);
      process.exit(2);
    }
  }
  if (!out.weir || !Number.isInteger(out.cases) || !Number.isInteger(out.seed)) {
    console.error('cedar_differential: give the program to test; see the top of this file');
    process.exit(2);
  }
  return out;
}

const given = options(process.argv.slice(2));
const { cedar, version } = loadCedar(given.wasm);

// --- the reference -----------------------------------------------------------------------------------------------

const sorted = (list) => [...list].sort();

function linked(world) {
  return world.links.map(({ template, id, values }) => ({ templateId: template, newId: id, values }));
}

function referenceDecisions(world) {
  const policies = { staticPolicies: world.policies, templates: world.templates, templateLinks: linked(world) };
  const parsed = cedar.preparsePolicySet('differential', policies);
  if (parsed.type !== 'success') return { refused: parsed.errors.map(({ message }) => message).join('; ') };
  const call = { preparsedPolicySetId: 'differential', entities: world.entities };
  if (world.typed) {
    cedar.preparseSchema('differential', world.schema);
    call.preparsedSchemaName = 'differential';
    call.validateRequest = false;
  }
  return world.requests.map((request) => {
    const answer = cedar.statefulIsAuthorized({ ...request, ...call });
    if (answer.type !== 'success') return { refused: answer.errors.map(({ message }) => message).join('; ') };
    const { decision, diagnostics } = answer.response;
    return { decision, reason: sorted(diagnostics.reason), errors: sorted(diagnostics.errors.map(({ policyId }) => policyId)) };
  });
}

function referenceValidation(world) {
  const answer = cedar.validate({ schema: world.schema, policies: { staticPolicies: world.policies, templates: world.templates } });
  if (answer.type !== 'success') return { refused: answer.errors.map(({ message }) => message).join('; ') };
  return { invalid: sorted(new Set(answer.validationErrors.map(({ policyId }) => policyId))), why: answer.validationErrors };
}

// --- Weir --------------------------------------------------------------------------------------------------------

function policyText(world) {
  const all = [...Object.entries(world.policies), ...Object.entries(world.templates)];
  return all.map(([id, text]) => `@id(${JSON.stringify(id)})\n${text}\n`).join('');
}

const uidText = ({ type, id }) => `${type}::"${id.replace(/[\\"]/g, '\\$&')}"`;

function authorizeRow(world) {
  const links = world.links.map(({ template, id, values }) => ({
    template_id: template,
    link_id: id,
    args: Object.fromEntries(Object.entries(values).map(([slot, uid]) => [slot, uidText(uid)])),
  }));
  const row = { id: world.id, policies: policyText(world), links, entities: world.entities, requests: world.requests };
  return world.typed ? { ...row, schema: world.schema } : row;
}

const directory = mkdtempSync(join(tmpdir(), 'cedar-differential-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));

function weir(command, rows) {
  const file = join(directory, 'rows.jsonl');
  writeFileSync(file, rows.map((row) => JSON.stringify(row)).join('\n') + '\n');
  const done = spawnSync(given.weir, ['cedar', command, '--jsonl', file], { encoding: 'utf8', maxBuffer: 1 << 30 });
  const lines = (done.stdout ?? '').trim().split('\n');
  if (done.error || lines.length !== rows.length) {
    console.error(`cedar_differential: weir cedar ${command} answered ${lines.length} of ${rows.length} rows: ${done.error ?? done.stderr}`);
    process.exit(1);
  }
  return lines.map((line) => JSON.parse(line));
}

function weirDecisions(answer) {
  if (answer.error) return { refused: answer.error.what };
  return answer.responses.map(({ decision, reason, errors }) => ({ decision, reason: sorted(reason), errors: sorted(errors) }));
}

function weirValidation(answer) {
  if (answer.error) return { refused: answer.error.what };
  return { invalid: sorted(new Set(answer.errors.map(({ policy }) => policy))), why: answer.errors };
}

// --- what both say of many worlds --------------------------------------------------------------------------------

const AUTHORIZE = {
  name: 'authorize',
  weir: (worlds) => weir('authorize', worlds.map(authorizeRow)).map(weirDecisions),
  reference: referenceDecisions,
  // A refusal by both is agreement, in whatever words.
  agree: (a, b) =>
    a.refused || b.refused ? Boolean(a.refused) === Boolean(b.refused) : a.length === b.length && a.every((one, i) => JSON.stringify(one) === JSON.stringify(b[i])),
};
const VALIDATE = {
  name: 'validate',
  weir: (worlds) => weir('validate', worlds.map((world) => ({ id: world.id, policies: policyText(world), schema: world.schema }))).map(weirValidation),
  reference: referenceValidation,
  agree: (a, b) => (a.refused || b.refused ? Boolean(a.refused) === Boolean(b.refused) : JSON.stringify(a.invalid) === JSON.stringify(b.invalid)),
};

// Leaves out what can be left out while both still differ.
function minimised(world, question) {
  const differs = (smaller) => !question.agree(question.weir([smaller])[0], question.reference(smaller));
  const without = (object, id) => Object.fromEntries(Object.entries(object).filter(([name]) => name !== id));
  const attempt = (smaller) => {
    if (differs(smaller)) world = smaller;
  };
  for (const id of Object.keys(world.policies)) attempt({ ...world, policies: without(world.policies, id) });
  for (const link of world.links) attempt({ ...world, links: world.links.filter((other) => other !== link) });
  for (const id of Object.keys(world.templates))
    attempt({ ...world, templates: without(world.templates, id), links: world.links.filter(({ template }) => template !== id) });
  if (question !== AUTHORIZE) return { id: world.id, schema: world.schema, policies: world.policies, templates: world.templates };
  for (const request of world.requests) attempt({ ...world, requests: world.requests.filter((other) => other !== request) });
  for (const entity of world.entities) attempt({ ...world, entities: world.entities.filter((other) => other !== entity) });
  return world.typed ? world : { ...world, schema: undefined };
}

const tally = { passed: 0, failed: 0, allow: 0, requests: 0, reasons: 0, errors: 0, refused: 0, valid: 0, invalid: 0 };

function count(question, answer) {
  if (answer.refused) return void ++tally.refused;
  if (question === VALIDATE) return void ++tally[answer.invalid.length ? 'invalid' : 'valid'];
  for (const { refused, decision, reason, errors } of answer) {
    if (refused) {
      ++tally.refused;
      continue;
    }
    ++tally.requests;
    if (decision === 'allow') ++tally.allow;
    tally.reasons += reason.length;
    tally.errors += errors.length;
  }
}

function show(world, question) {
  const small = minimised(world, question);
  console.log(`--- ${question.name} differs`);
  console.log(JSON.stringify(small, null, 1));
  if (question === VALIDATE) console.log(policyText(small));
  console.log('weir:     ', JSON.stringify(question.weir([{ links: [], entities: [], requests: [], ...small }])[0]));
  console.log('reference:', JSON.stringify(question.reference({ links: [], ...small })));
}

function main() {
  const questions = [AUTHORIZE, VALIDATE].filter(({ name }) => !given.only || given.only === name);
  console.log(`seed ${given.seed}, ${given.cases} cases, cedar-wasm ${version}`);
  const began = Date.now();
  for (let first = 0; first < given.cases && Date.now() - began < given.seconds * 1000; first += BATCH) {
    const worlds = Array.from({ length: Math.min(BATCH, given.cases - first) }, (_, i) => makeCase(given.seed, first + i));
    for (const question of questions) {
      const answers = question.weir(worlds);
      worlds.forEach((world, i) => {
        const expected = question.reference(world);
        count(question, expected);
        if (question.agree(answers[i], expected)) return void ++tally.passed;
        if (++tally.failed <= DIFFERENCES_SHOWN) show(world, question);
      });
    }
  }
  const { passed, failed, ...seen } = tally; // what the cases were like, so that nobody mistakes silence for agreement
  console.log(`${JSON.stringify(seen)} in ${((Date.now() - began) / 1000).toFixed(1)} s`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed ? 1 : 0;
}

main();
