// Applying the command table: options told from operands, sub-commands found, rules and roles turned into
// effects.
#include <algorithm>
#include <charconv>

#include "base/bytes.h"
#include "base/limits.h"
#include "shell/analyzer.h"
#include "shell/glob.h"

namespace weir::shell {
namespace {

bool looks_like_assignment(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || (text[0] >= '0' && text[0] <= '9')) return false;
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(equals), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// A word of its own that names a production environment: "prod", "my-prod-db", "env=production".
bool names_production(std::string_view text) {
  static constexpr std::string_view kWords[] = {"prod", "production", "prd", "live"};
  std::size_t begin = 0;
  const std::string lower = to_lower_ascii(text.substr(0, 512));
  for (std::size_t i = 0; i <= lower.size(); ++i) {
    if (i < lower.size() && ((lower[i] >= 'a' && lower[i] <= 'z') || (lower[i] >= '0' && lower[i] <= '9')))
      continue;
    const std::string_view word = std::string_view(lower).substr(begin, i - begin);
    if (std::find(std::begin(kWords), std::end(kWords), word) != std::end(kWords)) return true;
    begin = i + 1;
  }
  return false;
}

ResourceKind kind_of(std::string_view verb) {
  if (verb.starts_with("file.")) return ResourceKind::file;
  if (verb.starts_with("net.") || verb == verbs::kShellRemote) return ResourceKind::host;
  if (verb.starts_with("pkg.")) return ResourceKind::package;
  if (verb.starts_with("vcs.")) return ResourceKind::repository;
  if (verb.starts_with("db.")) return ResourceKind::database;
  if (verb.starts_with("proc.")) return ResourceKind::process;
  if (verb.starts_with("service.") || verb.starts_with("persist.")) return ResourceKind::service;
  if (verb.starts_with("agent.")) return ResourceKind::agent;
  if (verb.starts_with("secret.")) return ResourceKind::secret;
  if (verb == verbs::kShellExec) return ResourceKind::program;
  return ResourceKind::resource;
}

// "file:/home/ann/x.db?mode=ro", as SQLite and others take it: the path in it.
Arg without_file_scheme(const Arg& arg) {
  if (!arg.text.starts_with("file:")) return arg;
  Arg path = arg;
  std::size_t cut = 5;
  if (std::string_view(path.text).substr(cut).starts_with("///")) cut += 2;
  const auto query = path.text.find('?', cut);
  if (query != std::string::npos && (path.holes.empty() || path.holes.back().end <= query))
    path.text.resize(query);
  if (!path.holes.empty() && path.holes[0].begin < cut) return arg;
  path.text.erase(0, cut);
  for (Hole& hole : path.holes) {
    hole.begin -= static_cast<std::uint32_t>(cut);
    hole.end -= static_cast<std::uint32_t>(cut);
  }
  return path;
}

bool matches_value(std::string_view pattern, std::string_view value) {
  return pattern.empty() || glob_match(pattern, value);
}

}  // namespace

bool Call::has(std::string_view option) const {
  return std::any_of(options.begin(), options.end(), [&](const Option& o) { return o.name == option; });
}

const Arg* Call::value(std::string_view option) const {
  for (const Option& o : options)
    if (o.name == option && o.value) return &*o.value;
  return nullptr;
}

const OptionSpec* Analyzer::find_option(const Call& call, std::string_view name) const {
  for (auto spec = call.chain.rbegin(); spec != call.chain.rend(); ++spec)
    if (const auto found = (*spec)->options.find(name); found != (*spec)->options.end())
      return &found->second;
  return nullptr;
}

// One option word: --name, --name=value, -x, -xyz, -xvalue, or -name where the program writes long options
// so.
void Analyzer::read_option(Call& call, std::size_t& index) {
  const std::vector<Arg>& argv = call.run.argv;
  const Arg& arg = argv[index];
  const auto take_value = [&](Call::Option& option) {
    if (index + 1 < argv.size()) option.value = argv[++index];
  };
  const auto tail = [&](std::size_t from) {
    Arg value = arg;
    value.text.erase(0, from);
    for (Hole& hole : value.holes) {
      hole.begin -= static_cast<std::uint32_t>(std::min<std::size_t>(from, hole.begin));
      hole.end -= static_cast<std::uint32_t>(std::min<std::size_t>(from, hole.end));
    }
    return value;
  };
  const auto equals = arg.text.find('=');
  const bool long_form = arg.text.starts_with("--") || call.chain.front()->single_dash;
  if (long_form || find_option(call, arg.text.substr(0, equals)) != nullptr) {
    Call::Option option;
    option.name = arg.text.substr(0, equals);
    option.spec = find_option(call, option.name);
    if (equals != std::string::npos)
      option.value = tail(equals + 1);
    else if (option.spec != nullptr && option.spec->takes_value)
      take_value(option);
    call.options.push_back(std::move(option));
    return;
  }
  for (std::size_t i = 1; i < arg.text.size(); ++i) {
    Call::Option option;
    option.name = {arg.text[0], arg.text[i]};
    option.spec = find_option(call, option.name);
    const bool value = option.spec != nullptr && option.spec->takes_value;
    if (value && i + 1 < arg.text.size())
      option.value = tail(i + 1);
    else if (value)
      take_value(option);
    call.options.push_back(std::move(option));
    if (value) return;
  }
}

bool Analyzer::enter_subcommand(Call& call, const Arg& word) {
  const ProgramSpec& spec = *call.chain.back();
  const std::string text = spec.ignore_case ? to_lower_ascii(word.text) : word.text;
  for (const ProgramSpec& sub : spec.subcommands)
    for (const std::string& pattern : sub.names)
      if (word.known() && glob_match(pattern, text)) {
        call.chain.push_back(&sub);
        call.operation += (call.operation.empty() ? "" : " ") + word.text;
        return true;
      }
  return false;
}

void Analyzer::read_arguments(Call& call) {
  std::vector<Arg>& argv = call.run.argv;
  bool options_over = false;
  for (std::size_t i = 1; i < argv.size(); ++i) {
    const Arg& arg = argv[i];
    const ProgramSpec& spec = *call.chain.back();
    const bool sign =
        arg.text.size() > 1 &&
        (arg.prefix().starts_with('-') ||
         (arg.prefix().starts_with('+') && find_option(call, arg.text.substr(0, 2)) != nullptr));
    if (!options_over && sign) {
      if (arg.text == "--") {
        options_over = true;
        call.options.push_back({"--", std::nullopt, nullptr});  // a condition may ask for it
        continue;
      }
      read_option(call, i);
      const OptionSpec* last = call.options.empty() ? nullptr : call.options.back().spec;
      options_over = last != nullptr && last->ends;
      if (last != nullptr && last->command && i + 1 < argv.size()) {
        call.command = i + 1;
        break;
      }
      continue;
    }
    if (!options_over && call.operands.empty() && enter_subcommand(call, arg)) continue;
    if (spec.runs != ProgramSpec::Runs::nothing) {
      if (spec.handler == "env" && arg.text == "-") continue;
      if (spec.handler == "env" && looks_like_assignment(arg.text)) {
        Arg value = arg;
        const auto equals = arg.text.find('=');
        value.text.erase(0, equals + 1);
        value.holes.clear();
        call.run.environment.emplace_back(arg.text.substr(0, equals), std::move(value));
        continue;
      }
      if (call.operands.size() >= spec.skip) {
        call.command = i;
        break;
      }
    }
    call.operands.push_back(arg);
    if (spec.stops) options_over = true;
  }
  // `--version` alone shows it; with a sub-command or operands it names one (aws ... --version 1).
  const bool shows_version = call.has("--version") && call.operands.empty() && call.operation.empty();
  call.safe = call.command == 0 && (call.has("--help") || shows_version);
  for (const ProgramSpec* spec : call.chain)
    for (const Condition& condition : spec->safe)
      call.safe = call.safe || holds(call, condition);
}

bool Analyzer::holds(const Call& call, const Condition& condition) const {
  switch (condition.kind) {
    case Condition::Kind::option:
      return std::any_of(call.options.begin(), call.options.end(), [&](const Call::Option& option) {
        // "-p*": also with its value glued to it, where options are not taken apart
        const bool named = condition.name.ends_with('*')
                               ? option.name.starts_with(
                                     std::string_view(condition.name).substr(0, condition.name.size() - 1))
                               : option.name == condition.name;
        return named && (condition.pattern.empty() ||
                         (option.value && glob_match(condition.pattern, option.value->text)));
      });
    case Condition::Kind::operand:
      return condition.operand < call.operands.size() &&
             matches_value(condition.pattern, call.operands[condition.operand].text);
    case Condition::Kind::any_operand:
      return std::any_of(call.operands.begin(), call.operands.end(),
                         [&](const Arg& arg) { return matches_value(condition.pattern, arg.text); });
    case Condition::Kind::environment: {
      for (const auto& [name, value] : call.run.environment)
        if (name == condition.name) return matches_value(condition.pattern, value.text);
      const auto found = call.run.state->variables.find(condition.name);
      return found != call.run.state->variables.end() && found->second.exported &&
             !found->second.values.empty() && matches_value(condition.pattern, found->second.values[0].text);
    }
  }
  return false;
}

void Analyzer::apply_option_flag(Call& call, const Call::Option& option) {
  const OptionSpec& spec = *option.spec;
  if (!spec.only.empty() && (!option.value || !glob_match(spec.only, option.value->text))) return;
  if (spec.flag_value.empty() || spec.flag_value == "true")
    call.flags[spec.flag] = true;
  else if (spec.flag_value == "false")
    call.flags[spec.flag] = false;
  else if (spec.flag_value == "@")
    call.flags[spec.flag] = option.value ? option.value->text : std::string();
  else
    call.flags[spec.flag] = spec.flag_value;
  if (spec.flag == "safety_off")
    call.flags["safety_by"] =
        option.name + (spec.only.empty() || !option.value ? "" : " " + option.value->text);
}

void Analyzer::apply_flags(Call& call) {
  for (const Call::Option& option : call.options)
    if (option.spec != nullptr && !option.spec->flag.empty()) apply_option_flag(call, option);
  for (const ProgramSpec* spec : call.chain)
    for (const auto& [variable, flag] : spec->environment)
      if (holds(call, {Condition::Kind::environment, variable, 0, ""})) {
        call.flags[flag] = true;
        if (flag == "safety_off") call.flags["safety_by"] = variable;
      }
}

Stream Analyzer::apply(const ProgramSpec& spec, Invocation& invocation) {
  Call call{invocation};
  call.chain.push_back(&spec);
  read_arguments(call);
  apply_flags(call);
  if (!spec.builtin) {
    const Certainty certainty = invocation.argv[0].guessed ? Certainty::possible : Certainty::certain;
    Effect& effect = emit(verbs::kShellExec, ResourceKind::program, std::string(call.program()), certainty,
                          *invocation.state, invocation.span);
    if (!call.operation.empty()) effect.attributes["operation"] = call.operation;
    if (invocation.argv[0].text.find('/') != std::string::npos)
      effect.attributes["path"] = invocation.argv[0].text;
    if (is_disguised(invocation.argv[0].text)) effect.attributes["disguised"] = true;
  }
  if (!call.safe) {
    apply_rules(call);
    apply_roles(call);
  }
  std::string_view handler;
  for (const ProgramSpec* link : call.chain)
    if (!link->handler.empty()) handler = link->handler;
  if (const Handler handle = handler_named(handler); handle != nullptr && !call.safe) (this->*handle)(call);
  run_inner(call);
  if (!call.out.present) set_output(call);
  return std::move(call.out);
}

void Analyzer::apply_rules(Call& call) {
  for (const ProgramSpec* spec : call.chain)
    for (const EffectRule& rule : spec->effects) {
      const auto met = [&](const Condition& condition) { return holds(call, condition); };
      if (!rule.when.empty() && !std::any_of(rule.when.begin(), rule.when.end(), met)) continue;
      if (!std::all_of(rule.all.begin(), rule.all.end(), met)) continue;
      if (std::any_of(rule.unless.begin(), rule.unless.end(), met)) continue;
      apply_rule(call, rule);
    }
}

// "@0", "@last", "@rest", "@program", "@command" (what a wrapper runs), "@--option", literal; alternatives
// separated by
// "|", the first that is there counts.
std::vector<Arg> Analyzer::rule_resources(const Call& call, const EffectRule& rule) const {
  if (rule.resource.empty()) {
    if (!call.operands.empty()) return {call.operands[0]};
    return {Arg::of(call.operation.empty() ? call.program() : std::string_view(call.operation))};
  }
  for (const std::string_view choice : split(rule.resource, '|')) {
    if (!choice.starts_with('@')) return {Arg::of(choice)};
    const std::string_view what = choice.substr(1);
    if (what == "rest") {
      if (!call.operands.empty()) return call.operands;
    } else if (what == "program") {
      return {Arg::of(call.program())};
    } else if (what == "last") {
      if (!call.operands.empty()) return {call.operands.back()};
    } else if (what == "command") {
      if (call.command != 0) return {call.run.argv[call.command]};
    } else if (what.starts_with('-')) {
      if (const Arg* value = call.value(what)) return {*value};
    } else {
      std::size_t index = 0;
      std::from_chars(what.data(), what.data() + what.size(), index);
      if (index < call.operands.size()) return {call.operands[index]};
    }
  }
  return {Arg::of(call.operation.empty() ? call.program() : std::string_view(call.operation))};
}

void Analyzer::apply_rule(Call& call, const EffectRule& rule) {
  const State& state = *call.run.state;
  const bool manages = rule.verb.starts_with("infra.") || rule.verb.starts_with("db.") ||
                       rule.verb.starts_with("container.") || rule.verb.starts_with("service.");
  bool production = false;
  if (manages) {
    const auto names = [](const Arg& arg) { return names_production(arg.text); };
    production = std::any_of(call.run.argv.begin(), call.run.argv.end(), names) ||
                 std::any_of(call.run.environment.begin(), call.run.environment.end(),
                             [&](const auto& pair) { return names_production(pair.second.text); });
  }
  for (const Arg& resource : rule_resources(call, rule)) {
    Effect* effect = nullptr;
    if (kind_of(rule.verb) == ResourceKind::file)
      effect = file_effect(rule.verb, resource, state, call.run.span, call.flags);
    else
      effect = &emit(rule.verb, kind_of(rule.verb), resource.text,
                     rule.possible || !resource.known() || call.run.argv[0].guessed ? Certainty::possible
                                                                                    : Certainty::certain,
                     state, call.run.span);
    if (effect == nullptr) continue;
    add_flags(*effect, call.flags);
    for (const auto& [key, value] : rule.attributes)
      effect->attributes[key] = value;
    effect->attributes.emplace("program", std::string(call.program()));
    if (!call.operation.empty()) effect->attributes.emplace("operation", call.operation);
    if (production) effect->attributes["environment"] = "production";
    if (rule.verb == verbs::kServiceChange && effect->text("action") == "stop")
      if (const std::string_view kind = table_.service_class(base_name(resource.text)); !kind.empty())
        effect->attributes["service_class"] = std::string(kind);
  }
}

void Analyzer::apply_roles(Call& call) {
  for (const Call::Option& option : call.options)
    if (option.spec != nullptr && option.value && option.spec->role != Role::none)
      apply_role(call, option.spec->role, *option.value, option.spec->language);
  const ProgramSpec& spec = *call.chain.back();
  if (spec.runs != ProgramSpec::Runs::nothing && spec.rest.empty() && spec.first.empty()) return;
  for (std::size_t i = 0; i < call.operands.size(); ++i) {
    const bool last = i + 1 == call.operands.size() && !spec.last.empty() && (i > 0 || spec.first.empty());
    const std::vector<Role>& roles = last                            ? spec.last
                                     : i == 0 && !spec.first.empty() ? spec.first
                                                                     : spec.rest;
    for (const Role role : roles)
      apply_role(call, role, call.operands[i], spec.language);
  }
}

// long: one branch for each role
void Analyzer::apply_role(Call& call, Role role, const Arg& arg, std::string_view language) {
  State& state = *call.run.state;
  const Span span = call.run.span;
  switch (role) {
    case Role::read:
      file_effect(verbs::kFileRead, without_file_scheme(arg), state, span, call.flags);
      return;
    case Role::write:
      file_effect(verbs::kFileWrite, without_file_scheme(arg), state, span, call.flags);
      return;
    case Role::remove:
      file_effect(verbs::kFileDelete, arg, state, span, call.flags);
      return;
    case Role::chmod:
      file_effect(verbs::kFileChmod, arg, state, span, call.flags);
      return;
    case Role::host:
    case Role::url:
      connect(arg.text, arg, state, span, call.flags);
      return;
    case Role::package: {
      const bool local = arg.text == "." || arg.text.starts_with("./") || arg.text.starts_with('/') ||
                         arg.text.starts_with("../");
      Effect& effect = emit(verbs::kPkgInstall, ResourceKind::package, arg.text,
                            arg.known() ? Certainty::certain : Certainty::possible, state, span);
      add_flags(effect, call.flags);
      effect.attributes["manager"] = std::string(call.program());
      if (local) effect.attributes["local"] = true;
      if (arg.text.find("://") != std::string::npos) effect.attributes["url"] = arg.text;
      return;
    }
    case Role::program:
      run_script_file(arg, call.run, "", {});
      return;
    case Role::shell: {
      State inner = state;
      if (call.chain.back()->place == "elevated" || call.chain.front()->place == "elevated")
        inner.elevated = true;
      Invocation nested = call.run;
      nested.state = &inner;
      run_code("sh", arg, nested, call.program());
      return;
    }
    case Role::code:
      run_code(language, arg, call.run, std::string(call.program()) + " inline");
      return;
    case Role::sql:
      run_sql(arg, call);
      return;
    case Role::process:
    case Role::service:
    case Role::remote:
    case Role::directory:
    case Role::data:
    case Role::none:
      // data: "@file" and "<file", in forms "name=@file;type=…", are read before they are sent
      if (const auto at = arg.text.find_first_of("@<"); role == Role::data && at != std::string::npos &&
                                                        at + 1 < arg.text.size() &&
                                                        (at == 0 || arg.text[at - 1] == '=')) {
        Arg file = arg;
        if (at > 0) file.text.resize(std::min(file.text.size(), file.text.find(';', at)));
        std::erase_if(file.holes,
                      [&](const Hole& hole) { return hole.begin <= at || hole.end > file.text.size(); });
        file.text.erase(0, at + 1);
        for (Hole& hole : file.holes)
          hole.begin -= at + 1, hole.end -= at + 1;
        file_effect(verbs::kFileRead, file, state, span, {{"sent", true}});
      }
      return;
  }
}

// What a wrapper runs: sudo, nohup, docker exec, ssh ...
void Analyzer::run_inner(Call& call) {
  const ProgramSpec& spec = *call.chain.back();
  if (call.command == 0 || call.safe) return;
  if (depth_ >= limits::kShellDepthMax) return limit("wrappers nested too deeply", call.run.span);
  State& outer = *call.run.state;
  State inner = outer;
  const std::string named = spec.skip > 0 && call.operands.size() >= spec.skip
                                ? call.operands[spec.skip - 1].text
                                : std::string(call.program());
  if (spec.place == "elevated") inner.elevated = true;
  if (spec.place == "remote" || spec.place == "container") {
    (spec.place == "remote" ? inner.remote : inner.container) = named;
    inner.cwd.reset();
    inner.downloads.clear();
    inner.written.clear();
  }
  for (const Call::Option& option : call.options)
    if (option.spec != nullptr && option.spec->role == Role::directory && option.value) {
      const PathInfo info = describe_path(*option.value, environment_, inner.cwd);
      if (info.known && info.prefix_known)
        inner.cwd = info.path;
      else
        inner.cwd.reset();
    }
  Invocation nested = call.run;
  nested.state = &inner;
  nested.argv.assign(call.run.argv.begin() + static_cast<std::ptrdiff_t>(call.command), call.run.argv.end());
  ++depth_;
  if (spec.runs == ProgramSpec::Runs::shell_text) {
    Arg text;
    for (std::size_t i = 0; i < nested.argv.size(); ++i) {
      if (i > 0) text.append(" ");
      text.append(nested.argv[i]);
    }
    call.out = walk_text(text, inner, call.run.in, call.run.span, call.program());
  } else {
    nested.argv[0].splits = false;
    // A wrapper of the same place that ends in a bare shell is there to start it (GTFOBins: env sh, nice sh).
    const std::size_t same_place = spec.place.empty() ? 1 : 0;
    in_code_ += same_place;
    call.out = dispatch(nested);
    in_code_ -= same_place;
  }
  --depth_;
  if (inner.remote == outer.remote && inner.container == outer.container) {
    outer.downloads = inner.downloads;
    outer.written = inner.written;
  }
}

void Analyzer::set_output(Call& call) {
  std::string_view output;
  for (const ProgramSpec* spec : call.chain)
    if (!spec->output.empty()) output = spec->output;
  const Arg& in = call.run.in.data;
  if (output == "none") {
    call.out = Stream::of(Arg{});
  } else if (output == "names") {
    Arg names = Arg::of("./");
    names.append_hole("(name)");
    names.splits = true;
    call.out = Stream::of(std::move(names));
  } else if (output == "path" && !call.operands.empty() && call.operands[0].known()) {
    // which python: wherever it lies, it is that program
    Arg path = Arg::of("/usr/bin/" + std::string(base_name(call.operands[0].text)) + "\n");
    path.guessed = true;
    call.out = Stream::of(std::move(path));
  } else if (output == "history") {
    call.out = Stream::of(Arg::hole("(history)"));
  } else if (output == "lines" && call.run.in.present && !in.known()) {
    call.out = Stream::of(in);
  } else if (output == "encoded" && call.run.in.present) {
    const Hole* hole = in.tainted();
    call.out = Stream::of(hole != nullptr ? Arg::hole("(decoded)", hole->origin, hole->url)
                                          : Arg::hole("(decoded)", Origin::encoded));
  } else if (output == "network") {
    const std::string url = call.operands.empty() ? std::string() : call.operands[0].text;
    call.out = Stream::of(Arg::hole("(network)", Origin::network, url));
  } else if (const Hole* hole = in.tainted()) {
    call.out = Stream::of(Arg::hole("(output)", hole->origin, hole->url));
  } else {
    call.out = Stream::unknown();
  }
}

}  // namespace weir::shell
