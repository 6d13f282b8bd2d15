// What `weir diff`, `commit`, `discard` and `pods` share: which pod is meant, which paths, which catalogue.
#pragma once

#include <string>
#include <vector>

#include "changes/batch_store.h"
#include "changes/held.h"
#include "changes/pod_store.h"
#include "cli/cli.h"

namespace weir::cli {

inline changes::PodStore pod_store(const Context& context) {
  return changes::PodStore(context.places.state + "/pods");
}

inline changes::BatchStore batch_store(const Context& context) {
  return changes::BatchStore(context.places.state + "/batches");
}

// --batch ID, the beginning of one, or `last`: the merged pod of a batch, made now if there is none yet.
// --pod ID (or the beginning of one, where only one pod begins so), or the last pod of the workspace that the
// current directory lies in. Error `not_found` when there is none.
Result<changes::Pod> chosen_pod(const Args& args, const Context& context);
Option pod_option();
Option batch_option();
// The batch that --batch names; none without it.
Result<std::optional<changes::Batch>> chosen_batch(const Args& args, const Context& context);

// What --from names, of the workspace when it is `last`; none without it. Error `not_found`.
Result<std::optional<changes::Pod>> pod_to_begin_with(const Args& args, const Context& context,
                                                      const std::string& workspace);

// Paths as a person gives them (from the current directory, or absolute) as paths of the workspace. Links are
// not followed: the name counts. Error `invalid` for what lies outside.
Result<std::vector<std::string>> paths_in(const changes::Pod& pod, const std::vector<std::string>& given);

// content/held/catalogue.yaml.
Result<changes::HeldCatalogue> held_catalogue();

// Asks the daemon to record it in the ledger; "" or why it is not there, for people.
// `subject`: "pod" or "credential".
std::string record_in_ledger(const Context& context, std::string_view what, const Json& facts,
                             std::string_view subject = "pod");

// The ids, also of pods whose record cannot be read, that `text` is the beginning of, or itself.
Result<std::vector<std::string>> ids_beginning(const changes::PodStore& store, std::string_view text);

// Says on standard error which pod a command acts on, and that a commit of it was cut off: an older one
// should be no surprise.
void tell_pod(const changes::PodStore& store, const changes::Pod& pod, Context& context);
inline constexpr std::string_view kInterrupted =
    "a commit of this pod was interrupted: `weir commit` finishes it, `weir discard` drops it";

// One line for each path that names no change; the exit code of a command that was given some.
int tell_without_change(const std::vector<std::string>& paths, int otherwise, Context& context);

// "1 change", "2 changes".
std::string counted_changes(std::size_t count);

// "pod 0199… of /home/ann/project, started 2026-11-22T…" for the head of a text.
std::string pod_line(const changes::Pod& pod, bool running);

}  // namespace weir::cli
