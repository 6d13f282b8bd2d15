#include "setup/json_edit.h"

#include <algorithm>
#include <optional>

#include "setup/json_scan.h"

namespace weir::setup {
namespace {

constexpr JsonLimits kSettingsLimits{.bytes_max = limits::kSettingsBytesMax};

bool blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool all_blank(std::string_view text) {
  return std::all_of(text.begin(), text.end(), blank);
}

// The text in a form that parse_json and the scanner read, or why there is none.
struct Parsed {
  StrictText strict;
  Json value;
};
Result<Parsed> parse(std::string_view text, Comments comments) {
  Parsed parsed{.strict = to_strict(text), .value = Json::object()};
  if (all_blank(parsed.strict.text)) {
    if (parsed.strict.had_comments && comments == Comments::refuse)
      return fail("the file holds only comments, which its agent does not accept");
    return parsed;
  }
  auto value = parse_json(parsed.strict.text, kSettingsLimits);
  if (!value) return std::unexpected(value.error());
  if (parsed.strict.had_comments && comments == Comments::refuse)
    return fail("the file has comments or trailing commas, and its agent ignores such a file", {},
                "remove them; the agent is not using this file now");
  if (!value->is_object()) return fail("the file is not a JSON object");
  parsed.value = *std::move(value);
  return parsed;
}

// How the file is written, so that what is added looks the same.
struct Style {
  std::string newline = "\n";
  std::string unit = "  ";
  bool lines = true;  // one member per line
};

// The blanks just before `at`.
std::string_view lead(std::string_view text, std::size_t at) {
  std::size_t begin = at;
  while (begin > 0 && blank(text[begin - 1]))
    --begin;
  return text.substr(begin, at - begin);
}

std::string_view after_newline(std::string_view blanks) {
  const auto at = blanks.find_last_of("\r\n");
  return at == std::string_view::npos ? std::string_view() : blanks.substr(at + 1);
}

Style style_of(std::string_view text, const JsonPlace& root) {
  Style style;
  if (text.find("\r\n") != std::string_view::npos) style.newline = "\r\n";
  if (root.entries.empty()) return style;
  const auto blanks = lead(text, root.entries.front().begin);
  style.lines = blanks.find('\n') != std::string_view::npos;
  if (const auto indent = after_newline(blanks); !indent.empty()) style.unit = indent;
  return style;
}

// A container's new entries as text. Lines are indented by `indent`, which belongs to the container itself.
struct Block {
  char open = 0;  // '{' or '['
  std::vector<std::string> entries;
};
std::string render(const Block& block, const std::string& indent, const Style& style) {
  std::string text(1, block.open);
  for (std::size_t i = 0; i < block.entries.size(); ++i) {
    if (i > 0) text += style.lines ? "," : ", ";
    if (style.lines) text += style.newline + indent + style.unit;
    text += block.entries[i];
  }
  if (style.lines) text += style.newline + indent;
  return text + (block.open == '{' ? "}" : "]");
}

std::string member(std::string_view key, const std::string& value) {
  return compact(Json(key)) + ": " + value;
}

struct Patch {
  std::size_t at = 0;
  std::string text;
};

class Inserter {
 public:
  Inserter(std::string_view text, const JsonPlace& root) : text_(text), style_(style_of(text, root)) {}

  // Adds entries at the end of a container that is in the text; `depth` counts the containers around it.
  void add(const JsonPlace& container, std::size_t depth, const std::vector<std::string>& entries) {
    if (entries.empty()) return;
    if (container.entries.empty()) return add_to_empty(container, depth, entries);
    const auto& last = container.entries.back();
    // The blanks before the last entry say how entries are set apart here; a lone first entry on the
    // bracket's line says nothing, then a blank does.
    std::string gap(lead(text_, last.begin));
    if (gap.empty() && style_.lines) gap = " ";
    std::string text;
    for (const auto& entry : entries)
      text += "," + gap + entry;
    patches_.push_back({last.value.end, std::move(text)});
  }

  // The indentation of new entries of a container in the text, or of a container that is yet to come.
  std::string indent_at(const JsonPlace& container, std::size_t depth) const {
    if (!container.entries.empty()) {
      const auto gap = lead(text_, container.entries.back().begin);
      if (gap.find('\n') != std::string_view::npos) return std::string(after_newline(gap));
    }
    return indent(depth + 1);
  }
  std::string indent(std::size_t depth) const {
    std::string text;
    for (std::size_t i = 0; i < depth; ++i)
      text += style_.unit;
    return text;
  }
  const Style& style() const { return style_; }

  TextEdit apply() {
    std::sort(patches_.begin(), patches_.end(), [](const Patch& a, const Patch& b) { return a.at < b.at; });
    TextEdit edit;
    std::size_t from = 0;
    for (auto& patch : patches_) {
      edit.text.append(text_.substr(from, patch.at - from)).append(patch.text);
      edit.segments.push_back(std::move(patch.text));
      from = patch.at;
    }
    edit.text.append(text_.substr(from));
    return edit;
  }

 private:
  void add_to_empty(const JsonPlace& container, std::size_t depth, const std::vector<std::string>& entries) {
    const auto inside = text_.substr(container.begin + 1, container.end - container.begin - 2);
    std::string text = render({container.kind, entries}, indent(depth), style_);
    text = text.substr(1, text.size() - 2);
    // What stands between the brackets already stays behind the new entries; it may bring the line's end.
    if (style_.lines && inside.find('\n') != std::string_view::npos)
      text.resize(text.size() - style_.newline.size() - indent(depth).size());
    patches_.push_back({container.begin + 1, std::move(text)});
  }

  std::string_view text_;
  Style style_;
  std::vector<Patch> patches_;
};

Status check_shape(const Json& settings, const std::vector<HookGroup>& groups, const Json& members) {
  if (members.is_object()) {
    for (const auto& [key, value] : members.as_object())
      if (const Json* there = settings.find(key); there != nullptr && *there != value)
        return fail("\"" + key + "\" is set to another value", key, "remove it, then run this again");
  }
  const Json* hooks = settings.find("hooks");
  if (hooks == nullptr || groups.empty()) return {};
  if (!hooks->is_object()) return fail("\"hooks\" is not an object", "hooks", "the agent wants one there");
  for (const auto& group : groups)
    if (const Json* event = hooks->find(group.event); event != nullptr && !event->is_array())
      return fail("the hooks of an event are not an array", "hooks." + group.event,
                  "the agent wants one there");
  return {};
}

// The members of `hooks` for these groups, each "Event": [group], at an indentation.
std::vector<std::string> event_members(const std::vector<HookGroup>& groups, const std::string& indent,
                                       const Style& style) {
  std::vector<std::string> members;
  std::vector<std::string> done;
  for (const auto& group : groups) {
    if (std::find(done.begin(), done.end(), group.event) != done.end()) continue;
    done.push_back(group.event);
    Block array{.open = '['};
    for (const auto& other : groups)
      if (other.event == group.event) array.entries.push_back(compact(other.group));
    members.push_back(member(group.event, render(array, indent, style)));
  }
  return members;
}

void insert_groups(Inserter& inserter, const JsonPlace& hooks, const std::vector<HookGroup>& groups) {
  std::vector<HookGroup> new_events;
  for (const auto& entry : hooks.entries) {
    std::vector<std::string> added;
    for (const auto& group : groups)
      if (group.event == entry.key) added.push_back(compact(group.group));
    inserter.add(entry.value, 2, added);
  }
  for (const auto& group : groups)
    if (hooks.find(group.event) == nullptr) new_events.push_back(group);
  inserter.add(hooks, 1, event_members(new_events, inserter.indent_at(hooks, 1), inserter.style()));
}

// A text that was blank: the whole document is new and stands before what was there.
TextEdit new_document(std::string_view text, const std::vector<HookGroup>& groups, const Json& members) {
  const Style style;
  Block root{.open = '{'};
  if (members.is_object())
    for (const auto& [key, value] : members.as_object())
      root.entries.push_back(member(key, compact(value)));
  if (!groups.empty())
    root.entries.push_back(
        member("hooks", render({'{', event_members(groups, "    ", style)}, style.unit, style)));
  const std::size_t mark = text.starts_with("\xef\xbb\xbf") ? 3 : 0;
  TextEdit edit;
  edit.segments.push_back(render(root, "", style) + "\n");
  edit.text = std::string(text.substr(0, mark)) + edit.segments[0] + std::string(text.substr(mark));
  return edit;
}

bool is_weir_group(const Json& group) {
  const Json& handlers = group["hooks"];
  if (!handlers.is_array() || handlers.as_array().empty()) return false;
  return std::all_of(handlers.as_array().begin(), handlers.as_array().end(),
                     [](const Json& handler) { return weir_command(handler).has_value(); });
}

// Stretches of text to cut, none inside another.
class Cutter {
 public:
  explicit Cutter(const StrictText& strict) : strict_(strict) {}

  // Cuts the entries at these indices out of a container, with the commas that set them apart.
  void cut(const JsonPlace& container, const std::vector<bool>& gone) {
    const auto& entries = container.entries;
    std::size_t kept_end = 0;  // end of the last kept entry
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (!gone[i]) {
        kept_end = entries[i].value.end;
        continue;
      }
      if (kept_end != 0) {
        ranges_.emplace_back(kept_end, entries[i].value.end);
        kept_end = entries[i].value.end;
        continue;
      }
      // No kept entry before: cut up to the next one that stays, or to the end of the last.
      std::size_t next = i;
      while (next < entries.size() && gone[next])
        ++next;
      if (next < entries.size()) {
        ranges_.emplace_back(entries[i].begin, entries[next].begin);
      } else {
        ranges_.emplace_back(entries[i].begin, entries.back().value.end);
        cut_trailing_comma(entries.back().value.end, container.end);
      }
      i = next - 1;
    }
  }

  std::string apply(std::string_view text) {
    std::sort(ranges_.begin(), ranges_.end());
    std::string out;
    std::size_t from = 0;
    for (const auto& [begin, end] : ranges_) {
      out.append(text.substr(from, begin - from));
      from = end;
    }
    return out.append(text.substr(from));
  }

 private:
  void cut_trailing_comma(std::size_t from, std::size_t to) {
    for (const std::size_t comma : strict_.commas)
      if (comma >= from && comma < to) ranges_.emplace_back(comma, comma + 1);
  }
  const StrictText& strict_;
  std::vector<std::pair<std::size_t, std::size_t>> ranges_;
};

bool all(const std::vector<bool>& flags) {
  return std::find(flags.begin(), flags.end(), false) == flags.end();
}

// Cuts Weir's handlers out of one event's array. True when nothing else is in it: the caller cuts it whole.
bool cut_event(Cutter& cutter, const JsonPlace& array, const Json& groups) {
  std::vector<bool> gone;
  for (const Json& group : groups.as_array())
    gone.push_back(is_weir_group(group));
  if (!gone.empty() && all(gone)) return true;
  for (std::size_t i = 0; i < gone.size(); ++i) {
    const Json& handlers = groups.as_array()[i]["hooks"];
    const JsonPlace* place = array.entries[i].value.find("hooks");
    if (gone[i] || place == nullptr || !handlers.is_array()) continue;
    std::vector<bool> ours;
    for (const Json& handler : handlers.as_array())
      ours.push_back(weir_command(handler).has_value());
    cutter.cut(*place, ours);
  }
  cutter.cut(array, gone);
  return false;
}

// Stands there as JSON: not in a comment, which may quote what was put in.
bool is_outside_comments(const StrictText& strict, std::string_view segment, std::size_t at) {
  for (std::size_t i = 0; i < segment.size(); ++i)
    if (strict.text[at + i] != segment[i] &&
        !std::binary_search(strict.commas.begin(), strict.commas.end(), at + i))
      return false;
  return true;
}

// Where a segment stands, if there is one such place.
std::optional<std::size_t> only_place(const std::string& text, const std::string& segment) {
  if (segment.empty()) return std::nullopt;
  const auto first = text.find(segment);
  if (first == std::string::npos || text.find(segment, first + 1) == std::string::npos)
    return first == std::string::npos ? std::nullopt : std::optional(first);
  const StrictText strict = to_strict(text);
  std::optional<std::size_t> found;
  for (auto at = first; at != std::string::npos; at = text.find(segment, at + 1)) {
    if (!is_outside_comments(strict, segment, at)) continue;
    if (found) return std::nullopt;
    found = at;
  }
  return found;
}

}  // namespace

Result<Json> parse_settings(std::string_view text, Comments comments) {
  TRY(Parsed parsed, parse(text, comments));
  return std::move(parsed.value);
}

Result<TextEdit> insert_hooks(std::string_view text, const std::vector<HookGroup>& groups,
                              const Json& members, Comments comments) {
  TRY(const Parsed parsed, parse(text, comments));
  TRY_STATUS(check_shape(parsed.value, groups, members));
  if (all_blank(parsed.strict.text)) return new_document(text, groups, members);
  const JsonPlace root = scan_json(parsed.strict.text);
  Inserter inserter(text, root);
  std::vector<std::string> new_members;
  if (members.is_object())
    for (const auto& [key, value] : members.as_object())
      if (!parsed.value.has(key)) new_members.push_back(member(key, compact(value)));
  if (const JsonPlace* hooks = root.find("hooks"); hooks != nullptr && !groups.empty()) {
    insert_groups(inserter, *hooks, groups);
  } else if (!groups.empty()) {
    const std::string indent = inserter.indent_at(root, 0);
    const Block block{'{', event_members(groups, indent + inserter.style().unit, inserter.style())};
    new_members.push_back(member("hooks", render(block, indent, inserter.style())));
  }
  inserter.add(root, 0, new_members);
  return inserter.apply();
}

Result<std::string> remove_hooks_by_structure(std::string_view text, Comments comments) {
  TRY(const Parsed parsed, parse(text, comments));
  const Json& hooks = parsed.value["hooks"];
  if (!names_weir(parsed.value)) return std::string(text);
  const JsonPlace root = scan_json(parsed.strict.text);
  const JsonPlace* place = root.find("hooks");
  CHECK(place != nullptr);
  Cutter cutter(parsed.strict);
  std::vector<bool> events_gone;
  for (std::size_t i = 0; i < place->entries.size(); ++i) {
    const Json& groups = hooks.as_object()[i].second;
    events_gone.push_back(groups.is_array() && cut_event(cutter, place->entries[i].value, groups));
  }
  if (!all(events_gone)) {
    cutter.cut(*place, events_gone);
  } else {
    std::vector<bool> members_gone;
    for (const auto& entry : root.entries)
      members_gone.push_back(entry.key == "hooks");
    cutter.cut(root, members_gone);
  }
  return cutter.apply(text);
}

Result<std::string> remove_hooks(std::string_view text, const std::vector<std::string>& segments,
                                 Comments comments) {
  std::string without(text);
  bool exact = !segments.empty();
  for (const auto& segment : segments) {
    const auto at = exact ? only_place(without, segment) : std::nullopt;
    exact = at.has_value();
    if (exact) without.erase(*at, segment.size());
  }
  if (exact) {
    const auto left = parse(without, comments);
    if (left && !names_weir(left->value)) return without;
  }
  return remove_hooks_by_structure(text, comments);
}

bool names_weir(const Json& settings) {
  const Json& hooks = settings["hooks"];
  if (!hooks.is_object()) return false;
  for (const auto& [event, groups] : hooks.as_object()) {
    if (!groups.is_array()) continue;
    for (const Json& group : groups.as_array()) {
      const Json& handlers = group["hooks"];
      if (!handlers.is_array()) continue;
      for (const Json& handler : handlers.as_array())
        if (weir_command(handler)) return true;
    }
  }
  return false;
}

}  // namespace weir::setup
