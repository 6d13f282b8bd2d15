#include "shell/command_table.h"

#include <algorithm>
#include <charconv>

#include "base/bytes.h"
#include "base/yaml.h"
#include "shell/glob.h"
#include "shell/verbs.h"

namespace weir::shell {
namespace {

constexpr std::pair<std::string_view, Role> kRoles[] = {
    {"none", Role::none},       {"read", Role::read},       {"write", Role::write},
    {"delete", Role::remove},   {"chmod", Role::chmod},     {"host", Role::host},
    {"url", Role::url},         {"remote", Role::remote},   {"package", Role::package},
    {"program", Role::program}, {"shell", Role::shell},     {"sql", Role::sql},
    {"process", Role::process}, {"service", Role::service}, {"directory", Role::directory},
    {"data", Role::data}};

// Where we are in the catalogue, for messages: "commands/git.yaml: git push".
struct Place {
  std::string text;
  Place operator/(std::string_view name) const { return {text + " " + std::string(name)}; }
};

Result<Role> role_named(std::string_view text, std::string* language, const Place& place) {
  if (text.starts_with("code:")) {
    if (language != nullptr) *language = text.substr(5);
    return Role::code;
  }
  for (const auto& [name, role] : kRoles)
    if (name == text) return role;
  return fail("unknown role \"" + std::string(text) + "\"", place.text, "docs/shell.md lists the roles");
}

// "read" or "read+delete" or [read, write] -> one or more roles each
Result<std::vector<Role>> roles(const Json& value, std::string* language, const Place& place) {
  std::vector<Role> out;
  if (!value.is_string()) return fail("roles must be text", place.text);
  for (const std::string_view part : split(value.as_string(), '+')) {
    TRY(const Role role, role_named(trim(part), language, place));
    out.push_back(role);
  }
  return out;
}

// "-f", "--mode=force*", "@0 delete-*", "@* --now", "$CI=true"
Result<Condition> condition(std::string_view text, const Place& place) {
  Condition out;
  text = trim(text);
  if (text.starts_with('@')) {
    const auto blank = std::min(text.find(' '), text.size());
    const std::string_view index = text.substr(1, blank - 1);
    out.kind = index == "*" ? Condition::Kind::any_operand : Condition::Kind::operand;
    if (index != "*") {
      const auto [end, error] = std::from_chars(index.data(), index.data() + index.size(), out.operand);
      if (error != std::errc{} || end != index.data() + index.size())
        return fail("\"" + std::string(text) + "\" names no operand", place.text, "write @0, @1 ... or @*");
    }
    out.pattern = trim(text.substr(blank));
    return out;
  }
  if (text.starts_with('$')) {
    out.kind = Condition::Kind::environment;
    text.remove_prefix(1);
  } else if (!text.starts_with('-') && !text.starts_with('+')) {
    return fail("\"" + std::string(text) + "\" is no condition", place.text, "it begins with -, +, @ or $");
  }
  const auto equals = text.find('=');
  out.name = text.substr(0, equals);
  if (equals != std::string_view::npos) out.pattern = text.substr(equals + 1);
  return out;
}

Result<std::vector<Condition>> conditions(const Json& value, const Place& place) {
  std::vector<Condition> out;
  if (value.is_null()) return out;
  if (value.is_string()) {
    TRY(Condition one, condition(value.as_string(), place));
    out.push_back(std::move(one));
    return out;
  }
  if (!value.is_array()) return fail("conditions must be a list", place.text);
  for (const Json& item : value.as_array()) {
    TRY(Condition one, condition(item.text_or(""), place));
    out.push_back(std::move(one));
  }
  return out;
}

// "value", "write", "flag recursive", "write flag download", "value flag mode=x only y*"
Result<OptionSpec> option(const Json& value, const Place& place) {
  OptionSpec out;
  if (value.is_null()) return out;
  if (!value.is_string()) return fail("an option is described by text", place.text);
  const std::vector<std::string_view> words = split(trim(value.as_string()), ' ');
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i].empty()) continue;
    const bool more = i + 1 < words.size();
    if (words[i] == "value") {
      out.takes_value = true;
    } else if (words[i] == "ends") {
      out.ends = true;
    } else if (words[i] == "command") {
      out.command = true;
    } else if (words[i] == "flag" && more) {
      const std::string_view flag = words[++i];
      out.flag = flag.substr(0, flag.find('='));
      if (flag.find('=') != std::string_view::npos) out.flag_value = flag.substr(flag.find('=') + 1);
    } else if (words[i] == "only" && more) {
      out.only = words[++i];
      out.takes_value = true;
    } else {
      TRY(out.role, role_named(words[i], &out.language, place));
      out.takes_value = true;
    }
  }
  return out;
}

Status read_options(ProgramSpec& spec, const Json& value, const Place& place) {
  if (value.is_null()) return {};
  if (!value.is_object()) return fail("\"options\" must be a map", place.text);
  for (const auto& [names, text] : value.as_object()) {
    TRY(const OptionSpec one, option(text, place / names));
    for (const std::string_view name : split(names, ',')) {
      if (!trim(name).starts_with('-') && !trim(name).starts_with('+'))
        return fail("option \"" + names + "\" does not begin with -", place.text);
      spec.options[std::string(trim(name))] = one;
    }
  }
  return {};
}

Status read_operands(ProgramSpec& spec, const Json& value, const Place& place) {
  if (value.is_null()) return {};
  if (value.is_string()) {
    TRY(spec.rest, roles(value, &spec.language, place));
    return {};
  }
  for (const auto& [key, item] : value.is_object() ? value.as_object() : Json::Object{}) {
    if (key == "skip") {
      spec.skip = static_cast<std::size_t>(std::clamp<std::int64_t>(item.int_or(0), 0, 16));
      continue;
    }
    TRY(std::vector<Role> list, roles(item, &spec.language, place / key));
    if (key == "first")
      spec.first = std::move(list);
    else if (key == "rest")
      spec.rest = std::move(list);
    else if (key == "last")
      spec.last = std::move(list);
    else
      return fail("unknown key \"" + key + "\" of operands", place.text);
  }
  return {};
}

Status read_effects(ProgramSpec& spec, const Json& value, const Place& place) {
  if (value.is_null()) return {};
  if (!value.is_array()) return fail("\"effects\" must be a list", place.text);
  for (const Json& item : value.as_array()) {
    EffectRule rule;
    rule.verb = verbs::verb_named(item["verb"].text_or(""));
    if (rule.verb.empty())
      return fail("unknown verb \"" + std::string(item["verb"].text_or("")) + "\"", place.text,
                  "shell/verbs.h lists the verbs");
    TRY(rule.when, conditions(item["when"], place));
    TRY(rule.all, conditions(item["all"], place));
    TRY(rule.unless, conditions(item["unless"], place));
    rule.resource = item["resource"].text_or("");
    rule.possible = item["possible"].bool_or(false);
    for (const auto& [key, attribute] : item["set"].is_object() ? item["set"].as_object() : Json::Object{}) {
      if (attribute.is_bool())
        rule.attributes.emplace_back(key, attribute.as_bool());
      else
        rule.attributes.emplace_back(key, std::string(attribute.text_or("")));
    }
    for (const auto& member : item.as_object())
      if (member.first != "verb" && member.first != "when" && member.first != "all" &&
          member.first != "unless" && member.first != "resource" && member.first != "possible" &&
          member.first != "set")
        return fail("unknown key \"" + member.first + "\" of an effect", place.text);
    spec.effects.push_back(std::move(rule));
  }
  return {};
}

std::vector<std::string> name_list(std::string_view text, char separator) {
  std::vector<std::string> out;
  for (const std::string_view name : split(text, separator))
    if (!trim(name).empty()) out.emplace_back(trim(name));
  return out;
}

Result<ProgramSpec> program(const Json& value, std::vector<std::string> names, const Place& place);

Status read_key(ProgramSpec& spec, const std::string& key, const Json& value, const Place& place) {
  if (key == "options") return read_options(spec, value, place);
  if (key == "operands") return read_operands(spec, value, place);
  if (key == "effects") return read_effects(spec, value, place);
  if (key == "safe") {
    TRY(spec.safe, conditions(value, place));
  } else if (key == "runs") {
    const std::string_view runs = value.text_or("");
    if (runs != "arguments" && runs != "shell") return fail("\"runs\" is arguments or shell", place.text);
    spec.runs = runs == "shell" ? ProgramSpec::Runs::shell_text : ProgramSpec::Runs::arguments;
  } else if (key == "environment") {
    for (const auto& [name, flag] : value.is_object() ? value.as_object() : Json::Object{})
      spec.environment.emplace_back(name, flag.text_or(""));
  } else if (key == "subcommands") {
    if (!value.is_object()) return fail("\"subcommands\" must be a map", place.text);
    for (const auto& [patterns, inner] : value.as_object()) {
      TRY(ProgramSpec sub, program(inner, name_list(patterns, '|'), place / patterns));
      spec.subcommands.push_back(std::move(sub));
    }
  } else if (key == "place" || key == "handler" || key == "output" || key == "language") {
    (key == "place"     ? spec.place
     : key == "handler" ? spec.handler
     : key == "output"  ? spec.output
                        : spec.language) = value.text_or("");
  } else if (key == "builtin" || key == "single_dash" || key == "ignore_case" || key == "stops") {
    (key == "builtin"       ? spec.builtin
     : key == "single_dash" ? spec.single_dash
     : key == "ignore_case" ? spec.ignore_case
                            : spec.stops) = value.bool_or(false);
  } else {
    return fail("unknown key \"" + key + "\"", place.text, "docs/shell.md describes the schema");
  }
  return {};
}

// {meaning: [pattern, ...], ...} -> (pattern, meaning) each
Status read_patterns(std::vector<std::pair<std::string, std::string>>& out, const Json& value,
                     const Place& place) {
  if (value.is_null()) return {};
  if (!value.is_object()) return fail("not a map of lists", place.text);
  for (const auto& [meaning, patterns] : value.as_object()) {
    if (!patterns.is_array()) return fail("\"" + meaning + "\" is not a list of patterns", place.text);
    for (const Json& pattern : patterns.as_array()) {
      if (pattern.text_or("").empty()) return fail("a pattern of \"" + meaning + "\" is no text", place.text);
      out.emplace_back(pattern.text_or(""), meaning);
    }
  }
  return {};
}

Result<ProgramSpec> program(const Json& value, std::vector<std::string> names, const Place& place) {
  ProgramSpec spec;
  spec.names = std::move(names);
  if (value.is_null()) return spec;
  if (!value.is_object()) return fail("a program is described by a map", place.text);
  for (const auto& [key, item] : value.as_object())
    TRY_STATUS(read_key(spec, key, item, place));
  return spec;
}

}  // namespace

Status CommandTable::add(std::string_view yaml, std::string_view where) {
  TRY(const Json document, parse_yaml(yaml, where));
  const std::string at(where);
  const Json& programs = document["programs"];
  const bool patterns = document.is_object() && (document.has("hosts") || document.has("services") ||
                                                 document.has("installers") || document.has("reaches"));
  if (!programs.is_object() && !(programs.is_null() && patterns)) return fail("no \"programs\" map", at);
  for (const auto& member : document.as_object())
    if (member.first != "programs" && member.first != "hosts" && member.first != "services" &&
        member.first != "installers" && member.first != "reaches")
      return fail("unknown key \"" + member.first + "\"", at,
                  "known are programs, hosts, services, installers, reaches");
  TRY_STATUS(read_patterns(hosts_, document["hosts"], Place{at + ": hosts"}));
  TRY_STATUS(read_patterns(services_, document["services"], Place{at + ": services"}));
  TRY_STATUS(read_patterns(installers_, document["installers"], Place{at + ": installers"}));
  TRY_STATUS(read_patterns(reaches_, document["reaches"], Place{at + ": reaches"}));
  return programs.is_object() ? add_programs(programs, at) : Status{};
}

Status CommandTable::add_programs(const Json& programs, const std::string& where) {
  for (const auto& [names, value] : programs.as_object()) {
    const Place place = Place{where + ":"} / names;
    ProgramSpec spec;
    if (value.is_object() && value.has("like")) {
      // the description of another program, read before
      const ProgramSpec* model = find(value["like"].text_or(""));
      if (model == nullptr || value.as_object().size() != 1)
        return fail("\"like\" names no program described before, or does not stand alone", place.text);
      spec = *model;
      spec.names = name_list(names, ',');
    } else {
      TRY(spec, program(value, name_list(names, ','), place));
    }
    for (const std::string& name : spec.names)
      if (!by_name_.emplace(name, programs_.size()).second)
        return fail("the program \"" + name + "\" is described twice", where);
    programs_.push_back(std::move(spec));
  }
  return {};
}

namespace {
std::string_view meaning_of(const std::vector<std::pair<std::string, std::string>>& patterns,
                            std::string_view text) {
  for (const auto& [pattern, meaning] : patterns)
    if (glob_match(pattern, text)) return meaning;
  return {};
}
}  // namespace

std::string_view CommandTable::host_class(std::string_view host) const {
  return meaning_of(hosts_, host);
}

std::string_view CommandTable::service_class(std::string_view service) const {
  const std::string lower = to_lower_ascii(service.substr(0, 256));
  return meaning_of(services_, lower);
}

std::string_view CommandTable::installer(std::string_view url) const {
  return meaning_of(installers_, url);
}

bool CommandTable::reaches_out(std::string_view tool, std::string_view program) const {
  return std::any_of(reaches_.begin(), reaches_.end(),
                     [&](const auto& one) { return one.second == tool && glob_match(one.first, program); });
}

const ProgramSpec* CommandTable::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &programs_[found->second];
}

std::vector<std::string_view> CommandTable::matching(std::string_view pattern, std::size_t count_max) const {
  std::vector<std::string_view> names;
  for (const auto& [name, index] : by_name_)
    if (glob_match(pattern, name)) names.push_back(name);
  std::sort(names.begin(), names.end());
  names.resize(std::min(names.size(), count_max));
  return names;
}

}  // namespace weir::shell
