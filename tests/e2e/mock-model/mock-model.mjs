#!/usr/bin/env node
// mock-model.mjs - scripted stand-in for the model vendors' HTTP APIs, loopback only.
// No dependencies (node >= 18). Own code of this project.
//
//   node mock-model.mjs --port 8701 --scenario scenarios/echo.json [--record DIR]
//
// Speaks:
//   Anthropic  POST /v1/messages (SSE and plain), POST /v1/messages/count_tokens, GET /v1/models
//   OpenAI     POST /v1/responses (SSE and plain), WebSocket /v1/responses (response.create frames),
//              POST /v1/chat/completions (SSE and plain), GET /v1/models
//   Gemini     POST /v1beta/models/M:generateContent | :streamGenerateContent | :countTokens
//
// Scenario file: {"conversations":[{"when":"regex on the first user text (optional)",
//                                   "steps":[{"text":"..","calls":[{"name":"shell","input":{..}}]}, ...]}],
//                 "tools":{"anthropic":{"shell":"Bash"}, ...}}            (optional renames)
// Step choice is stateless: step index = number of assistant tool rounds already in the request.
// Past the last step the last one is repeated when it has no calls, else a plain "done" is said.
// A step with "wait_for":"/abs/file" is said only once that file exists (a minute at most): so a test can act, approve or
// kill something, between two calls of one session. The step's number is then the moment, not a sleep.
// Abstract tool "shell" with input {"command": "..."} is rendered as each vendor's shell tool.
import http from 'node:http';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';

const arg = (n, d) => { const i = process.argv.indexOf('--' + n); return i > 0 ? process.argv[i + 1] : d; };
const PORT = +arg('port', '8701');
const REC = arg('record', '');
const scenario = JSON.parse(fs.readFileSync(arg('scenario', new URL('scenarios/echo.json', import.meta.url).pathname), 'utf8'));
if (REC) fs.mkdirSync(REC, { recursive: true });
let seq = 0;
const rid = p => p + crypto.randomBytes(12).toString('hex');
const log = (...a) => console.error(new Date().toISOString(), ...a);

function record(kind, req, body) {
  if (!REC) return;
  const n = String(++seq).padStart(3, '0');
  const headers = { ...req.headers };
  for (const k of ['authorization', 'x-api-key', 'x-goog-api-key']) if (headers[k]) headers[k] = `<redacted sha256:${crypto.createHash('sha256').update(headers[k].replace(/^Bearer /, '')).digest('hex')}>`;
  fs.writeFileSync(path.join(REC, `${n}-${kind}.json`), JSON.stringify({ method: req.method, url: req.url.replace(/key=[^&]*/, 'key=<redacted>'), headers, body }, null, 1));
}

function pick(firstUser, rounds) {
  const conv = scenario.conversations.find(c => !c.when || new RegExp(c.when, 'is').test(firstUser)) || { steps: [{ text: 'done' }] };
  const s = conv.steps;
  if (rounds < s.length) return s[rounds];
  const last = s[s.length - 1];
  return last.calls && last.calls.length ? { text: 'done' } : last;
}
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));
async function held(step) {
  for (let i = 0; step.wait_for && i < 1200 && !fs.existsSync(step.wait_for); i++) await sleep(50);
}
const txt = c => typeof c === 'string' ? c : Array.isArray(c) ? c.map(x => x.text || '').join('\n') : '';

// "$SESSION" in a call's input becomes the running session's number, read from the tool outputs so far (Codex write_stdin).
const fillSession = (o, hay) => { const m = [...hay.matchAll(/session ID (\d+)/g)].pop(); return JSON.parse(JSON.stringify(o).replace(/"\$SESSION"/g, m ? m[1] : '0')); };

// Which vendor tool is the shell? Looks at the tools that the client offered.
function render(call, names) {
  if (call.name !== 'shell') return { name: call.name, input: call.input };
  const c = call.input.command, d = call.input.description || 'scripted command';
  const map = [
    ['Bash', { command: c, description: d }],
    ['exec_command', { cmd: c }],
    ['shell_command', { command: c }],
    ['shell', { command: ['bash', '-lc', c] }],
    ['run_shell_command', { command: c, description: d }],
    ['bash', { command: c, description: d }],
    ['exec', { command: c }],
    ['execute_bash', { command: c }],
    ['terminal', { command: c }],
  ];
  for (const [n, input] of map) if (names.includes(n)) return { name: n, input };
  return { name: 'Bash', input: { command: c, description: d } };
}

const sseHead = res => res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', connection: 'keep-alive', 'request-id': rid('req_') });
const json = (res, o, code = 200) => { res.writeHead(code, { 'content-type': 'application/json' }); res.end(JSON.stringify(o)); };

// ---------------------------------------------------------------- Anthropic
async function anthropic(req, res, b) {
  const names = (b.tools || []).map(t => t.name).filter(Boolean);
  const msgs = b.messages || [];
  const first = msgs.filter(m => m.role === 'user').slice(0, 1).map(m => txt(m.content)).join('\n');
  const rounds = msgs.filter(m => m.role === 'assistant' && Array.isArray(m.content) && m.content.some(x => x.type === 'tool_use')).length;
  // Side requests (titles, quota probes, classifiers) offer no tools: answer in words.
  const step = names.length ? pick(first, rounds) : { text: scenario.side_text || 'ok' };
  await held(step);
  const content = [];
  if (step.thinking) content.push({ type: 'thinking', thinking: step.thinking, signature: 'mock' });
  if (step.text) content.push({ type: 'text', text: step.text });
  for (const c of step.calls || []) { const r = render(c, names); content.push({ type: 'tool_use', id: rid('toolu_'), name: r.name, input: r.input }); }
  const stop = (step.calls || []).length ? 'tool_use' : 'end_turn';
  const usage = { input_tokens: 100, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 20 };
  const base = { id: rid('msg_'), type: 'message', role: 'assistant', model: b.model };
  log('anthropic', b.model, 'tools', names.length, 'round', rounds, '->', stop);
  if (!b.stream) return json(res, { ...base, content, stop_reason: stop, stop_sequence: null, usage });
  sseHead(res);
  const ev = (t, d) => res.write(`event: ${t}\ndata: ${JSON.stringify({ type: t, ...d })}\n\n`);
  ev('message_start', { message: { ...base, content: [], stop_reason: null, stop_sequence: null, usage: { ...usage, output_tokens: 1 } } });
  content.forEach((blk, index) => {
    if (blk.type === 'text') {
      ev('content_block_start', { index, content_block: { type: 'text', text: '' } });
      ev('content_block_delta', { index, delta: { type: 'text_delta', text: blk.text } });
    } else if (blk.type === 'thinking') {
      ev('content_block_start', { index, content_block: { type: 'thinking', thinking: '', signature: '' } });
      ev('content_block_delta', { index, delta: { type: 'thinking_delta', thinking: blk.thinking } });
      ev('content_block_delta', { index, delta: { type: 'signature_delta', signature: blk.signature } });
    } else {
      ev('content_block_start', { index, content_block: { type: 'tool_use', id: blk.id, name: blk.name, input: {} } });
      const s = JSON.stringify(blk.input), h = Math.ceil(s.length / 2); // split on purpose: a proxy must reassemble
      ev('content_block_delta', { index, delta: { type: 'input_json_delta', partial_json: s.slice(0, h) } });
      ev('content_block_delta', { index, delta: { type: 'input_json_delta', partial_json: s.slice(h) } });
    }
    ev('content_block_stop', { index });
  });
  ev('message_delta', { delta: { stop_reason: stop, stop_sequence: null }, usage: { output_tokens: 20 } });
  ev('message_stop', {});
  res.end();
}

// ---------------------------------------------------------------- OpenAI Responses
const wsHistory = new Map(); // response id -> full input so far (for previous_response_id)
function readResponses(b) {
  let input = Array.isArray(b.input) ? b.input : [{ type: 'message', role: 'user', content: b.input || '' }];
  if (b.previous_response_id && wsHistory.has(b.previous_response_id)) input = wsHistory.get(b.previous_response_id).concat(input);
  const names = [];
  for (const t of b.tools || []) { if (t.name) names.push(t.name); else if (t.function && t.function.name) names.push(t.function.name); for (const u of t.tools || []) if (u.name) names.push(u.name); }
  const isCall = x => /_call$/.test(x.type || '');
  const isOut = x => /_call_output$/.test(x.type || '');
  const first = input.filter(x => x.role === 'user').map(x => txt(x.content)).join('\n');
  const rounds = input.filter((x, i) => isOut(x) && !(i && isOut(input[i - 1]))).length;
  return { input, names, rounds, step: names.length ? pick(first, rounds) : { text: scenario.side_text || 'ok' } };
}
function* responsesEvents(b, { input, names, rounds, step }) {
  const response = { id: rid('resp_'), object: 'response', created_at: Math.floor(Date.now() / 1000), status: 'in_progress', model: b.model, output: [], parallel_tool_calls: true, tools: [], usage: null };
  let n = 0; const ev = (type, d) => ({ type, sequence_number: n++, ...d });
  yield ev('response.created', { response });
  let oi = 0;
  if (step.text) {
    const item = { type: 'message', id: rid('msg_'), role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: step.text, annotations: [] }] };
    yield ev('response.output_item.added', { output_index: oi, item: { ...item, status: 'in_progress', content: [] } });
    yield ev('response.content_part.added', { output_index: oi, item_id: item.id, content_index: 0, part: { type: 'output_text', text: '', annotations: [] } });
    yield ev('response.output_text.delta', { output_index: oi, item_id: item.id, content_index: 0, delta: step.text });
    yield ev('response.output_text.done', { output_index: oi, item_id: item.id, content_index: 0, text: step.text });
    yield ev('response.output_item.done', { output_index: oi, item });
    response.output.push(item); oi++;
  }
  for (const c of step.calls || []) {
    const custom = c.kind === 'custom'; // free-form tools such as apply_patch
    const r = custom ? { name: c.name, input: c.input } : render(c, names);
    if (!custom) r.input = fillSession(r.input, JSON.stringify(input));
    const item = custom
      ? { type: 'custom_tool_call', id: rid('ctc_'), call_id: rid('call_'), name: r.name, input: r.input, status: 'completed' }
      : { type: 'function_call', id: rid('fc_'), call_id: rid('call_'), name: r.name, ...(c.namespace ? { namespace: c.namespace } : {}), arguments: JSON.stringify(r.input), status: 'completed' };
    yield ev('response.output_item.added', { output_index: oi, item: { ...item, status: 'in_progress', ...(custom ? { input: '' } : { arguments: '' }) } });
    if (!custom) {
      yield ev('response.function_call_arguments.delta', { output_index: oi, item_id: item.id, delta: item.arguments });
      yield ev('response.function_call_arguments.done', { output_index: oi, item_id: item.id, arguments: item.arguments });
    }
    yield ev('response.output_item.done', { output_index: oi, item });
    response.output.push(item); oi++;
  }
  wsHistory.set(response.id, input.concat(response.output));
  if (wsHistory.size > 200) wsHistory.delete(wsHistory.keys().next().value);
  log('responses', b.model, 'tools', names.join(',').slice(0, 200), 'round', rounds, '->', (step.calls || []).length ? 'call' : 'text');
  yield ev('response.completed', { response: { ...response, status: 'completed', usage: { input_tokens: 100, input_tokens_details: { cached_tokens: 0 }, output_tokens: 20, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 120 } } });
}
async function responses(req, res, b) {
  const read = readResponses(b);
  await held(read.step);
  const evs = responsesEvents(b, read);
  if (b.stream === false || b.stream === undefined) { let last; for (const e of evs) last = e; return json(res, last.response); }
  sseHead(res);
  for (const e of evs) res.write(`event: ${e.type}\ndata: ${JSON.stringify(e)}\n\n`);
  res.end();
}

// ---------------------------------------------------------------- OpenAI Chat Completions
function chat(req, res, b) {
  const names = (b.tools || []).map(t => t.function && t.function.name).filter(Boolean);
  const msgs = b.messages || [];
  const first = msgs.filter(m => m.role === 'user').slice(0, 1).map(m => txt(m.content)).join('\n');
  const rounds = msgs.filter(m => m.role === 'assistant' && (m.tool_calls || []).length).length;
  const step = names.length ? pick(first, rounds) : { text: scenario.side_text || 'ok' };
  const calls = (step.calls || []).map((c, index) => { const r = render(c, names); return { index, id: rid('call_'), type: 'function', function: { name: r.name, arguments: JSON.stringify(r.input) } }; });
  const fin = calls.length ? 'tool_calls' : 'stop';
  const usage = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };
  const base = { id: rid('chatcmpl-'), created: Math.floor(Date.now() / 1000), model: b.model };
  log('chat', b.model, 'tools', names.length, 'round', rounds, '->', fin);
  if (!b.stream) return json(res, { ...base, object: 'chat.completion', choices: [{ index: 0, finish_reason: fin, message: { role: 'assistant', content: step.text || null, ...(calls.length ? { tool_calls: calls.map(({ index, ...c }) => c) } : {}) } }], usage });
  sseHead(res);
  const chunk = (delta, finish_reason = null, extra = {}) => res.write(`data: ${JSON.stringify({ ...base, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }], ...extra })}\n\n`);
  chunk({ role: 'assistant', content: '' });
  if (step.text) chunk({ content: step.text });
  for (const c of calls) chunk({ tool_calls: [c] });
  chunk({}, fin, { usage });
  res.end('data: [DONE]\n\n');
}

// ---------------------------------------------------------------- Gemini
function gemini(req, res, b, model, verb) {
  if (verb === 'countTokens') return json(res, { totalTokens: 100 });
  const names = (b.tools || []).flatMap(t => t.functionDeclarations || []).map(f => f.name);
  const cs = b.contents || [];
  const first = cs.filter(m => m.role === 'user').map(m => (m.parts || []).map(p => p.text || '').join('\n')).join('\n');
  const rounds = cs.filter(m => m.role === 'model' && (m.parts || []).some(p => p.functionCall)).length;
  let step = names.length ? pick(first, rounds) : { text: scenario.side_text || 'ok' };
  const g = b.generationConfig || {};
  if (!names.length && (g.responseMimeType === 'application/json' || g.responseJsonSchema)) step = { text: scenario.gemini_json || '{"reasoning":"mock","next_speaker":"user","complexity_reasoning":"mock","complexity_score":10,"model_choice":"flash","should_proceed":true}' };
  const parts = [];
  if (step.text) parts.push({ text: step.text });
  for (const c of step.calls || []) { const r = render(c, names); parts.push({ functionCall: { id: rid('fc'), name: r.name, args: r.input } }); }
  const body = { candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP', index: 0 }], usageMetadata: { promptTokenCount: 100, candidatesTokenCount: 20, totalTokenCount: 120 }, modelVersion: model, responseId: rid('') };
  log('gemini', model, verb, 'tools', names.length, 'round', rounds, '->', (step.calls || []).length ? 'call' : 'text');
  if (verb !== 'streamGenerateContent') return json(res, body);
  sseHead(res);
  res.end(`data: ${JSON.stringify(body)}\r\n\r\n`);
}

const failed = (res, e) => { log('error', e.stack); json(res, { error: { type: 'api_error', message: String(e) } }, 500); };
const MODELS = ['mock-model'];
const server = http.createServer((req, res) => {
  const chunks = [];
  req.on('data', c => chunks.push(c));
  req.on('end', () => {
    let raw = Buffer.concat(chunks);
    try {
      const enc = req.headers['content-encoding'];
      if (enc === 'gzip') raw = zlib.gunzipSync(raw);
      else if (enc === 'zstd' && zlib.zstdDecompressSync) raw = zlib.zstdDecompressSync(raw);
    } catch (e) { log('decode', e.message); }
    let b = {};
    try { b = raw.length ? JSON.parse(raw.toString('utf8')) : {}; } catch { b = { _raw: raw.toString('base64').slice(0, 2000) }; }
    const u = new URL(req.url, 'http://x');
    const p = u.pathname;
    let m;
    try {
      if (req.method === 'POST' && /\/messages\/count_tokens$/.test(p)) { record('count_tokens', req, b); return json(res, { input_tokens: 100 }); }
      if (req.method === 'POST' && /\/messages$/.test(p)) { record('anthropic', req, b); return anthropic(req, res, b).catch(e => failed(res, e)); }
      if (req.method === 'POST' && /\/chat\/completions$/.test(p)) { record('chat', req, b); return chat(req, res, b); }
      if (req.method === 'POST' && /\/responses$/.test(p)) { record('responses', req, b); return responses(req, res, b).catch(e => failed(res, e)); }
      if (req.method === 'POST' && (m = /\/models\/([^/:]+):(\w+)$/.exec(p))) { record('gemini-' + m[2], req, b); return gemini(req, res, b, m[1], m[2]); }
      if (req.method === 'GET' && /\/models$/.test(p)) { record('models', req, b); return json(res, { object: 'list', has_more: false, data: MODELS.map(id => ({ id, object: 'model', type: 'model', display_name: id, created_at: '2026-01-01T00:00:00Z' })), models: [] }); }
      if (req.method === 'HEAD') { res.writeHead(200); return res.end(); }
      record('other', req, b);
      log('unhandled', req.method, p);
      json(res, { error: { type: 'not_found_error', message: 'mock: no such path ' + p } }, 404);
    } catch (e) { failed(res, e); }
  });
});

// ---------------------------------------------------------------- WebSocket mode of /v1/responses (RFC 6455, no extensions)
server.on('upgrade', (req, sock) => {
  const key = req.headers['sec-websocket-key'];
  if (!key || !/\/responses$/.test(new URL(req.url, 'http://x').pathname) || scenario.websocket === false) { sock.end('HTTP/1.1 426 Upgrade Required\r\nconnection: close\r\n\r\n'); return; }
  const acc = crypto.createHash('sha1').update(key + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
  sock.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acc}\r\n\r\n`);
  record('ws-upgrade', req, null);
  log('ws open', req.url);
  const send = (op, data) => {
    const d = Buffer.from(data); let h;
    if (d.length < 126) h = Buffer.from([0x80 | op, d.length]);
    else if (d.length < 65536) { h = Buffer.alloc(4); h[0] = 0x80 | op; h[1] = 126; h.writeUInt16BE(d.length, 2); }
    else { h = Buffer.alloc(10); h[0] = 0x80 | op; h[1] = 127; h.writeBigUInt64BE(BigInt(d.length), 2); }
    sock.write(Buffer.concat([h, d]));
  };
  let buf = Buffer.alloc(0), parts = [];
  sock.on('data', c => {
    buf = Buffer.concat([buf, c]);
    for (;;) {
      if (buf.length < 2) return;
      const fin = buf[0] & 0x80, op = buf[0] & 15, masked = buf[1] & 0x80; let len = buf[1] & 127, o = 2;
      if (len === 126) { if (buf.length < 4) return; len = buf.readUInt16BE(2); o = 4; } else if (len === 127) { if (buf.length < 10) return; len = Number(buf.readBigUInt64BE(2)); o = 10; }
      if (buf.length < o + (masked ? 4 : 0) + len) return;
      let mask; if (masked) { mask = buf.subarray(o, o + 4); o += 4; }
      const d = Buffer.from(buf.subarray(o, o + len)); if (mask) for (let i = 0; i < d.length; i++) d[i] ^= mask[i & 3];
      buf = buf.subarray(o + len);
      if (op === 8) { send(8, d); sock.end(); return; }
      if (op === 9) { send(10, d); continue; }
      if (op === 10) continue;
      parts.push(d);
      if (!fin) continue;
      const text = Buffer.concat(parts).toString('utf8'); parts = [];
      let b; try { b = JSON.parse(text); } catch { continue; }
      record('ws-' + (b.type || 'frame'), req, b);
      if (b.type === 'response.create') {
        if (b.generate === false) { // prewarm: no output
          const response = { id: rid('resp_'), object: 'response', status: 'completed', model: b.model, output: [], usage: { input_tokens: 0, output_tokens: 0, total_tokens: 0 } };
          wsHistory.set(response.id, Array.isArray(b.input) ? b.input : []);
          send(1, JSON.stringify({ type: 'response.created', response })); send(1, JSON.stringify({ type: 'response.completed', response }));
        } else {
          const read = readResponses(b);
          held(read.step).then(() => { for (const e of responsesEvents(b, read)) send(1, JSON.stringify(e)); });
        }
      }
    }
  });
  sock.on('error', () => {});
});
server.listen(PORT, '127.0.0.1', () => log(`mock-model on http://127.0.0.1:${server.address().port}`));
for (const s of ['SIGINT', 'SIGTERM']) process.on(s, () => process.exit(0));
const ttl = +arg('ttl', '0'); if (ttl) setTimeout(() => process.exit(0), ttl * 1000);
