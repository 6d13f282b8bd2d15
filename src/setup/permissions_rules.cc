#include "setup/permissions_rules.h"

#include <algorithm>

#include "base/bytes.h"

namespace weir::setup {
namespace {

using Effect = PermissionRule::Effect;
using Kind = PermissionNote::Kind;
using Subject = PermissionRule::Subject;

std::string_view effect_name(Effect effect) {
  static constexpr std::string_view kNames[] = {"allow", "ask", "deny"};
  return kNames[static_cast<int>(effect)];
}

std::string escaped(std::string_view text, bool stars_are_text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      static constexpr char kHex[] = "0123456789abcdef";
      out += "\\u{";
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[c & 15];
      out += '}';
    } else if (c == '*' && stars_are_text) {
      out += "\\*";
    } else {
      out += c;
    }
  }
  return out;
}

std::string comment_line(std::string_view text) {
  return "// " + printable(text, 300) + "\n";
}

std::string first_word(std::string_view text) {
  return std::string(text.substr(0, text.find(' ')));
}

// A word that names a program as Weir names it; paths, variables and patterns do not.
bool is_program(std::string_view word) {
  return !word.empty() && word.find_first_of("/$*?=\"'`~<>|&;()") == std::string_view::npos;
}

// A gitignore pattern over one attribute. `*` and `**` both become the `*` of `like`, which crosses
// directories: right for refusals, too wide for permits (see file_policy).
std::string collapse_stars(std::string_view pattern) {
  std::string out;
  for (const char c : pattern) {
    const char now = c == '?' || c == '[' || c == ']' ? '*' : c;
    if (now == '*' && out.ends_with('*')) continue;
    out += now;
  }
  return out;
}

// The text wherever it stands in a line.
std::string anywhere(std::string_view text) {
  while (text.starts_with('*'))
    text.remove_prefix(1);
  while (text.ends_with('*'))
    text.remove_suffix(1);
  return "*" + std::string(text) + "*";
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  for (const auto line : split(text, '\n'))
    if (!line.empty()) out.emplace_back(line);
  return out;
}

std::string uid_list(const std::string& type, const std::string& values) {
  std::string out = "[";
  for (const auto& value : lines_of(values))
    out += (out.size() > 1 ? ", " : "") + type + "::" + cedar_string(value);
  return out + "]";
}

// Everything that `narrow` is about is decided by `wide` already. Told from the texts alone: equal rules, and
// command prefixes of each other.
bool covers(const PermissionRule& wide, const PermissionRule& narrow) {
  if (wide.subject != narrow.subject) return false;
  if (wide.value == narrow.value) return wide.prefix || !narrow.prefix;
  return wide.subject == Subject::shell && wide.prefix &&
         (narrow.value.starts_with(wide.value + " ") || wide.value.empty());
}

}  // namespace

std::string cedar_string(std::string_view text) {
  return "\"" + escaped(text, false) + "\"";
}

std::string cedar_pattern(std::string_view text) {
  return "\"" + escaped(text, false) + "\"";
}

Status PermissionWriter::add(PermissionRule rule) {
  if (rules_.size() >= kPermissionRulesMax)
    return fail(ErrorCode::limit, "more than 5000 permission rules", rule.where, "import them in parts");
  rules_.push_back(std::move(rule));
  return {};
}

void PermissionWriter::note(Kind kind, const PermissionRule& rule, std::string message) {
  notes_.push_back({kind, rule.where, rule.text, std::move(message)});
}

void PermissionWriter::note(Kind kind, std::string where, std::string rule, std::string message) {
  notes_.push_back({kind, std::move(where), std::move(rule), std::move(message)});
}

// deny before ask before allow, whatever is more specific: a weaker rule inside a stronger one never decides.
void PermissionWriter::find_shadowed() {
  std::size_t compared = 0;
  constexpr std::size_t kComparisonsMax = 4'000'000;
  for (const auto& weak : rules_)
    for (const auto& strong : rules_) {
      if (++compared > kComparisonsMax) return;
      if (strong.effect <= weak.effect || !covers(strong, weak)) continue;
      note(Kind::shadowed, weak,
           "never decides: " + std::string(effect_name(strong.effect)) + " " + strong.text + " comes first");
      break;
    }
}

std::string PermissionWriter::head(const PermissionRule& rule) {
  const std::string effect(effect_name(rule.effect));
  const std::size_t number = ++counts_[static_cast<std::size_t>(rule.effect)];
  std::string out = comment_line(rule.where + ": " + rule.text);
  out += "@id(\"" + agent_ + "." + effect + "-" + std::to_string(number) + "\")\n";
  if (rule.effect == Effect::ask) out += "@decision(\"ask\")\n";
  if (rule.effect == Effect::allow && options_.allow_list) out += "@replaces(\"base.allow\")\n";
  out += "@reason(" +
         cedar_string("The permission settings of " + agent_ + " say " + effect + " " +
                      printable(rule.text, 120) + ".") +
         ")\n";
  if (rule.effect != Effect::allow) out += "@severity(\"medium\")\n";
  out += rule.effect == Effect::allow ? "permit" : "forbid";
  return out + " (principal in Agent::\"" + agent_ + "\", ";
}

std::string PermissionWriter::shell_policy(const PermissionRule& rule) {
  const std::string program = first_word(rule.value);
  const bool named = is_program(program);
  const bool whole = rule.value == program && rule.prefix && named;
  const bool pattern = rule.value.find('*') != std::string::npos;
  std::string out = head(rule) + "action == Action::\"shell.exec\", resource" +
                    (named ? " == Program::" + cedar_string(program) : "") + ")";
  if (rule.value.empty() || whole) return out + ";\n";
  out += "\nwhen { ";
  if (rule.effect != Effect::allow)
    out += "context.command like " + cedar_pattern(anywhere(rule.value));
  else if (rule.prefix)
    out += "context.command == " + cedar_string(rule.value) + " || context.command like " +
           cedar_pattern(rule.value + " *");
  else if (pattern)
    out += "context.command like " + cedar_pattern(rule.value);
  else
    out += "context.command == " + cedar_string(rule.value);
  return out + " };\n";
}

std::string PermissionWriter::file_policy(const PermissionRule& rule) {
  std::string pattern = rule.value;
  std::string attribute = "resource.relative";
  if (pattern.starts_with("//")) {
    pattern.erase(0, 1);
    attribute = "resource.path";
  } else if (pattern.starts_with("~/") && !options_.home.empty()) {
    pattern = options_.home + pattern.substr(1);
    attribute = "resource.path";
  } else if (pattern.starts_with("./") || pattern.starts_with("/")) {
    pattern.erase(0, pattern.find('/') + 1);
  }
  const bool allows = rule.effect == Effect::allow;
  const bool single_star = [&] {
    for (std::size_t i = 0; i < pattern.size(); ++i)
      if (pattern[i] == '*' && (i == 0 || pattern[i - 1] != '*') &&
          (i + 1 == pattern.size() || pattern[i + 1] != '*'))
        return true;
    return pattern.find_first_of("?[") != std::string::npos;
  }();
  if (allows && single_star) {
    note(Kind::skipped, rule,
         "a star that stays within one directory cannot be said in Cedar; permit the "
         "directory with /** or name the files");
    return {};
  }
  if (!allows && single_star) note(Kind::wider, rule, "here `*` also crosses directories");
  const std::string like = collapse_stars(pattern);
  const bool anywhere = attribute == "resource.relative" && pattern.find('/') == std::string::npos;
  const std::string action = rule.subject == Subject::file_read ? "action == Action::\"file.read\""
                                                                : "action in Action::\"file.change\"";
  std::string out = head(rule) + action + ", resource)\nwhen { " + attribute + " like " + cedar_pattern(like);
  if (like.starts_with("*/"))
    out += " || " + attribute + " like " + cedar_pattern(like.substr(2));
  else if (anywhere && !like.starts_with('*'))
    out += " || " + attribute + " like " + cedar_pattern("*/" + like);
  if (!like.ends_with('*')) out += " || " + attribute + " like " + cedar_pattern(like + "/*");
  return out + " };\n";
}

std::string PermissionWriter::host_policy(const PermissionRule& rule) {
  const bool pattern = rule.value.find('*') != std::string::npos;
  std::string out =
      head(rule) + "action == Action::\"net.connect\", resource)\nwhen { resource has host && (";
  out += pattern ? "resource.host like " + cedar_pattern(rule.value)
                 : "resource.host == " + cedar_string(rule.value);
  if (rule.effect != Effect::allow && !pattern)
    out += " || resource.host like " + cedar_pattern("*." + rule.value);
  return out + ") };\n";
}

std::string PermissionWriter::policy_of(const PermissionRule& rule) {
  const std::string change = "action in Action::\"file.change\", resource)";
  switch (rule.subject) {
    case Subject::tool:
      return head(rule) + "action == Action::\"tool.call\", resource == Tool::" + cedar_string(rule.value) +
             ");\n";
    case Subject::mcp_server:
      return head(rule) + "action == Action::\"mcp.call\", resource in Server::" + cedar_string(rule.value) +
             ");\n";
    case Subject::mcp_tool:
      return head(rule) + "action == Action::\"mcp.call\", resource == Tool::" + cedar_string(rule.value) +
             ");\n";
    case Subject::shell:
      return shell_policy(rule);
    case Subject::file_read:
    case Subject::file_change:
      return file_policy(rule);
    case Subject::host:
      return host_policy(rule);
    case Subject::network:
      return head(rule) + "action == Action::\"net.connect\", resource)\n" +
             "unless { resource has loopback && resource.loopback };\n";
    case Subject::any_change:
      return head(rule) + change + ";\n";
    case Subject::outside: {
      std::string out =
          head(rule) + change + "\nunless { resource.in_workspace || resource in PathClass::\"regenerable\"";
      for (const auto& root : lines_of(rule.value))
        out += " || resource.path == " + cedar_string(root) + " || resource.path like " +
               cedar_pattern(root + "/*");
      return out + " };\n";
    }
    case Subject::other_tools: {
      // Cedar has no empty sets; a list without a known tool leaves the agent those of its MCP servers.
      std::string out =
          head(rule) + "action == Action::\"tool.call\", resource)\nunless { resource.server != \"\"";
      if (!rule.value.empty()) out += " || " + uid_list("Tool", rule.value) + ".contains(resource)";
      return out + " };\n";
    }
    case Subject::other_programs:
      return head(rule) + "action == Action::\"shell.exec\", resource)\nunless { " +
             uid_list("Program", rule.value) + ".contains(resource) };\n";
  }
  return {};
}

PermissionImport PermissionWriter::write() {
  find_shadowed();
  PermissionImport out;
  out.rules = rules_.size();
  out.policies = "// Imported from the permission settings of " + agent_ + ". Written once; yours to edit.\n";
  const bool permits = std::any_of(rules_.begin(), rules_.end(),
                                   [](const auto& rule) { return rule.effect == Effect::allow; });
  if (permits && !options_.allow_list)
    out.policies +=
        "// The permits say what was allowed without asking. They decide nothing while base.allow is in "
        "force;\n"
        "// `weir policy import --allow-list` lets them replace it.\n";
  for (const auto& rule : rules_) {
    const std::string policy = policy_of(rule);
    if (policy.empty()) continue;
    out.policies += "\n" + policy;
    ++out.written;
  }
  out.notes = std::move(notes_);
  return out;
}

}  // namespace weir::setup
