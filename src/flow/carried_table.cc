#include "flow/carried_table.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"

namespace weir::flow {
namespace {

using Op = Change::Op;
constexpr std::array<std::string_view, 6> kOps = {"write", "below", "content", "clear", "gone", "vouch"};
constexpr std::size_t kSessionBytesMax = 256;
constexpr std::size_t kDigestBytes = 7 + 64;

// "/a/b" → "/a"; "/a" and "/" → "/".
std::string_view parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == 0 || slash == std::string_view::npos ? path.substr(0, 1) : path.substr(0, slash);
}

std::string_view name_of(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

bool lies_in(std::string_view path, std::string_view directory) {
  if (directory == "/") return path.starts_with('/');
  return path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/');
}

bool is_digest(std::string_view text) {
  return text.size() == kDigestBytes && text.starts_with("sha256:") && from_hex(text.substr(7)).has_value();
}

// As the agents' manuals name them; path classes add those of their own directories.
constexpr std::array<std::string_view, 12> kInstructionNames = {
    "CLAUDE.md", "CLAUDE.local.md", "AGENTS.md",    "AGENTS.override.md",
    "GEMINI.md", "QWEN.md",         "MEMORY.md",    "copilot-instructions.md",
    "SOUL.md",   "HEARTBEAT.md",    ".cursorrules", ".windsurfrules"};

}  // namespace

Json to_json(const Change& change) {
  Json json = Json::object({{"op", kOps[static_cast<std::size_t>(change.op)]}, {"path", change.path}});
  if (!change.session.empty()) json.set("session", change.session);
  if (change.seq > 0) json.set("seq", change.seq);
  if (change.instructions) json.set("instructions", true);
  if (change.size > 0) json.set("size", change.size);
  if (!change.digest.empty()) json.set("digest", change.digest);
  return json;
}

Result<Change> change_from_json(const Json& json) {
  Change change;
  const auto op = std::find(kOps.begin(), kOps.end(), json["op"].text_or(""));
  if (op == kOps.end()) return fail("no change of a file's label", "op");
  change.op = static_cast<Op>(op - kOps.begin());
  change.path = json["path"].text_or("");
  const bool nameless = change.op == Op::content && change.path.empty() && json.has("path");
  if (!nameless && (!change.path.starts_with('/') || change.path.size() > kCarriedPathBytesMax))
    return fail("no absolute path of at most 4096 bytes", "path");
  change.session = json["session"].text_or("");
  if (change.session.size() > kSessionBytesMax) return fail("longer than 256 bytes", "session");
  const std::int64_t seq = json["seq"].int_or(0);
  const std::int64_t size = json["size"].int_or(0);
  if (seq < 0) return fail("below 0", "seq");
  if (size < 0) return fail("below 0", "size");
  change.seq = static_cast<std::uint64_t>(seq);
  change.size = static_cast<std::uint64_t>(size);
  change.instructions = json["instructions"].bool_or(false);
  change.digest = json["digest"].text_or("");
  const bool wants_digest = change.op == Op::content || !change.digest.empty();
  if (wants_digest && !is_digest(change.digest)) return fail("no SHA-256 digest", "digest");
  return change;
}

void CarriedTable::apply(const Change& change) {
  switch (change.op) {
    case Op::write:
      if (const Entry* there = at(change.path); there == nullptr || !there->below) put(change, false);
      break;
    case Op::below:
      put(change, true);
      break;
    case Op::content:
      add_content(change);
      break;
    case Op::clear:
      remove(change.path);
      break;
    case Op::gone:
      remove_below(change.path);
      break;
    case Op::vouch:
      if (const auto it = paths_.find(change.path); it != paths_.end()) {
        drop_content(it->second.digest);
        remove(change.path);
      }
      if (!change.digest.empty()) drop_content(change.digest);
      break;
  }
}

void CarriedTable::put(const Change& change, bool below) {
  if (below) remove_below(change.path);
  remove(change.path);
  paths_.emplace(change.path, Entry{change.session, change.seq, below, change.instructions, {}});
  if (change.instructions) instructions_.insert(change.path);
  if (below) ++directories_;
  if (paths_.size() > paths_max_) make_room();
}

void CarriedTable::remove(std::string_view path) {
  const auto it = paths_.find(path);
  if (it == paths_.end()) return;
  if (it->second.below) --directories_;
  if (it->second.instructions) instructions_.erase(it->first);
  paths_.erase(it);
}

void CarriedTable::remove_below(std::string_view directory) {
  std::vector<std::string> gone;
  for (auto it = paths_.lower_bound(directory); it != paths_.end() && it->first.starts_with(directory); ++it)
    if (lies_in(it->first, directory)) gone.push_back(it->first);
  for (const auto& path : gone)
    remove(path);
}

void CarriedTable::add_content(const Change& change) {
  if (const auto it = paths_.find(change.path); it != paths_.end()) it->second.digest = change.digest;
  if (change.size == 0) return;  // all empty files are equal
  drop_content(change.digest);
  contents_[change.size].push_back({change.session, change.seq, false, false, change.digest});
  order_.emplace_back(change.size, change.digest);
  if (order_.size() <= contents_max_) return;
  ++forgotten_contents_;
  drop_content(std::string(order_.front().second));
}

void CarriedTable::drop_content(std::string_view digest) {
  const auto at =
      std::find_if(order_.begin(), order_.end(), [&](const auto& one) { return one.second == digest; });
  if (digest.empty() || at == order_.end()) return;
  auto& same_size = contents_[at->first];
  std::erase_if(same_size, [&](const auto& entry) { return entry.digest == digest; });
  if (same_size.empty()) contents_.erase(at->first);
  order_.erase(at);
}

const CarriedTable::Entry* CarriedTable::at(std::string_view path) const {
  if (const auto it = paths_.find(path); it != paths_.end()) return &it->second;
  if (directories_ == 0) return nullptr;
  while (path.size() > 1) {
    path = parent_of(path);
    if (const auto it = paths_.find(path); it != paths_.end() && it->second.below) return &it->second;
  }
  return nullptr;
}

const CarriedTable::Entry* CarriedTable::below(std::string_view directory) const {
  if (const Entry* entry = at(directory)) return entry;
  for (auto it = paths_.lower_bound(directory); it != paths_.end() && it->first.starts_with(directory); ++it)
    if (lies_in(it->first, directory)) return &it->second;
  return nullptr;
}

const CarriedTable::Entry* CarriedTable::copy(std::uint64_t size, std::string_view digest) const {
  const auto it = contents_.find(size);
  if (it == contents_.end()) return nullptr;
  for (const auto& entry : it->second)
    if (entry.digest == digest) return &entry;
  return nullptr;
}

bool CarriedTable::knows_content(std::string_view digest) const {
  return std::any_of(order_.begin(), order_.end(), [&](const auto& one) { return one.second == digest; });
}

const CarriedTable::Entry* CarriedTable::of_size(std::uint64_t size) const {
  const auto it = contents_.find(size);
  return it == contents_.end() ? nullptr : &it->second.front();
}

// The nearest directory that holds the most entries; one level further up while every directory holds one.
std::string CarriedTable::busiest_directory() const {
  std::map<std::string_view, std::size_t> counts;
  std::vector<std::string_view> at;
  for (const auto& [path, entry] : paths_)
    at.push_back(path);
  while (true) {
    counts.clear();
    bool moved = false;
    for (auto& path : at) {
      moved = moved || path.size() > 1;
      path = parent_of(path);
      ++counts[path];
    }
    const auto most = std::max_element(counts.begin(), counts.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    if (!moved || most->second > 1) return std::string(most->first);
  }
}

// Down to three quarters, so that this is done seldom.
void CarriedTable::make_room() {
  while (paths_.size() > paths_max_ * 3 / 4 && paths_.size() > 1) {
    const std::string directory = busiest_directory();
    Change all{.op = Op::below, .path = directory};
    if (const Entry* one = below(directory)) all.session = one->session;
    for (auto it = paths_.lower_bound(directory); it != paths_.end() && it->first.starts_with(directory);
         ++it)
      if (lies_in(it->first, directory)) {
        if (it->second.session != all.session) all.session.clear();
        all.instructions = all.instructions || it->second.instructions;
      }
    put(all, true);
  }
}

std::vector<Change> CarriedTable::changes() const {
  std::vector<Change> list;
  // Contents in their order; that of an entry after the entry it belongs to.
  for (const auto& [path, entry] : paths_)
    list.push_back({.op = entry.below ? Op::below : Op::write,
                    .path = path,
                    .session = entry.session,
                    .seq = entry.seq,
                    .instructions = entry.instructions});
  std::map<std::string_view, std::string_view> path_of;
  for (const auto& [path, entry] : paths_)
    if (!entry.digest.empty()) path_of.emplace(entry.digest, path);
  for (const auto& [size, digest] : order_) {
    const Entry* entry = copy(size, digest);
    const auto path = path_of.find(digest);
    list.push_back({.op = Op::content,
                    .path = path == path_of.end() ? std::string() : std::string(path->second),
                    .session = entry->session,
                    .seq = entry->seq,
                    .size = size,
                    .digest = digest});
  }
  return list;
}

bool is_instruction_file(std::string_view path) {
  return std::find(kInstructionNames.begin(), kInstructionNames.end(), name_of(path)) !=
         kInstructionNames.end();
}

std::vector<std::string> instruction_places(std::string_view cwd, std::string_view home) {
  constexpr int kDirsMax = 64;
  // Directories of agents in a project in which the same names count.
  constexpr std::array<std::string_view, 5> kBelow = {"/", "/.claude/", "/.codex/", "/.gemini/", "/.github/"};
  std::vector<std::string> out;
  const auto add = [&](std::string_view directory) {
    for (const auto below : kBelow)
      for (const auto name : kInstructionNames)
        out.push_back(std::string(directory) + std::string(below) + std::string(name));
  };
  if (!home.empty()) add(home);
  for (int i = 0; i < kDirsMax && cwd.starts_with('/'); ++i) {
    while (cwd.ends_with('/'))
      cwd.remove_suffix(1);
    if (cwd != home || home.empty()) add(cwd);
    if (cwd.empty()) break;
    cwd = cwd.substr(0, cwd.rfind('/') + 1);
  }
  return out;
}

bool is_loaded_in(std::string_view path, std::string_view cwd, std::string_view home) {
  // "/p/.claude/rules/a.md" speaks to who works in /p.
  const auto dot = path.find("/.");
  std::string_view place = dot == std::string_view::npos ? parent_of(path) : path.substr(0, dot);
  if (place.empty()) place = "/";
  return lies_in(cwd, place) || (place == home && dot != std::string_view::npos);
}

}  // namespace weir::flow
