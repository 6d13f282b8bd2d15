// `weir diff`: what a pod changed, held files apart, with what would run them and when.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <ostream>

#include "base/bytes.h"
#include "base/time_text.h"
#include "changes/change_text.h"
#include "changes/path_text.h"
#include "changes/review.h"
#include "cli/commands.h"
#include "cli/pod_choice.h"
#include "cli/pod_merged.h"

namespace weir::cli {
namespace {

constexpr std::size_t kPathShownMax = 2000;
constexpr std::size_t kTargetShownMax = 400;
constexpr std::size_t kTextBytesMax = std::size_t{256} << 20;  // of all patches together

struct Shown {
  const changes::ReviewedChange* reviewed = nullptr;
  changes::ChangeText text;
  std::string from;  // of a merged pod: whose change it is
};

// Everything that is below the wanted paths. What changes while it is read becomes a problem of its line.
std::vector<Shown> read_all(const changes::OpenPod& open, const changes::Review& review,
                            const changes::MergeRecord& record, const std::vector<std::string>& paths,
                            changes::PatchBytes bytes) {
  std::vector<Shown> out;
  std::size_t total = 0;
  for (const auto& one : review.changes) {
    if (one.implied || !changes::is_below(one.change.path, paths)) continue;
    Shown shown{.reviewed = &one, .text = {}, .from = from_tasks(record, one.change.path)};
    if (total > kTextBytesMax)
      shown.text.note = "not shown: more text than 256 MiB; name fewer paths";
    else if (auto text = changes::change_text(open, one.change, bytes))
      shown.text = *std::move(text);
    else
      shown.text.note = text.error().what;
    total += shown.text.patch.text.size();
    out.push_back(std::move(shown));
  }
  return out;
}

std::string mode_text(const changes::Change& change) {
  return fmt::format("permissions {:03o} -> {:03o}", change.host.node.mode & 0777, change.mode);
}

// What there is to say of a change beside its letter and path.
std::string remarks(const Shown& shown) {
  const changes::Change& change = shown.reviewed->change;
  std::vector<std::string> parts;
  if (change.kind == changes::ChangeKind::retyped)
    parts.push_back(std::string(changes::name(change.host.node.kind)) + " -> " +
                    std::string(changes::name(change.pod.node.kind)));
  if (change.pod.node.kind == changes::NodeKind::symlink)
    parts.push_back("link to " + printable(change.pod.target, kTargetShownMax));
  const bool same_kind =
      change.kind == changes::ChangeKind::modified || change.kind == changes::ChangeKind::mode;
  if (same_kind && change.pod.node.kind != changes::NodeKind::symlink &&
      change.mode != (change.host.node.mode & 0777))
    parts.push_back(mode_text(change));
  const changes::Patch& patch = shown.text.patch;
  if (patch.binary)
    parts.push_back("binary, " + changes::size_text(change.pod.node.kind == changes::NodeKind::file
                                                        ? change.pod.node
                                                        : change.host.node));
  if (patch.added + patch.removed > 0) parts.push_back(fmt::format("+{} -{}", patch.added, patch.removed));
  if (patch.escaped) parts.emplace_back("control characters are shown escaped; --patch has the bytes");
  if (!shown.text.note.empty()) parts.push_back(shown.text.note);
  for (const auto& note : change.notes)
    parts.push_back(note);
  if (!shown.from.empty()) parts.push_back("by " + shown.from);
  return fmt::format("{}", fmt::join(parts, "; "));
}

void print_line(const Shown& shown, Context& context) {
  const changes::Change& change = shown.reviewed->change;
  const bool directory =
      change.pod.node.kind == changes::NodeKind::directory ||
      (change.kind == changes::ChangeKind::deleted && change.host.node.kind == changes::NodeKind::directory);
  const std::string said = remarks(shown);
  context.out << " " << changes::letter(change.kind) << " " << printable(change.path, kPathShownMax)
              << (directory ? "/" : "") << (said.empty() ? "" : "  " + context.style.dim(said)) << "\n";
  if (!change.problem.empty())
    context.out << "     " << context.style.red("cannot be committed: ") << printable(change.problem) << "\n";
  if (!shown.reviewed->conflict.empty())
    context.out << "     " << context.style.yellow("conflict: ") << shown.reviewed->conflict << "\n";
  for (const auto& reason : shown.reviewed->held)
    context.out << "     " << printable(reason.runs) << "  " << context.style.dim("(" + reason.id + ")")
                << "\n";
}

std::string colored(std::string_view line, const Style& style) {
  if (!style.on()) return std::string(line);
  if (line.starts_with("+++ ") || line.starts_with("--- ") || line.starts_with("diff "))
    return style.bold(line);
  if (line.starts_with("@@")) return style.cyan(line);
  if (line.starts_with('+')) return style.green(line);
  if (line.starts_with('-')) return style.red(line);
  return std::string(line);
}

void print_patch(const changes::Patch& patch, Context& context) {
  std::string_view rest = patch.text;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    context.out << colored(rest.substr(0, end), context.style) << "\n";
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

template <class Which>
std::size_t print_group(const std::vector<Shown>& all, std::string_view title, bool patches, Context& context,
                        const Which& which) {
  std::size_t count = 0;
  for (const auto& shown : all) {
    if (!which(*shown.reviewed)) continue;
    if (count++ == 0 && !title.empty()) context.out << "\n" << context.style.bold(title) << "\n";
    print_line(shown, context);
  }
  if (!patches || count == 0) return count;
  context.out << "\n";
  for (const auto& shown : all)
    if (which(*shown.reviewed)) print_patch(shown.text.patch, context);
  return count;
}

void print_text(const changes::Review& review, const std::vector<Shown>& all, bool patches,
                Context& context) {
  if (all.empty()) context.out << "no changes\n";
  const std::size_t free_ones =
      print_group(all, "", patches, context, [](const auto& one) { return one.held.empty(); });
  const std::size_t held =
      print_group(all, "held for review: something would run these; commit them by name, --held PATH",
                  patches, context, [](const auto& one) { return !one.held.empty(); });
  if (context.quiet || all.empty()) return;
  const auto conflicts =
      std::count_if(all.begin(), all.end(), [](const auto& one) { return !one.reviewed->conflict.empty(); });
  context.out << fmt::format("\n{}, {} held, {} in conflict", counted_changes(free_ones + held), held,
                             conflicts)
              << (review.discarded == 0 ? "" : fmt::format(", {} discarded", review.discarded)) << "\n";
}

Json side_json(const changes::Side& side) {
  Json json = Json::object({{"type", changes::name(side.node.kind)}});
  const bool there =
      side.node.kind != changes::NodeKind::none && side.node.kind != changes::NodeKind::whiteout;
  if (there && side.node.kind != changes::NodeKind::symlink)
    json.set("mode", fmt::format("{:04o}", side.node.mode));
  if (side.node.kind == changes::NodeKind::file) {
    json.set("size", side.node.size).set("disk_bytes", side.node.disk_bytes);
    if (!side.content.empty()) json.set("content", side.content);
  }
  if (side.node.kind == changes::NodeKind::symlink) changes::set_path(json, "target", side.target);
  return json;
}

Json change_json(const Shown& shown, const changes::MergeRecord& record) {
  const changes::ReviewedChange& one = *shown.reviewed;
  Json json = Json::object({{"change", changes::name(one.change.kind)},
                            {"host", side_json(one.change.host)},
                            {"pod", side_json(one.change.pod)}});
  changes::set_path(json, "path", one.change.path);
  Json held = Json::array();
  for (const auto& reason : one.held)
    held.push(Json::object({{"id", reason.id}, {"runs", reason.runs}}));
  json.set("held", std::move(held));
  if (!one.conflict.empty()) json.set("conflict", one.conflict);
  if (!one.change.problem.empty()) json.set("problem", one.change.problem);
  if (!one.change.notes.empty()) json.set("notes", Json::strings(one.change.notes));
  if (!shown.text.note.empty()) json.set("note", shown.text.note);
  if (!shown.from.empty()) json.set("from", from_json(record, one.change.path));
  json.set("binary", shown.text.patch.binary)
      .set("lines_added", static_cast<std::int64_t>(shown.text.patch.added))
      .set("lines_removed", static_cast<std::int64_t>(shown.text.patch.removed));
  if (one.change.kind != changes::ChangeKind::deleted && one.change.problem.empty() &&
      one.change.pod.node.kind != changes::NodeKind::symlink)
    json.set("commit_mode", fmt::format("{:04o}", one.change.mode));
  return json;
}

Json all_json(const changes::PodStore& store, const changes::Pod& pod, bool running,
              const changes::Review& review, const std::vector<Shown>& all,
              const changes::MergeRecord& record, const std::vector<changes::MergeConflict>& conflicts) {
  Json list = Json::array();
  for (const auto& shown : all)
    list.push(change_json(shown, record));
  Json json = Json::object({{"pod", pod.id},
                            {"started", rfc3339(pod.started_ns)},
                            {"profile", pod.profile},
                            {"running", running},
                            {"commit_interrupted", store.commit_interrupted(pod)},
                            {"changes", std::move(list)},
                            {"discarded", static_cast<std::int64_t>(review.discarded)}});
  changes::set_path(json, "workspace", pod.workspace);
  if (!pod.batch.empty())
    json.set("batch", pod.batch).set("disagreements", conflicts_json(record, conflicts));
  return json;
}

std::string why_not_in_patch(const Shown& shown) {
  if (!shown.reviewed->held.empty()) return "held for review";
  if (!shown.reviewed->change.problem.empty()) return shown.reviewed->change.problem;
  if (!shown.reviewed->conflict.empty()) return "conflict: " + shown.reviewed->conflict;
  return shown.text.patch.binary ? "binary" : shown.text.note;
}

Status print_raw(const std::vector<Shown>& all, Context& context) {
  if (&context.out == &std::cout && ::isatty(STDOUT_FILENO) != 0)
    return fail("--patch prints the pod's bytes as they are, which a terminal would obey", {},
                "redirect it: `weir diff --patch > pod.patch`");
  for (const auto& shown : all) {
    const std::string why = why_not_in_patch(shown);
    if (why.empty())
      context.out << shown.text.patch.text;
    else
      context.err << "weir: left out: " << printable(shown.reviewed->change.path, kPathShownMax) << ": "
                  << why << "\n";
  }
  return {};
}

Result<int> diff(const Args& args, Context& context) {
  const bool raw = args.has("--patch");
  if (raw && (context.json || args.has("--stat")))
    return fail(
        std::string("--patch is printed alone: it goes not with ") + (context.json ? "--json" : "--stat"), {},
        "give one of them");
  TRY(const auto pod, chosen_pod(args, context));
  TRY(const auto paths, paths_in(pod, args.positionals()));
  TRY(const auto catalogue, held_catalogue());
  const auto store = pod_store(context);
  const bool running = store.running(pod);
  TRY(const auto open, changes::OpenPod::open(store, pod));
  TRY(const auto review, changes::make_review(open, catalogue));
  TRY(const auto record, changes::read_merge_record(store, pod));
  const auto conflicts = changes::open_conflicts(record, open, paths);
  const auto unknown = without_conflicts(changes::without_change(review, paths), conflicts);
  tell_pod(store, pod, context);
  if (!paths.empty() && unknown.size() == paths.size() && !context.json)
    return tell_without_change(unknown, exit_code::kFine, context);
  const auto all =
      read_all(open, review, record, paths, raw ? changes::PatchBytes::raw : changes::PatchBytes::escaped);
  if (raw) {
    TRY_STATUS(print_raw(all, context));
  } else if (context.json) {
    context.out << compact(all_json(store, pod, running, review, all, record, conflicts)) << "\n";
  } else {
    print_text(review, all, !args.has("--stat"), context);
    print_conflicts(record, conflicts, context);
  }
  TRY_STATUS(changes::remember_shown(open, review, paths));
  return tell_without_change(unknown, exit_code::kFine, context);
}

}  // namespace

CommandSpec diff_command() {
  return {
      .name = "diff",
      .summary = "Show what a pod changed",
      .description =
          "Compares what the agent left in the pod with the workspace as it is now. Files that something "
          "would run later (git hooks, agents' settings, build scripts, CI ...) are shown apart, with what "
          "would run them and when. What was shown is remembered: commit refuses what changed since, and "
          "what was not shown. Exit 2 "
          "when a PATH names no change.",
      .options = {pod_option(),
                  batch_option(),
                  {"--stat", "", "only the list, no text"},
                  {"--patch", "",
                   "only a patch for `git apply`, byte for byte; held files and conflicts are left out"}},
      .positionals = {{"PATHS", "files or directories; default: everything", false, true}},
      .takes_rest = false,
      .examples = {{"weir diff", "everything the last pod of this workspace changed"},
                   {"weir diff --stat src", "what changed below src, as a list"},
                   {"weir diff --batch last", "everything that the pods of the last batch changed, merged"},
                   {"weir diff --patch > pod.patch", "as a patch"}},
      .run = [](const Args& args, Context& context) {
        const auto code = diff(args, context);
        return code ? *code : report(code.error(), context);
      }};
}

}  // namespace weir::cli
