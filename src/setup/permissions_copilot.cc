// Copilot CLI: its settings file (trusted_folders, allowed_urls, denied_urls), or any text that starts it
// (a script, a workflow) with --allow-tool, --deny-tool, --allow-url, --deny-url and the like.
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/json.h"
#include "setup/permissions_rules.h"

namespace weir::setup {
namespace {

using Effect = PermissionRule::Effect;
using Kind = PermissionNote::Kind;
using Subject = PermissionRule::Subject;

std::string host_of(std::string_view url) {
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  return std::string(url.substr(0, url.find('/')));
}

Status read_url(std::string_view url, Effect effect, const std::string& where, PermissionWriter& writer) {
  PermissionRule rule{effect, Subject::host, host_of(url), false, std::string(url), where};
  if (rule.value.empty()) {
    writer.note(Kind::no_effect, rule, "no host is named");
    return {};
  }
  if (url.find('/', url.find("://") == std::string_view::npos ? 0 : url.find("://") + 3) !=
      std::string_view::npos)
    writer.note(Kind::wider, rule, "the policy is about the host, not the path");
  return writer.add(std::move(rule));
}

// "shell(git:*)", "write", "server(tool)", "server".
Status read_tool(std::string_view text, Effect effect, const std::string& where, PermissionWriter& writer) {
  PermissionRule rule{effect, Subject::tool, "", false, std::string(text), where};
  const auto open = text.find('(');
  const std::string kind(text.substr(0, open));
  const std::string inside(open != std::string_view::npos && text.ends_with(')')
                               ? text.substr(open + 1, text.size() - open - 2)
                               : "");
  if (kind == "shell") {
    rule.subject = Subject::shell;
    rule.value = inside;
    rule.prefix = inside.empty() || inside.ends_with(":*");
    if (inside.ends_with(":*")) rule.value.resize(rule.value.size() - 2);
    if (inside.empty() && effect == Effect::allow) writer.note(Kind::weaker, rule, "allows every command");
    if (effect == Effect::deny && !inside.empty())
      writer.note(
          Kind::weaker, rule,
          "there it compares the first words of a command; the policy here is about the program that runs");
  } else if (kind == "write") {
    rule.subject = effect == Effect::allow ? Subject::tool : Subject::any_change;
    rule.value = "write";
    if (effect == Effect::deny)
      writer.note(Kind::weaker, rule, "there a shell command writes files all the same");
  } else if (kind == "url") {
    return read_url(inside, effect, where, writer);
  } else if (kind.empty()) {
    writer.note(Kind::no_effect, rule, "no tool is named");
    return {};
  } else {
    rule.subject = inside.empty() ? Subject::mcp_server : Subject::mcp_tool;
    rule.value = inside.empty() ? kind : kind + "/" + inside;
  }
  return writer.add(std::move(rule));
}

Status read_settings(const Json& settings, const PermissionFile& file, PermissionWriter& writer) {
  const std::pair<const char*, Effect> lists[] = {{"allowed_urls", Effect::allow},
                                                  {"denied_urls", Effect::deny}};
  for (const auto& [key, effect] : lists)
    if (const Json& list = settings[key]; list.is_array())
      for (const auto& item : list.as_array())
        TRY_STATUS(read_url(item.text_or(""), effect, file.name + " " + key, writer));
  for (const char* stray : {"allow_tools", "deny_tools", "allowedTools", "deniedTools", "permissions"})
    if (settings.has(stray))
      writer.note(Kind::no_effect, file.name + " " + stray, stray,
                  "tools are allowed and denied on the command line only: --allow-tool, --deny-tool");
  return {};
}

// Words of a shell-like text: quotes group, nothing is expanded.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  char quote = 0;
  bool any = false;
  for (const char c : text) {
    if (quote != 0 ? c == quote : (c == '\'' || c == '"')) {
      quote = quote != 0 ? '\0' : c;
      any = true;
    } else if (quote == 0 && (c == ' ' || c == '\t' || c == '\n' || c == '\\')) {
      if (any) words.push_back(std::move(word));
      word.clear();
      any = false;
    } else {
      word += c;
      any = true;
    }
  }
  if (any) words.push_back(std::move(word));
  return words;
}

Status read_option(std::string_view option, std::string_view value, const std::string& where,
                   PermissionWriter& writer) {
  if (option == "--allow-tool") return read_tool(value, Effect::allow, where, writer);
  if (option == "--deny-tool") return read_tool(value, Effect::deny, where, writer);
  if (option == "--allow-url") return read_url(value, Effect::allow, where, writer);
  if (option == "--deny-url") return read_url(value, Effect::deny, where, writer);
  return {};
}

}  // namespace

Status read_copilot_permissions(const PermissionFile& file, PermissionWriter& writer) {
  if (trim(file.text).starts_with('{')) {
    TRY(const Json settings, parse_json(file.text));
    return read_settings(settings, file, writer);
  }
  const std::vector<std::string> words = words_of(file.text);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    const std::string where = file.name + " word " + std::to_string(i + 1);
    if (word == "--allow-all-tools" || word == "--allow-all" || word == "--yolo")
      writer.note(Kind::weaker, where, word, "nothing is asked; only --deny-tool remains");
    else if (word == "--allow-all-paths" || word == "--allow-all-urls")
      writer.note(Kind::weaker, where, word, "the check is off");
    const auto equals = word.find('=');
    const std::string option = word.substr(0, equals);
    if (equals != std::string::npos) {
      TRY_STATUS(read_option(option, std::string_view(word).substr(equals + 1), where, writer));
    } else if (i + 1 < words.size()) {
      TRY_STATUS(read_option(option, words[i + 1], where, writer));
    }
  }
  return {};
}

}  // namespace weir::setup
