// `weir commit` and `weir discard`: what a pod changed comes to the host, or goes.
#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <set>

#include "base/bytes.h"
#include "changes/commit.h"
#include "changes/path_text.h"
#include "cli/commands.h"
#include "cli/pod_choice.h"
#include "cli/pod_merged.h"

namespace weir::cli {
namespace {

constexpr std::size_t kPathShownMax = 2000;

// Counts and the catalogue's own ids: no path and no content leaves for the ledger.
Json commit_facts(const changes::Pod& pod, const changes::CommitReport& report) {
  std::set<std::string> ids;
  std::int64_t deleted = 0;
  std::int64_t forced = 0;
  for (const auto& one : report.paths) {
    if (one.result != changes::CommitResult::done) continue;
    deleted += one.kind == changes::ChangeKind::deleted ? 1 : 0;
    forced += one.forced ? 1 : 0;
    for (const auto& reason : one.held)
      ids.insert(reason.id);
  }
  const auto count = [&](changes::CommitResult result) {
    return static_cast<std::int64_t>(report.count(result));
  };
  return Json::object({{"pod", pod.id},
                       {"written", count(changes::CommitResult::done) - deleted},
                       {"deleted", deleted},
                       {"forced", forced},
                       {"held_committed", Json::strings({ids.begin(), ids.end()})},
                       {"held_left", count(changes::CommitResult::held)},
                       {"conflicts", count(changes::CommitResult::conflict)},
                       {"refused", count(changes::CommitResult::refused)}});
}

// What to say of the ledger: nothing was there to record, it is recorded, or why not.
struct Recorded {
  bool done = false;
  std::string why_not;
};

Recorded recorded_in_ledger(const Context& context, std::string_view what, const Json& facts) {
  std::string why_not = record_in_ledger(context, what, facts);
  return {.done = why_not.empty(), .why_not = std::move(why_not)};
}

Json report_json(const changes::Pod& pod, const changes::CommitReport& report, const Recorded& recorded) {
  Json list = Json::array();
  for (const auto& one : report.paths) {
    Json json = Json::object({{"change", changes::name(one.kind)}, {"result", changes::name(one.result)}});
    changes::set_path(json, "path", one.path);
    if (!one.why.empty()) json.set("why", one.why);
    Json held = Json::array();
    for (const auto& reason : one.held)
      held.push(Json::object({{"id", reason.id}, {"runs", reason.runs}}));
    json.set("held", std::move(held));
    if (one.forced) json.set("forced", true);
    list.push(std::move(json));
  }
  for (const auto& path : report.unknown) {
    Json json = Json::object({{"result", changes::name(changes::CommitResult::refused)},
                              {"why", "no change has this path"},
                              {"held", Json::array()}});
    changes::set_path(json, "path", path);
    list.push(std::move(json));
  }
  return Json::object({{"pod", pod.id},
                       {"paths", std::move(list)},
                       {"complete", report.complete()},
                       {"resumed", report.resumed},
                       {"recorded", recorded.done}});
}

void print_left(const changes::CommitReport& report, changes::CommitResult which, std::string_view title,
                Context& context) {
  if (report.count(which) == 0) return;
  context.out << "\n" << context.style.bold(title) << "\n";
  for (const auto& one : report.paths) {
    if (one.result != which) continue;
    context.out << " " << changes::letter(one.kind) << " " << printable(one.path, kPathShownMax);
    if (which != changes::CommitResult::held || one.held.empty()) context.out << ": " << printable(one.why);
    context.out << "\n";
    if (which != changes::CommitResult::held) continue;
    for (const auto& reason : one.held)
      context.out << "     " << printable(reason.runs) << "\n";
  }
}

void print_report(const changes::CommitReport& report, const Recorded& recorded, Context& context) {
  if (report.resumed && !context.quiet) context.out << "finishing an interrupted commit\n";
  for (const auto& one : report.paths)
    if (one.result == changes::CommitResult::done)
      context.out << " " << changes::letter(one.kind) << " " << printable(one.path, kPathShownMax) << "\n";
  print_left(report, changes::CommitResult::held, "held for review, not committed (name them: --held PATH)",
             context);
  print_left(report, changes::CommitResult::conflict,
             "in conflict, not committed (look with `weir diff`; --force PATH takes the pod's)", context);
  print_left(report, changes::CommitResult::refused, "not committed", context);
  if (context.quiet) return;
  if (report.paths.empty() && report.unknown.empty()) context.out << "nothing to commit\n";
  if (!report.paths.empty())
    context.out << fmt::format(
        "\n{} committed, {} held, {} in conflict, {} refused\n", report.count(changes::CommitResult::done),
        report.count(changes::CommitResult::held), report.count(changes::CommitResult::conflict),
        report.count(changes::CommitResult::refused));
  if (!recorded.why_not.empty()) context.err << "weir: " << recorded.why_not << "\n";
}

// Of a merged pod: what nobody has settled, of all that was asked for.
struct Disagreements {
  changes::MergeRecord record;
  std::vector<changes::MergeConflict> conflicts;
};

Result<Disagreements> disagreements(const changes::PodStore& store, const changes::Pod& pod,
                                    const changes::CommitRequest& request) {
  Disagreements out;
  TRY(out.record, changes::read_merge_record(store, pod));
  if (out.record.conflicts.empty()) return out;
  std::vector<std::string> paths = request.paths;
  paths.insert(paths.end(), request.held.begin(), request.held.end());
  paths.insert(paths.end(), request.force.begin(), request.force.end());
  TRY(const auto open, changes::OpenPod::open(store, pod));
  out.conflicts = changes::open_conflicts(out.record, open, paths);
  return out;
}

Result<int> commit(const Args& args, Context& context) {
  TRY(const auto pod, chosen_pod(args, context));
  changes::CommitRequest request;
  TRY(request.paths, paths_in(pod, args.positionals()));
  TRY(request.held, paths_in(pod, args.values("--held")));
  TRY(request.force, paths_in(pod, args.values("--force")));
  TRY(const auto catalogue, held_catalogue());
  tell_pod(pod_store(context), pod, context);
  TRY(auto report, changes::commit(pod_store(context), pod, catalogue, request));
  TRY(const auto disagree, disagreements(pod_store(context), pod, request));
  report.unknown = without_conflicts(report.unknown, disagree.conflicts);
  Recorded recorded;
  if (report.count(changes::CommitResult::done) > 0)
    recorded = recorded_in_ledger(context, "committed", commit_facts(pod, report));
  if (context.json) {
    Json json = report_json(pod, report, recorded);
    if (!pod.batch.empty())
      json.set("batch", pod.batch).set("disagreements", conflicts_json(disagree.record, disagree.conflicts));
    context.out << compact(json) << "\n";
  } else {
    print_report(report, recorded, context);
    print_conflicts(disagree.record, disagree.conflicts, context);
  }
  const bool complete = report.complete() && disagree.conflicts.empty();
  return tell_without_change(report.unknown, complete ? exit_code::kFine : exit_code::kFindings, context);
}

// --- discard ----------------------------------------------------------------------------------------------

int discarded(const std::string& id, std::size_t changes, bool removed, const Recorded& recorded,
              Context& context) {
  if (context.json)
    context.out << compact(Json::object({{"pod", id},
                                         {"discarded", static_cast<std::int64_t>(changes)},
                                         {"removed", removed},
                                         {"recorded", recorded.done}}))
                << "\n";
  else if (!context.quiet && removed)
    context.out << "pod " << id << " is removed with all that was not committed\n";
  else if (!context.quiet)
    context.out << counted_changes(changes) << " put aside: not shown or committed any more\n";
  if (!context.json && !context.quiet && !recorded.why_not.empty())
    context.err << "weir: " << recorded.why_not << "\n";
  return exit_code::kFine;
}

Result<int> discard_pod(const changes::PodStore& store, const changes::Pod& pod, Context& context) {
  {
    TRY(const os::Fd lock, store.lock(pod));
    // A workspace that is gone needs no tidying; the pod goes all the same.
    if (const auto open = changes::OpenPod::open(store, pod)) TRY_STATUS(changes::clear_leftovers(*open));
    TRY_STATUS(store.remove(pod));
  }
  return discarded(pod.id, 0, true,
                   recorded_in_ledger(context, "discarded", Json::object({{"pod", pod.id}, {"whole", true}})),
                   context);
}

Result<int> discard_batch(const changes::PodStore& store, const changes::Batch& batch, Context& context) {
  const auto batches = batch_store(context);
  TRY(const os::Fd held, batches.lock(batch));
  TRY_STATUS(changes::remove_batch(store, batches, batch));
  const auto recorded =
      recorded_in_ledger(context, "discarded", Json::object({{"pod", batch.id}, {"whole", true}}));
  if (context.json)
    context.out << compact(
                       Json::object({{"batch", batch.id}, {"removed", true}, {"recorded", recorded.done}}))
                << "\n";
  else if (!context.quiet)
    context.out << "batch " << batch.id << " is removed with all its pods and what was not committed\n";
  if (!context.json && !context.quiet && !recorded.why_not.empty())
    context.err << "weir: " << recorded.why_not << "\n";
  return exit_code::kFine;
}

Result<int> discard(const Args& args, Context& context) {
  const auto store = pod_store(context);
  if (const auto id = args.value("--pod"); id && args.positionals().empty()) {
    TRY(const auto damaged, store.damaged());
    TRY(const auto ids, ids_beginning(store, *id));
    if (ids.size() == 1 && std::find(damaged.begin(), damaged.end(), ids[0]) != damaged.end()) {
      TRY_STATUS(store.remove_id(ids[0]));
      return discarded(ids[0], 0, true, {}, context);
    }
  }
  TRY(const auto batch, chosen_batch(args, context));
  if (batch && args.positionals().empty()) return discard_batch(store, *batch, context);
  TRY(const auto pod, chosen_pod(args, context));
  tell_pod(store, pod, context);
  if (args.positionals().empty()) return discard_pod(store, pod, context);
  TRY(const auto paths, paths_in(pod, args.positionals()));
  TRY(const auto catalogue, held_catalogue());
  TRY(const os::Fd lock, store.lock(pod));
  TRY(const auto open, changes::OpenPod::open(store, pod));
  TRY(const auto review, changes::make_review(open, catalogue));
  TRY(const std::size_t count, changes::discard_paths(open, review, paths));
  const auto unknown = changes::without_change(review, paths);
  if (count == 0) return tell_without_change(unknown, exit_code::kFine, context);
  const Json facts =
      Json::object({{"pod", pod.id}, {"whole", false}, {"changes", static_cast<std::int64_t>(count)}});
  const int code = discarded(pod.id, count, false, recorded_in_ledger(context, "discarded", facts), context);
  return tell_without_change(unknown, code, context);
}

}  // namespace

CommandSpec commit_command() {
  return {
      .name = "commit",
      .summary = "Bring what a pod changed to the host",
      .description =
          "Each file is replaced whole or not at all; an interrupted commit is finished by the next one. "
          "Held files, files that the host changed too, and what changed after the last `weir diff` are left "
          "unless they are named. Exit 1 when something asked for was not committed, 2 when a PATH names no "
          "change.",
      .options = {pod_option(),
                  batch_option(),
                  {"--held", "PATH", "commit this held file, or all held ones below this directory: reviewed",
                   true},
                  {"--force", "PATH", "take the pod's although the host changed it too", true}},
      .positionals = {{"PATHS",
                       "files or directories; default: everything, unless --held or --force name some", false,
                       true}},
      .takes_rest = false,
      .examples = {{"weir commit", "everything but held files and conflicts"},
                   {"weir commit src docs/guide.md", "only these"},
                   {"weir commit --held package.json --held Makefile", "two held files, reviewed"},
                   {"weir commit --batch last", "what all pods of the last batch changed, merged"},
                   {"weir commit --force src/main.c", "the pod's version of it"}},
      .run = [](const Args& args, Context& context) {
        const auto code = commit(args, context);
        return code ? *code : report(code.error(), context);
      }};
}

CommandSpec discard_command() {
  return {
      .name = "discard",
      .summary = "Throw away what a pod changed",
      .description =
          "Without PATHS the pod is removed with everything that was not committed. With PATHS these changes "
          "are put aside; the rest stays for review.",
      .options = {pod_option(), batch_option()},
      .positionals = {{"PATHS", "files or directories; default: the whole pod", false, true}},
      .takes_rest = false,
      .examples = {{"weir discard", "the last pod of this workspace is removed"},
                   {"weir discard --batch last", "the last batch, with all its pods"},
                   {"weir discard node_modules", "only that"}},
      .run = [](const Args& args, Context& context) {
        const auto code = discard(args, context);
        return code ? *code : report(code.error(), context);
      }};
}

}  // namespace weir::cli
