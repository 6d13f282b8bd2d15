// Parameter expansion and its operators (Bash manual 3.5.3).
#include <algorithm>
#include <charconv>
#include <optional>

#include "base/bytes.h"
#include "base/limits.h"
#include "shell/arith.h"
#include "shell/expand.h"
#include "shell/glob.h"

namespace weir::shell {
namespace {

constexpr std::size_t kVariablesMax = 1024;

std::optional<std::int64_t> integer(std::string_view text) {
  text = trim(text);
  if (text.starts_with('(') && text.ends_with(')')) text = trim(text.substr(1, text.size() - 2));
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

bool is_number(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return text;
}

// Bash sets these itself (Bash manual 3.4.2, 5.2).
bool always_set(std::string_view name) {
  static constexpr std::string_view kSet[] = {
      "0",      "#",       "?",        "-",        "$",   "_",    "IFS",  "BASH",   "BASHPID", "BASH_VERSION",
      "RANDOM", "SECONDS", "HOSTNAME", "HOSTTYPE", "UID", "EUID", "PPID", "OSTYPE", "SHLVL",   "MACHTYPE",
      "PATH",   "LINENO",  "OPTIND",   "SHELLOPTS"};
  return std::find(std::begin(kSet), std::end(kSet), name) != std::end(kSet);
}

}  // namespace

std::string Expander::subscript_text(const Parameter& parameter) {
  if (parameter.subscript.empty() || parameter.subscript[0].parts.empty()) return {};
  const Arg text = single(parameter.subscript[0]);
  return text.known() ? text.text : "?";
}

std::optional<std::int64_t> Expander::arithmetic(std::string_view expression) {
  const ArithmeticScope scope{
      .value = [&](std::string_view name) -> std::optional<std::string> {
        if (!is_set(name)) return std::nullopt;
        const Arg value = variable(name);
        return value.known() ? std::optional(value.text) : std::nullopt;
      },
      .assign =
          [&](std::string_view name, std::int64_t number) {
            if (state_.variables.size() < kVariablesMax)
              state_.variables[std::string(name)].values = {Arg::of(std::to_string(number))};
          }};
  return evaluate(expression, scope);
}

// One element of an array. An index that is not there is empty; an unknown one may be any.
Arg Expander::element(const Variable& array, const std::string& subscript, const Parameter& parameter) {
  const Arg unknown = Arg::hole(std::string_view(parameter.source).substr(0, 256));
  if (subscript == "?" || array.values.empty()) return unknown;
  const auto key = std::find(array.keys.begin(), array.keys.end(), subscript);
  if (key != array.keys.end()) {
    const auto at = static_cast<std::size_t>(key - array.keys.begin());
    return at < array.values.size() ? array.values[at] : unknown;
  }
  const auto index = arithmetic(subscript);
  if (!index) return array.keys.empty() ? unknown : Arg{};
  if (!array.keys.empty()) {
    const auto number = std::find(array.keys.begin(), array.keys.end(), std::to_string(*index));
    const auto at = static_cast<std::size_t>(number - array.keys.begin());
    return at < array.values.size() ? array.values[at] : Arg{};
  }
  const auto size = static_cast<std::int64_t>(array.values.size());
  const std::int64_t at = *index < 0 ? *index + size : *index;
  return at >= 0 && at < size ? array.values[static_cast<std::size_t>(at)] : Arg{};
}

bool Expander::is_set(std::string_view name) const {
  return state_.variables.contains(name) || environment_.variables.contains(std::string(name)) ||
         (name == "HOME" && !environment_.home.empty()) || (name == "PWD" && state_.cwd) || always_set(name);
}

Arg Expander::variable(std::string_view name) {
  if (const auto found = state_.variables.find(name); found != state_.variables.end()) {
    const Variable& variable = found->second;
    if (variable.values.empty()) return {};
    if (variable.reference && variable.values[0].known() && variable.values[0].text != name) {
      const auto target = state_.variables.find(variable.values[0].text);
      if (target != state_.variables.end() && !target->second.values.empty() && !target->second.reference)
        return target->second.values[0];
    }
    if (variable.array) return variable.values[0];
    rounds_ = std::max(rounds_, variable.values.size());
    return variable.values[std::min(round_, variable.values.size() - 1)];
  }
  if (const auto found = environment_.variables.find(std::string(name));
      found != environment_.variables.end())
    return Arg::of(found->second);
  if (name == "HOME") return Arg::of(environment_.home.empty() ? "~" : environment_.home);
  if (name == "PWD" && state_.cwd) return Arg::of(*state_.cwd);
  if (name == "IFS") return Arg::of(" \t\n");
  if (is_number(name) && state_.positional && name.size() < 4) {
    const auto index = static_cast<std::size_t>(*integer(name));
    if (index > 0 && index <= state_.positional->size()) return (*state_.positional)[index - 1];
    if (index > 0) return {};
  }
  if (name == "0" && state_.zero) return *state_.zero;
  return Arg::hole("$" + std::string(name));
}

// "$@", $*, ${a[@]}: several values. False when the parameter is not a list.
bool Expander::list_value(const Parameter& parameter, std::vector<Arg>& out) {
  const bool slice = parameter.op == ":" && !parameter.arguments.empty();
  if ((!parameter.op.empty() && !slice) || parameter.length) return false;
  if (parameter.name == "@" || parameter.name == "*") {
    if (!state_.positional || parameter.indirect) return false;
    out = *state_.positional;
    return !slice || cut_list(parameter, 1, out);
  }
  if (parameter.subscript.empty()) return false;
  const std::string subscript = subscript_text(parameter);
  if (subscript != "@" && subscript != "*") return false;
  const auto found = state_.variables.find(parameter.name);
  if (found == state_.variables.end()) return false;
  out = found->second.values;
  if (parameter.indirect)  // ${!a[@]}: the keys
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = Arg::of(i < found->second.keys.size() ? found->second.keys[i] : std::to_string(i));
  return !slice || cut_list(parameter, 0, out);
}

// ${@:offset:length}; `first` is the index of the first element (of "$@" it is 1).
bool Expander::cut_list(const Parameter& parameter, std::int64_t first, std::vector<Arg>& list) {
  const Arg argument = single(parameter.arguments[0]);
  if (!argument.known()) return false;
  const auto colon = argument.text.find(':');
  const auto offset = arithmetic(std::string_view(argument.text).substr(0, colon));
  const auto length = colon == std::string::npos
                          ? std::optional<std::int64_t>(INT64_MAX)
                          : arithmetic(std::string_view(argument.text).substr(colon + 1));
  if (!offset || !length || *length < 0) return false;
  const auto size = static_cast<std::int64_t>(list.size());
  const std::int64_t from = std::clamp<std::int64_t>(*offset < 0 ? *offset + size : *offset - first, 0, size);
  const std::int64_t to = *length > size - from ? size : from + *length;
  list = std::vector<Arg>(list.begin() + from, list.begin() + to);
  return true;
}

Arg Expander::value(const Parameter& parameter) {
  if (parameter.op == "bad") return Arg::hole(std::string_view(parameter.source).substr(0, 256));
  Arg result;
  const std::string subscript = subscript_text(parameter);
  if (!subscript.empty()) {
    const auto found = state_.variables.find(parameter.name);
    if (found != state_.variables.end() && found->second.array)
      result = element(found->second, subscript, parameter);
    else
      result = Arg::hole(std::string_view(parameter.source).substr(0, 256));
  } else {
    result = variable(parameter.name);
  }
  if (parameter.indirect) {
    const bool name_known = is_set(parameter.name) && result.known() && !result.text.empty();
    result = name_known ? variable(result.text) : Arg::hole(parameter.source);
  }
  if (parameter.length && (subscript == "@" || subscript == "*")) {
    const auto found = state_.variables.find(parameter.name);
    return found != state_.variables.end() && found->second.array
               ? Arg::of(std::to_string(found->second.values.size()))
               : Arg::hole(parameter.source);
  }
  if (parameter.length) {
    return is_set(parameter.name) && result.known() ? Arg::of(std::to_string(result.text.size()))
                                                    : Arg::hole(parameter.source);
  }
  if (parameter.op.empty() || parameter.arguments.empty()) return result;
  const std::string_view op = parameter.op;
  const char last = op.back();
  if (op.size() <= 2 && (last == '-' || last == '=' || last == '?' || last == '+') &&
      (op.size() == 1 || op[0] == ':'))
    return apply_default(parameter, is_set(parameter.name), std::move(result));
  return apply_text_operator(parameter, result);
}

Arg Expander::apply_default(const Parameter& parameter, bool set, Arg result) {
  const char kind = parameter.op.back();
  const bool usable = set && !(parameter.op.size() == 2 && result.known() && result.text.empty());
  const bool certain = set || is_number(parameter.name);
  if (kind == '?') return result;
  if (kind == '+') {
    if (certain && !usable) return {};
    if (!certain) {
      // Whether it is set is not known: one round with the text, one without.
      rounds_ = std::max<std::size_t>(rounds_, 2);
      if (round_ % 2 == 1) {
        Arg without;
        without.guessed = true;
        return without;
      }
    }
    Arg argument = single(parameter.arguments[0]);
    argument.guessed = argument.guessed || !certain;
    return argument;
  }
  if (usable) return result;
  if (is_number(parameter.name) && !result.known() && !state_.positional) return result;
  Arg argument = single(parameter.arguments[0]);
  argument.guessed = argument.guessed || !set;
  if (kind == '=') state_.variables[parameter.name].values = {argument};
  return argument;
}

Arg Expander::apply_text_operator(const Parameter& parameter, const Arg& value) {
  Arg unknown = Arg::hole(std::string_view(parameter.source).substr(0, 256));
  if (!value.known()) {
    // What is cut off or replaced is unknown, but where the bytes came from stays true.
    const Hole* tainted = value.tainted();
    return tainted != nullptr ? Arg::hole(parameter.source, tainted->origin, tainted->url) : unknown;
  }
  if (value.text.size() > 4096) return unknown;
  switch (parameter.op[0]) {
    case '#':
    case '%':
      return remove_affix(parameter, value);
    case '/':
      return replace(parameter, value);
    case ':':
      return substring(parameter, value);
    case '^':
    case ',': {
      if (!parameter.arguments[0].parts.empty()) return unknown;
      const std::string changed = parameter.op[0] == '^' ? upper(value.text) : to_lower_ascii(value.text);
      Arg out = value;
      if (parameter.op.size() == 2)
        out.text = changed;
      else if (!out.text.empty())
        out.text[0] = changed[0];
      return out;
    }
    case '@':
      return value;  // quoting forms; the value is what a guard needs to see
    default:
      return unknown;
  }
}

Arg Expander::remove_affix(const Parameter& parameter, const Arg& value) {
  const Arg pattern_arg = pattern(parameter.arguments[0]);
  if (!pattern_arg.known()) return Arg::hole(parameter.source);
  const std::string_view text = value.text;
  const bool longest = parameter.op.size() == 2;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const std::size_t length = longest ? text.size() - i : i;
    if (parameter.op[0] == '#' && glob_match(pattern_arg.text, text.substr(0, length)))
      return Arg::of(text.substr(length));
    if (parameter.op[0] == '%' && glob_match(pattern_arg.text, text.substr(text.size() - length)))
      return Arg::of(text.substr(0, text.size() - length));
  }
  return value;
}

Arg Expander::replace(const Parameter& parameter, const Arg& value) {
  const Arg pattern_arg = pattern(parameter.arguments[0]);
  const Arg with = parameter.arguments.size() > 1 ? single(parameter.arguments[1]) : Arg{};
  if (!pattern_arg.known() || !with.known() || pattern_arg.text.empty() || value.text.size() > 512)
    return Arg::hole(parameter.source);
  const bool all = parameter.op == "//";
  std::string out;
  std::size_t at = 0;
  bool done = false;
  while (at < value.text.size()) {
    std::size_t length = done && !all ? 0 : value.text.size() - at;
    while (length > 0 && !glob_match(pattern_arg.text, std::string_view(value.text).substr(at, length)))
      --length;
    const bool anchored =
        (parameter.op != "/#" || at == 0) && (parameter.op != "/%" || at + length == value.text.size());
    if (length > 0 && anchored) {
      out += with.text;
      at += length;
      done = true;
    } else {
      out += value.text[at++];
    }
    if (out.size() > limits::kShellValueBytesMax) return Arg::hole(parameter.source);
  }
  return Arg::of(out);
}

Arg Expander::substring(const Parameter& parameter, const Arg& value) {
  const Arg argument = single(parameter.arguments[0]);
  if (!argument.known()) return Arg::hole(parameter.source);
  const auto colon = argument.text.find(':');
  const auto offset = arithmetic(std::string_view(argument.text).substr(0, colon));
  const auto length = colon == std::string::npos
                          ? std::optional<std::int64_t>(INT64_MAX)
                          : arithmetic(std::string_view(argument.text).substr(colon + 1));
  if (!offset || !length) return Arg::hole(parameter.source);
  const auto size = static_cast<std::int64_t>(value.text.size());
  const std::int64_t from = *offset < 0 ? std::max<std::int64_t>(0, *offset + size) : std::min(*offset, size);
  const std::int64_t to = *length < 0 ? size + *length : *length > size - from ? size : from + *length;
  if (to <= from) return {};
  return Arg::of(std::string_view(value.text)
                     .substr(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from)));
}

}  // namespace weir::shell
