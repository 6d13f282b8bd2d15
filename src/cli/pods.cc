// `weir pods`: which pods have changes that are neither committed nor discarded.
#include <ostream>

#include "base/bytes.h"
#include "base/time_text.h"
#include "changes/path_text.h"
#include "cli/commands.h"
#include "cli/pod_choice.h"

namespace weir::cli {
namespace {

Json pod_json(const changes::PodStore& store, const changes::Pod& pod) {
  Json json = Json::object({{"id", pod.id},
                            {"started", rfc3339(pod.started_ns)},
                            {"profile", pod.profile},
                            {"running", store.running(pod)},
                            {"commit_interrupted", store.commit_interrupted(pod)}});
  if (!pod.from.empty()) json.set("from", pod.from);
  if (!pod.batch.empty()) json.set("batch", pod.batch);
  changes::set_path(json, "workspace", pod.workspace);
  return json;
}

Result<int> pods(Context& context) {
  const auto store = pod_store(context);
  TRY(const auto list, store.list());
  TRY(const auto damaged, store.damaged());
  if (context.json) {
    Json all = Json::array();
    for (const auto& one : list)
      all.push(pod_json(store, one));
    context.out << compact(Json::object({{"pods", std::move(all)}, {"damaged", Json::strings(damaged)}}))
                << "\n";
    return exit_code::kFine;
  }
  for (const auto& one : list) {
    context.out << context.style.bold(one.id) << "  " << rfc3339(one.started_ns).substr(0, 19) << "Z  "
                << (store.running(one) ? "running  " : "ended    ") << printable(one.workspace, 400)
                << (one.profile.empty() ? "" : "  " + context.style.dim(printable(one.profile, 80))) << "\n";
    if (!one.batch.empty()) context.out << "  all pods of batch " << one.batch << ", merged\n";
    if (!one.from.empty()) context.out << "  from " << one.from << "\n";
    // While one is under way its journal is no sign of anything.
    if (store.commit_interrupted(one) && !store.running(one)) context.out << "  " << kInterrupted << "\n";
  }
  for (const auto& id : damaged)
    context.out << id << "  its record cannot be read; `weir discard --pod " << id << "` removes it\n";
  if (list.empty() && damaged.empty() && !context.quiet) context.out << "no pods\n";
  return exit_code::kFine;
}

}  // namespace

CommandSpec pods_command() {
  return {.name = "pods",
          .summary = "List the pods whose changes are kept",
          .description = "A pod stays until `weir discard` removes it.",
          .options = {},
          .positionals = {},
          .takes_rest = false,
          .examples = {{"weir pods", "all of this person's"}, {"weir pods --json", "for scripts"}},
          .run = [](const Args&, Context& context) {
            const auto code = pods(context);
            return code ? *code : report(code.error(), context);
          }};
}

}  // namespace weir::cli
