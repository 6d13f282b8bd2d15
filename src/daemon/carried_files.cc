#include "daemon/carried_files.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/hash.h"
#include "daemon/action_places.h"
#include "ingest/tools.h"
#include "os/files.h"

namespace weir::daemon {
namespace {

using event::Action;
using flow::CarriedFile;
using flow::CarriedTable;
using flow::Change;

constexpr std::size_t kFileBytesMax = 16 * limits::kMiB;    // of the table; 4096 lines are 2 MiB at most
constexpr std::size_t kDigestNowMax = 256 * limits::kKiB;   // bytes of one call that are digested in passing
constexpr std::size_t kDigestLaterMax = 16 * limits::kMiB;  // longer files are known by their path alone
constexpr std::size_t kOpenMax = 1024;                      // calls without a result
constexpr std::size_t kWrittenMax = 256;                    // files of one call; more count as directories

bool is_true(const Action& action, std::string_view name) {
  return action.attrs[name].bool_or(false);
}

bool has_class(const Action& action, std::string_view id) {
  const Json& classes = action.attrs["classes"];
  return classes.is_array() && std::any_of(classes.as_array().begin(), classes.as_array().end(),
                                           [&](const Json& one) { return one.text_or("") == id; });
}

// Tools that put in what was not there before, all else untouched.
bool replaces_files(const event::Event& event) {
  using enum ingest::ToolKind;
  const auto kind =
      ingest::tool_use(event.agent.name, event.body["tool"].text_or(""), event.body["input"]).kind;
  return kind == file_write || kind == shell;
}

bool goes_out(std::span<const Action> actions) {
  return std::any_of(actions.begin(), actions.end(), [](const Action& action) {
    return action.verb == "net.connect" && !is_true(action, "loopback");
  });
}

std::string key_of(const event::Event& event) {
  for (const char* name : {"tool_use_id", "call_id"})
    if (const auto it = event.corr.find(name); it != event.corr.end() && !it->second.empty())
      return event.root + '\n' + it->second;
  return {};
}

}  // namespace

CarriedFiles::CarriedFiles(std::string file, os::Log log) : file_(std::move(file)), log_(std::move(log)) {
  if (!file_.empty()) load();
}

void CarriedFiles::load() {
  const auto text = os::read_file(file_, kFileBytesMax);
  if (!text && text.error().code != ErrorCode::not_found) {
    doubt(text.error().message());
    return;
  }
  if (!text) return;
  std::string_view rest = *text;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    if (end == std::string_view::npos) break;  // power was lost while the last line was written
    const auto json = parse_json(rest.substr(0, end), {.bytes_max = 64 * limits::kKiB, .depth_max = 4});
    const auto read = json ? flow::change_from_json(*json) : std::unexpected(json.error());
    if (!read) {
      doubt("line " + std::to_string(lines_ + 1) + ": " + read.error().message());
      return;
    }
    table_.apply(*read);
    ++lines_;
    rest.remove_prefix(end + 1);
  }
  write_anew();  // also takes a torn line away
}

// Which files carry a label is not known: all do.
void CarriedFiles::doubt(const std::string& why) {
  problem_ = why + "; every file counts as written by an untrusted session until " + file_ +
             " is removed and the daemon started again";
  log_.error("the labels of files cannot be read", {{"why", why}, {"file", file_}});
  table_.apply({.op = Change::Op::below, .path = "/"});
}

std::vector<CarriedFile> CarriedFiles::look(const event::Event& event, std::span<const Action> actions,
                                            std::string_view home, bool untrusted,
                                            const os::FileView& view) const {
  std::vector<CarriedFile> found;
  const std::lock_guard lock(mutex_);
  if (table_.empty()) return found;
  std::size_t budget = kDigestNowMax;
  const auto add = [&](const std::string& path, CarriedFile::Use use, const CarriedTable::Entry* entry) {
    if (entry == nullptr || found.size() >= flow::kCarriedMax) return;
    const bool known = std::any_of(found.begin(), found.end(),
                                   [&](const auto& one) { return one.path == path && one.use == use; });
    if (!known) found.push_back({path, use, entry->session, entry->seq, entry->session == event.root});
  };
  // What is run first: it must not be crowded out.
  for (const auto& action : actions)
    if (const std::string script(action.attrs["script"].text_or("")); script.starts_with('/'))
      add(script, CarriedFile::Use::runs, meets(view.resolve(script), false, view, budget));
  for (const auto& action : actions) {
    if (action.verb != "file.read") continue;
    const std::string path = place_of(action);
    const std::string place = before_pattern(action);
    const bool wide = place != path || is_true(action, "recursive") || is_true(action, "search");
    if (!path.empty()) add(path, CarriedFile::Use::reads, meets(place, wide, view, budget));
  }
  if (untrusted) return found;
  const std::string_view cwd = event.body["cwd"].text_or("");
  for (const auto& path : table_.instructions())
    if (cwd.starts_with('/') && flow::is_loaded_in(path, cwd, home))
      add(path, CarriedFile::Use::loads, table_.at(path));
  return found;
}

// The entry that speaks of this file. `budget`: bytes that may still be digested for this call.
const CarriedTable::Entry* CarriedFiles::meets(const std::string& path, bool wide, const os::FileView& view,
                                               std::size_t& budget) const {
  if (const auto* entry = wide ? table_.below(path) : table_.at(path)) return entry;
  if (wide) return nullptr;
  const auto size = view.size_of_regular(path);
  if (!size || !table_.has_size(*size)) return nullptr;
  // Too long to look into now: of the very size of one that carries a label, it is taken for its copy.
  if (*size > budget) return table_.of_size(*size);
  budget -= *size;
  const auto text = view.read_regular(path, kDigestNowMax);
  return text ? table_.copy(text->size(), digest_text(sha256(*text))) : table_.of_size(*size);
}

void CarriedFiles::released(const event::Event& event, std::span<const Action> actions, bool untrusted) {
  Open open{event.root, event.seq, {}, {}};
  const bool writes_any = std::any_of(actions.begin(), actions.end(), [](const Action& action) {
    return action.verb == "file.write" || action.verb == "file.delete" || action.verb == "file.move";
  });
  if (!writes_any) return;
  const bool replaces = replaces_files(event);
  for (const auto& action : actions) {
    const bool writes = action.verb == "file.write";
    if (!writes && action.verb != "file.delete" && action.verb != "file.move") continue;
    std::string path = place_of(action);
    if (path.empty() || path.size() > flow::kCarriedPathBytesMax) continue;
    const std::string place = before_pattern(action);
    if (!writes) {
      if (place == path && open.removed.size() < kWrittenMax) open.removed.push_back(std::move(path));
      continue;
    }
    const bool below = place != path || is_true(action, "recursive") || is_true(action, "partial");
    const bool whole = replaces && !below && action.certainty == event::Certainty::certain &&
                       !is_true(action, "append") && !is_true(action, "in_place");
    const bool instructions = flow::is_instruction_file(path) || has_class(action, "agent-memory") ||
                              has_class(action, "agent-config");
    open.written.push_back({place, below, whole, instructions});
    if (open.written.size() < kWrittenMax) continue;
    // So many files at once: what they have in common is the workspace at best.
    open.written.push_back({std::string(event.body["cwd"].text_or("/")), true, false, false});
    break;
  }
  if (open.written.empty() && open.removed.empty()) return;
  const std::lock_guard lock(mutex_);
  // What a call fetches and writes in one go is from outside, whatever the session has read before.
  if (untrusted || goes_out(actions)) note_written(open);
  const std::string key = key_of(event);
  if (key.empty()) return;
  if (open_.insert_or_assign(key, std::move(open)).second) order_.push_back(key);
  if (order_.size() <= kOpenMax) return;
  open_.erase(order_.front());
  order_.pop_front();
}

void CarriedFiles::note_written(const Open& open) {
  for (const auto& written : open.written)
    change({.op = written.below ? Change::Op::below : Change::Op::write,
            .path = written.path,
            .session = open.session,
            .seq = open.seq,
            .instructions = written.instructions});
}

void CarriedFiles::came(const std::string& path, bool below, const std::string& root, std::uint64_t seq) {
  if (!path.starts_with('/') || path.size() > flow::kCarriedPathBytesMax) return;
  const std::lock_guard lock(mutex_);
  note_written({root, seq, {{path, below, false, flow::is_instruction_file(path)}}, {}});
}

void CarriedFiles::result(const event::Event& event, bool untrusted, const os::FileView& view) {
  Open open;
  {
    const std::lock_guard lock(mutex_);
    const auto it = open_.find(key_of(event));
    if (it == open_.end()) return;
    open = std::move(it->second);
    std::erase(order_, it->first);
    open_.erase(it);
    if (untrusted) note_written(open);
    if (table_.empty()) return;
  }
  const bool failed = event.data["failed"].bool_or(false) || event.data["not_run"].bool_or(false);
  do_later([this, open = std::move(open), untrusted, failed, view] {
    look_at_files(open, untrusted, failed, view);
  });
}

// Behind the answer: what the files hold now, and which are gone.
void CarriedFiles::look_at_files(const Open& open, bool untrusted, bool failed, const os::FileView& view) {
  for (const auto& written : open.written)
    if (!written.below) look_at_written(open, written, untrusted, failed, view);
  if (!view.is_own()) return;
  for (const auto& path : open.removed) {
    if (os::file_info(path)) continue;
    const std::lock_guard lock(mutex_);
    if (table_.below(path) != nullptr) change({.op = Change::Op::gone, .path = path});
  }
}

void CarriedFiles::look_at_written(const Open& open, const Written& written, bool untrusted, bool failed,
                                   const os::FileView& view) {
  std::string before;
  {
    const std::lock_guard lock(mutex_);
    const auto it = table_.paths().find(written.path);
    if (it == table_.paths().end()) return;  // carries nothing, or all beside it does
    before = it->second.digest;
    // Another session may have written it since.
    if (untrusted && (it->second.session != open.session || it->second.seq != open.seq)) return;
  }
  const auto text = view.read_regular(written.path, kDigestLaterMax);
  const std::string digest = text ? digest_text(sha256(*text)) : std::string();
  const std::lock_guard lock(mutex_);
  if (untrusted) {
    if (text)
      change({.op = Change::Op::content,
              .path = written.path,
              .session = open.session,
              .seq = open.seq,
              .size = text->size(),
              .digest = digest});
  } else if (view.is_own() && written.whole && !failed && text && !before.empty() && digest != before) {
    change({.op = Change::Op::clear, .path = written.path});
  }
}

void CarriedFiles::vouched(const std::vector<CarriedFile>& files, const os::FileView& view) {
  if (!view.is_own()) return;
  for (const auto& file : files) {
    if (file.use != CarriedFile::Use::runs) continue;
    const std::string path = os::resolve_path(file.path);
    const std::string digest = digest_of(path);
    const std::lock_guard lock(mutex_);
    vouch_for(path, digest);
  }
}

void CarriedFiles::vouch_for(const std::string& path, const std::string& digest) {
  change({.op = Change::Op::vouch, .path = path, .digest = digest});
}

std::string CarriedFiles::digest_of(const std::string& path) {
  const auto text = os::FileView().read_regular(path, kDigestLaterMax);
  return text ? digest_text(sha256(*text)) : std::string();
}

Json CarriedFiles::status() const {
  const std::lock_guard lock(mutex_);
  Json out = Json::object({{"paths", static_cast<std::uint64_t>(table_.paths().size())},
                           {"directories", static_cast<std::uint64_t>(table_.directories())},
                           {"contents", static_cast<std::uint64_t>(table_.contents())},
                           {"forgotten_contents", table_.forgotten_contents()},
                           {"horizon", static_cast<std::uint64_t>(flow::kCarriedPathsMax)}});
  if (const std::string& problem = problem_.empty() ? unwritten_ : problem_; !problem.empty())
    out.set("problem", problem);
  return out;
}

}  // namespace weir::daemon
