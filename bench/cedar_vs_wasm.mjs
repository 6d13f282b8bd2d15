// The same policies, entities and requests through Weir and through the reference implementation of Cedar as
// WebAssembly (@cedar-policy/cedar-wasm, policies and schema preparsed), in one run.
//
//   node bench/cedar_vs_wasm.mjs build/release [--check] [--json FILE]
//
// Figures are microseconds, the least over rounds of the median and of the 99th percentile: other work on the
// machine only ever adds. What takes more than 2 ms is counted in processor time, since it is interrupted on any
// busy machine. `resident` is Weir with entities in memory, which the reference's interface does not
// have; `from JSON` reads request and entities from JSON text on every call. --check exits 1 when a target is
// missed: 5 us at 100 policies, 20 us at 1,000, a ratio of 50 everywhere.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCedar } from '../tests/conformance/cedar_oracle.mjs';

const SIZES = [1, 10, 100, 1000, 10000];
const ROUNDS = 5;
const TARGETS_US = { 100: 5, 1000: 20 };
const RATIO = 50;
const LONG_US = 2000;
const ACTIONS = ['file.read', 'file.write', 'shell.exec', 'net.connect', 'mcp.call', 'vcs.push', 'db.write', 'memory.write'];

const SCHEMA = `
entity Group in [Group];
entity Agent in [Group] = { model: String };
entity File = { path: String, owner?: Agent };
action ${ACTIONS.map((action) => JSON.stringify(action)).join(', ')} appliesTo {
  principal: Agent, resource: File, context: { labels: Set<String>, risk: Long, tool: String }
};`;

// In turn: a directory, a label and a number, a group, an owner and a tool, a pattern.
function policy(i) {
  const scope = `action == Action::"${ACTIONS[i % ACTIONS.length]}"`;
  return [
    `permit(principal, ${scope}, resource is File) when { resource.path like "/srv/dir${i}/*" };`,
    `forbid(principal, ${scope}, resource) when { context.labels.contains("secret") && context.risk > ${i} };`,
    `permit(principal in Group::"g${i}", ${scope}, resource);`,
    `forbid(principal, ${scope}, resource) when { resource has owner && resource.owner != principal && ["a${i}", "b"].contains(context.tool) };`,
    `permit(principal, ${scope}, resource) when { principal in Group::"staff" } unless { resource.path like "*.env" || resource.path like "*/secrets${i}/*" };`,
  ][i % 5];
}

const uid = (type, id) => ({ type, id });
const ENTITIES = [
  { uid: uid('Agent', 'session-42'), attrs: { model: 'm' }, parents: [uid('Group', 'staff')] },
  { uid: uid('Group', 'staff'), attrs: {}, parents: [uid('Group', 'everyone')] },
  { uid: uid('File', 'f'), attrs: { path: '/srv/dir0/src/main.cc', owner: { __entity: uid('Agent', 'session-42') } }, parents: [] },
];
const REQUESTS = ACTIONS.map((action) => ({
  principal: uid('Agent', 'session-42'),
  action: uid('Action', action),
  resource: uid('File', 'f'),
  context: { labels: ['user', 'workspace'], risk: 3, tool: 'Bash' },
}));

const timesFor = (count) => Math.max(40, Math.min(2000, Math.floor(40000 / count)));

function timed(count, run) {
  let best = { p50: Infinity, p99: Infinity };
  for (let round = 0; round < ROUNDS; ++round) {
    const took = [];
    for (let i = 0; i < count; ++i) {
      const cpu = process.cpuUsage();
      const start = process.hrtime.bigint();
      run(i);
      const wall = Number(process.hrtime.bigint() - start) / 1000;
      const { user, system } = process.cpuUsage(cpu);
      took.push(wall > LONG_US ? Math.min(wall, user + system) : wall);
    }
    took.sort((a, b) => a - b);
    const at = (share) => took[Math.floor(share * (took.length - 1))];
    best = { p50: Math.min(best.p50, at(0.5)), p99: Math.min(best.p99, at(0.99)) };
  }
  return best;
}

function must(answer) {
  if (answer.type !== 'success') throw new Error(JSON.stringify(answer.errors));
  return answer;
}

function measureReference(cedar, count, text) {
  const few = Math.max(1, Math.floor(100 / count));
  const parse = timed(few, () => must(cedar.preparsePolicySet('bench', { staticPolicies: text })));
  must(cedar.preparseSchema('bench', SCHEMA));
  const call = { preparsedPolicySetId: 'bench', preparsedSchemaName: 'bench', validateRequest: false, entities: ENTITIES };
  const ask = (i) => must(cedar.statefulIsAuthorized({ ...REQUESTS[i % REQUESTS.length], ...call }));
  const validate = timed(few, () => must(cedar.validate({ schema: SCHEMA, policies: { staticPolicies: text } })));
  return {
    decisions: REQUESTS.map((_, i) => ask(i).response.decision),
    valid: must(cedar.validate({ schema: SCHEMA, policies: { staticPolicies: text } })).validationErrors.length === 0,
    authorize: timed(timesFor(count), ask),
    parse,
    validate,
  };
}

function measureWeir(program, row) {
  const directory = mkdtempSync(join(tmpdir(), 'cedar-bench-'));
  try {
    const file = join(directory, 'row.jsonl');
    writeFileSync(file, JSON.stringify(row) + '\n');
    const done = spawnSync(program, ['--rows', file], { encoding: 'utf8', maxBuffer: 1 << 28 });
    if (done.status !== 0) throw new Error(`${program}: ${done.error ?? done.stderr}`);
    const out = JSON.parse(done.stdout);
    for (const [name, value] of Object.entries(out)) if (value.p50_ns !== undefined) out[name] = { p50: value.p50_ns / 1000, p99: value.p99_ns / 1000 };
    return out;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const shown = (us) => (us < 10 ? us.toFixed(2) : us < 1000 ? us.toFixed(1) : Math.round(us).toLocaleString('en'));
const line = (cells) => `| ${cells.join(' | ')} |`;

function main(argv) {
  const [build, ...flags] = argv;
  if (!build) {
    console.error('cedar_vs_wasm: give the build directory; see the top of this file');
    return 2;
  }
  const { cedar, version } = loadCedar();
  console.log(`cedar-wasm ${version}, node ${process.version}; microseconds, p50/p99, least of ${ROUNDS} and more rounds\n`);
  console.log(line(['policies', 'Weir resident', 'Weir from JSON', 'cedar-wasm', 'ratio', 'ratio from JSON', 'parse: Weir, wasm', 'validate: Weir, wasm']));
  console.log(line(Array(8).fill('---')));
  const rows = [];
  let missed = 0;
  for (const count of SIZES) {
    const text = Array.from({ length: count }, (_, i) => policy(i)).join('\n');
    const reference = measureReference(cedar, count, text);
    const weir = measureWeir(join(build, 'bench/cedar_bench'), { policies: text, schema: SCHEMA, entities: ENTITIES, requests: REQUESTS, times: 2000 });
    if (JSON.stringify(weir.decisions) !== JSON.stringify(reference.decisions)) throw new Error(`decisions differ at ${count} policies`);
    if (!weir.valid || !reference.valid) throw new Error(`the policies do not validate: Weir ${weir.valid}, reference ${reference.valid}`);
    const pair = ({ p50, p99 }) => `${shown(p50)} / ${shown(p99)}`;
    const ratio = reference.authorize.p50 / weir.authorize.p50;
    const ratioJson = reference.authorize.p50 / weir.authorize_from_json.p50;
    console.log(
      line([count.toLocaleString('en'), pair(weir.authorize), pair(weir.authorize_from_json), pair(reference.authorize), `${Math.round(ratio)}x`, `${ratioJson.toFixed(1)}x`,
        `${shown(weir.parse.p50)}, ${shown(reference.parse.p50)}`, `${shown(weir.validate.p50)}, ${shown(reference.validate.p50)}`]),
    );
    if (ratio < RATIO || weir.authorize.p50 > (TARGETS_US[count] ?? Infinity)) ++missed;
    rows.push({ policies: count, weir, reference, ratio });
  }
  if (flags.includes('--json')) writeFileSync(flags[flags.indexOf('--json') + 1], JSON.stringify(rows, null, 1));
  if (missed) console.log(`\n${missed} targets missed`);
  return flags.includes('--check') && missed ? 1 : 0;
}

process.exitCode = main(process.argv.slice(2));
