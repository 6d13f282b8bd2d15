#include "daemon/scan_state.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/limits.h"
#include "daemon/scan_totals.h"
#include "os/files.h"

namespace weir::daemon {
namespace {

constexpr std::size_t kStateBytesMax = 512 * limits::kMiB;
constexpr std::size_t kFindingsMax = 200'000;  // kept; a tree with more of them is read again
constexpr std::int64_t kVersion = 1;

std::uint64_t number(const Json& json, std::string_view name) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(json[name].int_or(0), 0));
}

Json finding_to_json(const ScanFinding& f) {
  Json policies = Json::array();
  for (const auto& hit : f.policies)
    policies.push(Json::object({{"id", hit.policy}, {"class", hit.evidence_class}}));
  return Json::object({{"file", f.file},
                       {"line", f.line},
                       {"agent", f.agent},
                       {"session", f.session},
                       {"tool", f.tool},
                       {"tool_use_id", f.tool_use_id},
                       {"time", f.time},
                       {"verdict", event::name(f.verdict)},
                       {"policies", std::move(policies)},
                       {"reason", f.reason},
                       {"severity", f.severity},
                       {"text", f.text},
                       {"same", std::to_string(f.same)}});
}

ScanFinding finding_from(const Json& json) {
  ScanFinding f;
  f.file = json["file"].text_or("");
  f.line = number(json, "line");
  f.agent = json["agent"].text_or("");
  f.session = json["session"].text_or("");
  f.tool = json["tool"].text_or("");
  f.tool_use_id = json["tool_use_id"].text_or("");
  f.time = json["time"].text_or("");
  f.verdict = event::verdict_from(json["verdict"].text_or("")).value_or(event::Verdict::deny);
  f.reason = json["reason"].text_or("");
  f.severity = json["severity"].text_or("medium");
  f.text = json["text"].text_or("");
  f.same = 0;
  for (const char digit : json["same"].text_or(""))
    if (digit >= '0' && digit <= '9') f.same = f.same * 10 + static_cast<std::uint64_t>(digit - '0');
  if (json["policies"].is_array())
    for (const auto& hit : json["policies"].as_array())
      f.policies.push_back({.policy = std::string(hit["id"].text_or("")),
                            .verdict = f.verdict,
                            .mode = "enforce",
                            .reason = f.reason,
                            .severity = f.severity,
                            .evidence_class = std::string(hit["class"].text_or("")),
                            .error = "",
                            .action = 0});
  return f;
}

}  // namespace

ScanState::Stamp ScanState::stamp_of(const std::string& file) {
  const auto info = os::file_info(file);
  return info ? Stamp{info->size, info->inode, info->mtime_ns} : Stamp{};
}

Result<ScanState> ScanState::load(const std::string& file, const std::string& key) {
  ScanState state;
  state.file_ = file;
  state.key_ = key;
  const auto text = os::read_file(file, kStateBytesMax);
  if (!text && text.error().code == ErrorCode::not_found) return state;
  if (!text) return std::unexpected(text.error());
  bool first = true;
  for (const auto line : split(*text, '\n')) {
    if (trim(line).empty()) continue;
    const auto json = parse_json(line);
    const bool is_head = json && (*json)["weir_scan"].int_or(0) == kVersion;
    if (!json || (first && !is_head))
      return fail("this is not the state of a scan", file, "give another file to --resume, or remove it");
    if (first && (*json)["key"].text_or("") != key) return state;
    if (!first) TRY_STATUS(state.read_tree(*json));
    first = false;
  }
  return state;
}

Status ScanState::read_tree(const Json& json) {
  const std::string root(json["tree"].text_or(""));
  if (root.empty() || !json["files"].is_array() || !json["findings"].is_array())
    return fail("this is not the state of a scan", file_, "give another file to --resume, or remove it");
  Tree& tree = trees_[root];
  for (const auto& file : json["files"].as_array())
    tree.files[std::string(file["path"].text_or(""))] = {number(file, "size"), number(file, "inode"),
                                                         file["mtime_ns"].int_or(0)};
  tree.totals = totals_from(json["totals"]);
  for (const auto& finding : json["findings"].as_array())
    tree.findings.push_back(finding_from(finding));
  return {};
}

ScanState::Kept ScanState::keep(const std::vector<std::string>& files) {
  std::map<std::string, Tree> now;
  for (const auto& file : files) {
    const std::string root = transcript_root(file).value_or("file:" + file);
    roots_[file] = root;
    Tree& tree = now[root];
    tree.files[file] = stamp_of(file);
    ++tree.open;
  }
  Kept kept;
  for (auto& [root, tree] : now) {
    const auto before = trees_.find(root);
    if (before == trees_.end() || before->second.files != tree.files) continue;
    tree = std::move(before->second);
    kept.files += tree.files.size();
    kept.totals += tree.totals;
    kept.findings.insert(kept.findings.end(), tree.findings.begin(), tree.findings.end());
  }
  trees_ = std::move(now);
  findings_ = kept.findings.size();
  for (const auto& file : files)
    if (trees_[roots_[file]].open > 0) kept.to_read.push_back(file);
  return kept;
}

void ScanState::found(const ScanFinding& finding) {
  const auto root = roots_.find(finding.file);
  if (root == roots_.end()) return;
  Tree& tree = trees_[root->second];
  if (findings_ >= kFindingsMax)
    ++tree.open;  // it will never count as finished
  else
    tree.findings.push_back(finding);
  ++findings_;
}

void ScanState::finished(const std::string& file, const ScanTotals& totals) {
  const auto root = roots_.find(file);
  if (root == roots_.end()) return;
  Tree& tree = trees_[root->second];
  if (tree.open > 0) --tree.open;
  tree.totals += totals;
}

Json ScanState::tree_json(const std::string& root, const Tree& tree) {
  Json files = Json::array();
  for (const auto& [path, stamp] : tree.files)
    files.push(Json::object(
        {{"path", path}, {"size", stamp.size}, {"inode", stamp.inode}, {"mtime_ns", stamp.mtime_ns}}));
  Json findings = Json::array();
  for (const auto& finding : tree.findings)
    findings.push(finding_to_json(finding));
  return Json::object({{"tree", root},
                       {"files", std::move(files)},
                       {"totals", to_json(tree.totals)},
                       {"findings", std::move(findings)}});
}

Status ScanState::save() const {
  std::string text = compact(Json::object({{"weir_scan", kVersion}, {"key", key_}})) + "\n";
  for (const auto& [root, tree] : trees_)
    if (tree.open == 0) text += compact(tree_json(root, tree)) + "\n";
  return os::write_file_atomic(file_, text, 0600, os::Durability::none);
}

}  // namespace weir::daemon
