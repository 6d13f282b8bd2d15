// Programs that move bytes: cp and mv, dd, tar, tee, cat, echo, printf and decoders.
#include <algorithm>

#include "base/bytes.h"
#include "base/limits.h"
#include "shell/analyzer.h"
#include "shell/code_scan.h"
#include "shell/parser.h"

namespace weir::shell {

// cp, mv, ln, install: the table writes the effects; here downloads and known contents follow the file.
void Analyzer::handle_copy(Call& call) {
  State& state = *call.run.state;
  if (call.operands.size() < 2) return;
  const PathInfo target = describe_path(call.operands.back(), environment_, state.cwd);
  for (std::size_t i = 0; i + 1 < call.operands.size() && i < 16; ++i) {
    if (call.program() != "ln") note_disguise(call.operands[i], call.operands.back(), state, call.run.span);
    const PathInfo source = describe_path(call.operands[i], environment_, state.cwd);
    const std::string inside = target.path + "/" + std::string(base_name(source.path));
    if (const auto fetched = state.downloads.find(source.path);
        fetched != state.downloads.end() && state.downloads.size() < 64) {
      const std::string url = fetched->second;
      state.downloads[target.path] = url;
      state.downloads[inside] = url;
    }
    if (const auto written = state.written.find(source.path);
        written != state.written.end() && state.written.size() < 64) {
      const std::string text = written->second;
      state.written[target.path] = text;
      state.written[inside] = text;
    }
  }
}

void Analyzer::handle_dd(Call& call) {
  State& state = *call.run.state;
  for (const Arg& operand : call.operands) {
    if (!operand.text.starts_with("if=") && !operand.text.starts_with("of=")) continue;
    Arg path = operand;
    path.text.erase(0, 3);
    for (Hole& hole : path.holes)
      hole.begin -= 3, hole.end -= 3;
    file_effect(operand.text[0] == 'i' ? verbs::kFileRead : verbs::kFileWrite, path, state, call.run.span);
  }
}

void Analyzer::handle_tar(Call& call) {
  State& state = *call.run.state;
  std::vector<Arg> operands = call.operands;
  bool extracts = call.has("-x") || call.has("--extract") || call.has("--get");
  bool creates = call.has("-c") || call.has("--create") || call.has("-r") || call.has("--append") ||
                 call.has("-u") || call.has("--update");
  const Arg* archive = call.value("-f");
  if (archive == nullptr) archive = call.value("--file");
  Arg old_style;
  // tar xzf file: letters without a dash
  if (!extracts && !creates && !operands.empty() && operands[0].text.size() < 10 && !call.has("-t") &&
      !call.has("--list")) {
    const std::string letters = operands[0].text;
    extracts = letters.find('x') != std::string::npos;
    creates = !extracts && letters.find_first_of("cru") != std::string::npos;
    operands.erase(operands.begin());
    if (letters.find('f') != std::string::npos && !operands.empty()) {
      old_style = operands[0];
      archive = &old_style;
      operands.erase(operands.begin());
    }
  }
  if (archive != nullptr)
    file_effect(creates ? verbs::kFileWrite : verbs::kFileRead, *archive, state, call.run.span);
  const Arg* directory = call.value("-C");
  if (directory == nullptr) directory = call.value("--directory");
  if (creates)
    for (const Arg& operand : operands)
      file_effect(verbs::kFileRead, operand, state, call.run.span, {{"recursive", true}});
  if (creates && call.has("--remove-files"))
    for (const Arg& operand : operands)
      file_effect(verbs::kFileDelete, operand, state, call.run.span, {{"recursive", true}});
  if (extracts && !call.has("-O") && !call.has("--to-stdout"))
    file_effect(verbs::kFileWrite, directory != nullptr ? *directory : Arg::of("."), state, call.run.span,
                {{"extract", true}});
  for (const Call::Option& option : call.options)
    if (option.name == "--checkpoint-action" && option.value && option.value->text.starts_with("exec=")) {
      State inner = state;
      walk_text(Arg::of(std::string_view(option.value->text).substr(5)), inner, {}, call.run.span, "tar");
    }
  if (creates && archive != nullptr && archive->text == "-") call.out = Stream::unknown();
}

void Analyzer::handle_tee(Call& call) {
  State& state = *call.run.state;
  for (const Arg& operand : call.operands) {
    const PathInfo info = describe_path(operand, environment_, state.cwd);
    if (!info.known || state.downloads.size() + state.written.size() > 64) continue;
    const Arg& in = call.run.in.data;
    if (const Hole* hole = in.tainted())
      state.downloads[info.path] = hole->url;
    else if (call.run.in.present && in.known())
      state.written[info.path] = in.text;
  }
  call.out = call.run.in.present ? call.run.in : Stream::unknown();
}

void Analyzer::handle_cat(Call& call) {
  State& state = *call.run.state;
  const bool own_input = call.operands.empty() || call.operands[0].text == "-";
  if (own_input) {
    call.out = call.run.in.present ? call.run.in : Stream::unknown();
    return;
  }
  Arg all;
  for (const Arg& operand : call.operands) {
    if (operand.stream) {
      all.append(*operand.stream);
      continue;
    }
    const std::string path = describe_path(operand, environment_, state.cwd).path;
    if (const Hole* hole = operand.tainted())
      all.append_hole(operand.text, hole->origin, hole->url);
    else if (const auto written = state.written.find(path); written != state.written.end())
      all.append(written->second);
    else if (const auto fetched = state.downloads.find(path); fetched != state.downloads.end())
      all.append_hole(operand.text, Origin::network, fetched->second);
    else
      all.append_hole("<" + path);
  }
  call.out = Stream::of(std::move(all));
  if (call.operands.size() == 1)
    call.out.path = describe_path(call.operands[0], environment_, state.cwd).path;
}

void Analyzer::handle_echo(Call& call) {
  const std::vector<Arg>& argv = call.run.argv;
  std::size_t at = 1;
  bool escapes = false, newline = true;
  for (; at < argv.size(); ++at) {
    const std::string& text = argv[at].text;
    if (text.size() < 2 || text[0] != '-' || text.find_first_not_of("neE", 1) != std::string::npos) break;
    escapes = escapes || text.find('e') != std::string::npos;
    newline = newline && text.find('n') == std::string::npos;
  }
  Arg out;
  for (std::size_t i = at; i < argv.size() && out.text.size() < limits::kShellValueBytesMax; ++i) {
    if (i > at) out.append(" ");
    out.append(argv[i]);
  }
  if (escapes && out.known()) out.text = decode_ansi_escapes(out.text);
  if (newline) out.append("\n");
  out.splits = false;
  out.glob = false;
  call.out = Stream::of(std::move(out));
  call.out.printed = true;
}

// %s %d %b %x %c and %% with known arguments; another conversion makes the rest unknown.
void Analyzer::handle_printf(Call& call) {
  const std::vector<Arg>& argv = call.run.argv;
  std::size_t at = 1;
  const bool to_variable = argv.size() > 2 && argv[1].text == "-v" && argv[2].known();
  if (to_variable) at = 3;
  if (at < argv.size() && argv[at].text == "--") ++at;
  if (at >= argv.size() || !argv[at].known()) {
    if (to_variable) call.run.state->variables[argv[2].text] = Variable{{Arg::hole("$" + argv[2].text)}};
    call.out = Stream::unknown();
    return;
  }
  const std::string format = decode_ansi_escapes(argv[at++].text);
  Arg out;
  bool used = false;
  do {
    used = false;
    for (std::size_t i = 0; i < format.size(); ++i) {
      if (format[i] != '%' || i + 1 >= format.size()) {
        out.text += format[i];
        continue;
      }
      ++i;
      if (format[i] == '%') {
        out.text += '%';
        continue;
      }
      while (i < format.size() && (format[i] == '-' || format[i] == '.' || format[i] == '+' ||
                                   format[i] == ' ' || (format[i] >= '0' && format[i] <= '9')))
        ++i;
      const char kind = i < format.size() ? format[i] : 's';
      if (at >= argv.size()) continue;
      used = true;
      const Arg& value = argv[at++];
      if (kind == 'b' && value.known())
        out.append(decode_ansi_escapes(value.text));
      else if (kind == 's' || kind == 'd' || kind == 'i' || kind == 'u' || kind == 'c' || kind == 'q')
        out.append(value);
      else
        out.append_hole("%" + std::string(1, kind));
    }
  } while (used && at < argv.size() && out.text.size() < limits::kShellValueBytesMax);
  out.splits = false;
  if (to_variable) {
    call.run.state->variables[argv[2].text] = Variable{{std::move(out)}};
    call.out = Stream::of(Arg{});
    return;
  }
  call.out = Stream::of(std::move(out));
  call.out.printed = true;
}

// base64 -d, xxd -r -p, rev: known input is decoded; else what comes out is marked as encoded.
void Analyzer::handle_decode(Call& call) {
  const std::string_view program = call.program();
  const Arg& in = call.run.in.data;
  const bool decodes = program == "rev" || call.has("-d") || call.has("-D") || call.has("--decode") ||
                       call.has("-r") || call.has("-revert");
  if (!decodes) {
    call.out = Stream::unknown();
    return;
  }
  if (call.run.in.present && in.known() && call.operands.empty()) {
    std::string compact;
    for (const char c : in.text)
      if (c != '\n' && c != '\r' && c != ' ') compact += c;
    if (program == "rev") {
      std::string text(trim(in.text));
      std::reverse(text.begin(), text.end());
      call.out = Stream::of(Arg::of(text + "\n"));
      call.out.data.decoded = true;
      return;
    }
    std::optional<Bytes> decoded;
    if (program == "xxd") {
      if (call.has("-p") || call.has("-ps") || call.has("-plain")) decoded = from_hex(compact);
    } else {
      while (compact.size() % 4 != 0)
        compact += '=';
      decoded = from_base64(compact);
    }
    if (decoded && decoded->size() <= limits::kShellValueBytesMax) {
      call.out = Stream::of(Arg::of(as_text(*decoded)));
      call.out.data.decoded = true;
      return;
    }
  }
  const Hole* hole = in.tainted();
  const bool network = hole != nullptr && hole->origin == Origin::network;
  call.out = Stream::of(
      Arg::hole("(decoded)", network ? Origin::network : Origin::encoded, network ? hole->url : ""));
}

}  // namespace weir::shell
