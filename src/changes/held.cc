#include "changes/held.h"

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "base/yaml.h"

namespace weir::changes {
namespace {

constexpr std::size_t kEntriesMax = 1000;
constexpr std::size_t kGlobsMax = 1000;  // of one entry
constexpr std::size_t kTextBytesMax = 300;

Status only_members(const Json& json, std::initializer_list<std::string_view> known,
                    const std::string& where) {
  for (const auto& [key, value] : json.as_object())
    if (std::find(known.begin(), known.end(), key) == known.end())
      return fail("unknown member \"" + printable(key, 80) + "\"", where,
                  "an entry has id, runs, globs, beside, only_new, not_in, property");
  return {};
}

Result<std::string> text_of(const Json& json, std::string_view key, const std::string& where) {
  const Json& value = json[key];
  if (!value.is_string() || value.as_string().empty() || value.as_string().size() > kTextBytesMax)
    return fail("`" + std::string(key) + "` must be a text of 1 to 300 bytes", where);
  return value.as_string();
}

Result<std::vector<std::string>> texts_of(const Json& json, std::string_view key, const std::string& where) {
  std::vector<std::string> out;
  const Json& list = json[key];
  if (!list.is_array() || list.as_array().empty() || list.as_array().size() > kGlobsMax)
    return fail("`" + std::string(key) + "` must be a list of 1 to 1000 texts", where);
  for (const auto& one : list.as_array()) {
    if (!one.is_string() || one.as_string().empty())
      return fail("`" + std::string(key) + "` holds something that is no text", where, "put it in quotes");
    out.push_back(one.as_string());
  }
  return out;
}

bool is_id(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

// The first `count` names of a path.
std::string beginning(std::string_view path, std::size_t count) {
  std::size_t end = 0;
  for (std::size_t i = 0; i < count && end != std::string_view::npos; ++i)
    end = path.find('/', i == 0 ? 0 : end + 1);
  return count == 0 ? std::string() : std::string(path.substr(0, end));
}

std::string path_of(const std::vector<std::string>& names) {
  std::string path;
  for (const auto& one : names)
    path = joined(path, one);
  return path;
}

}  // namespace

std::optional<HeldCatalogue::Property> HeldCatalogue::property_named(std::string_view name) {
  if (name == "executable") return Property::executable;
  if (name == "link-outside") return Property::link_outside;
  if (name == "git-replaced") return Property::git_replaced;
  if (name == "git-carries") return Property::git_carries;
  return std::nullopt;
}

Result<HeldCatalogue::Entry> HeldCatalogue::read_entry(const Json& json, const std::string& where) {
  if (!json.is_object()) return fail("an entry must be a map", where);
  TRY_STATUS(only_members(json, {"id", "runs", "globs", "beside", "only_new", "not_in", "property"}, where));
  Entry entry;
  TRY(entry.reason.id, text_of(json, "id", where));
  if (!is_id(entry.reason.id)) return fail("an id has small letters, digits and \"-\"", where);
  TRY(entry.reason.runs, text_of(json, "runs", where));
  if (json.has("property") == json.has("globs"))
    return fail("an entry has either globs or a property", where);
  if (json.has("property")) {
    for (const char* one : {"beside", "only_new", "not_in"})
      if (json.has(one)) return fail(std::string(one) + " goes with globs", where);
    TRY(const std::string property, text_of(json, "property", where));
    const auto known = property_named(property);
    if (!known)
      return fail("no such property: " + printable(property, 80), where,
                  "executable, link-outside, git-replaced or git-carries");
    entry.property = *known;
    return entry;
  }
  TRY(const auto globs, texts_of(json, "globs", where));
  for (const auto& text : globs) {
    auto glob = PathGlob::parse(text);
    if (!glob) return fail(glob.error().what + ": " + glob.error().where, where, glob.error().hint);
    entry.globs.push_back(*std::move(glob));
  }
  if (json.has("beside")) {
    TRY(entry.beside, texts_of(json, "beside", where));
    for (const auto& one : entry.beside)
      if (one.find('/') != std::string::npos) return fail("`beside` names names, not paths", where);
  }
  if (json.has("not_in")) {
    TRY(const auto names, texts_of(json, "not_in", where));
    for (const auto& one : names)
      entry.not_in.push_back(to_lower_ascii(one));
  }
  if (json.has("only_new")) {
    if (!json["only_new"].is_bool()) return fail("only_new is true or false", where);
    entry.only_new = json["only_new"].as_bool();
  }
  return entry;
}

Result<HeldCatalogue> HeldCatalogue::parse(std::string_view text, std::string_view where) {
  TRY(const YamlText yaml, parse_yaml_lines(text, where));
  const std::string file(where);
  if (!yaml.value.is_object() || yaml.value.as_object().size() != 1 || !yaml.value["held"].is_array())
    return fail("the catalogue is a map with one list, `held`", file);
  const auto& list = yaml.value["held"].as_array();
  if (list.size() > kEntriesMax) return fail(ErrorCode::limit, "more than 1000 entries", file);
  HeldCatalogue out;
  std::set<std::string> ids;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto line = yaml.lines.find("/held/" + std::to_string(i));
    const std::string place = line == yaml.lines.end() ? file : file + ":" + std::to_string(line->second);
    TRY(Entry entry, read_entry(list[i], place));
    if (!ids.insert(entry.reason.id).second) return fail("the id stands twice: " + entry.reason.id, place);
    out.entries_.push_back(std::move(entry));
  }
  out.index();
  return out;
}

void HeldCatalogue::index() {
  for (std::size_t entry = 0; entry < entries_.size(); ++entry)
    for (std::size_t glob = 0; glob < entries_[entry].globs.size(); ++glob) {
      const std::string& key = entries_[entry].globs[glob].key();
      if (key.empty())
        others_.push_back({entry, glob});
      else
        by_name_.emplace(key, Place{entry, glob});
    }
}

bool HeldCatalogue::applies(const Entry& entry, const HeldQuestion& question, std::size_t begin) const {
  const std::string above = beginning(question.path, begin);
  if (std::find(entry.not_in.begin(), entry.not_in.end(), to_lower_ascii(leaf_of(above))) !=
      entry.not_in.end())
    return false;
  if (entry.only_new && question.on_host(beginning(question.path, begin + 1))) return false;
  return std::all_of(entry.beside.begin(), entry.beside.end(), [&](const auto& one) {
    const std::string path = joined(above, one);
    return question.on_host(path) || question.in_pod(path);
  });
}

std::vector<HeldReason> HeldCatalogue::reasons(const HeldQuestion& question) const {
  const Segments path = segments_of(question.path);
  const bool is_link = question.change.pod.node.kind == NodeKind::symlink;
  const bool was_link = question.change.host.node.kind == NodeKind::symlink;
  std::set<std::size_t> found;
  const auto look = [&](const Place& place) {
    const Entry& entry = entries_[place.entry];
    if (found.contains(place.entry)) return;
    auto begin = entry.globs[place.glob].match(path);
    if (!begin && (is_link || was_link)) begin = entry.globs[place.glob].match_above(path);
    if (begin && applies(entry, question, *begin)) found.insert(place.entry);
  };
  for (const auto& one : others_)
    look(one);
  for (const auto& segment : std::set<std::string>(path.begin(), path.end())) {
    const auto [first, last] = by_name_.equal_range(segment);
    for (auto it = first; it != last; ++it)
      look(it->second);
  }
  const bool executable = becomes_executable(question.change);
  std::vector<HeldReason> reasons;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Property property = entries_[i].property;
    if (found.contains(i) || (property == Property::executable && executable) ||
        (property == Property::link_outside && is_link && question.link_outside) ||
        (property == Property::git_replaced && question.git_replaced) ||
        (property == Property::git_carries && question.git_carries))
      reasons.push_back(entries_[i].reason);
  }
  return reasons;
}

std::vector<std::string> HeldCatalogue::spelled_out() const {
  std::set<std::string> out;
  for (const auto& entry : entries_)
    for (const auto& glob : entry.globs)
      for (auto& one : glob.spelled_out())
        out.insert(std::move(one));
  return {out.begin(), out.end()};
}

std::optional<std::string> link_leads_to(const std::string& path, const std::string& target,
                                         const LinkOf& link_of) {
  constexpr int kLinksMax = 40;                // as the kernel (path_resolution(7))
  constexpr std::size_t kPathBytesMax = 4096;  // PATH_MAX
  constexpr int kNamesMax = 500;  // on the way, so that long targets of many links cannot keep us busy
  std::vector<std::string> at;    // where we stand, below the root
  const std::string above = parent_of(path);
  for (const auto one : split(above, '/'))
    if (!one.empty()) at.emplace_back(one);
  std::vector<std::string> ahead;  // names still to go, the next one last
  const auto go = [&ahead](const std::string& link) {
    const auto parts = split(link, '/');
    for (auto it = parts.rbegin(); it != parts.rend(); ++it)
      ahead.emplace_back(*it);
    return !link.starts_with('/');
  };
  if (target.empty() || !go(target)) return std::nullopt;
  int names = 0;
  for (int links = 0; !ahead.empty();) {
    if (++names > kNamesMax) return std::nullopt;
    const std::string one = std::move(ahead.back());
    ahead.pop_back();
    if (one.empty() || one == ".") continue;
    if (one == "..") {
      if (at.empty()) return std::nullopt;
      at.pop_back();
      continue;
    }
    at.push_back(one);
    const std::string here = path_of(at);
    if (here.size() > kPathBytesMax) return std::nullopt;
    const auto link = link_of(here);
    if (!link) continue;
    at.pop_back();
    if (++links > kLinksMax || !go(*link)) return std::nullopt;
  }
  return path_of(at);
}

}  // namespace weir::changes
