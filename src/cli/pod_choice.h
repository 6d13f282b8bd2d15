// What `weir diff`, `commit`, `discard` and `pods` share: which pod is meant, which paths, which catalogue.
#pragma once

#include <string>
#include <vector>

#include "cli/cli.h"
#include "pod/batch_store.h"
#include "pod/held.h"
#include "pod/pod_store.h"

namespace weir::cli {

inline pod::PodStore pod_store(const Context& context) {
  return pod::PodStore(context.places.state + "/pods");
}

inline pod::BatchStore batch_store(const Context& context) {
  return pod::BatchStore(context.places.state + "/batches");
}

// --batch ID, the beginning of one, or `last`: the merged pod of a batch, made now if there is none yet.
// --pod ID (or the beginning of one, where only one pod begins so), or the last pod of the workspace that the
// current directory lies in. Error `not_found` when there is none.
Result<pod::Pod> chosen_pod(const Args& args, const Context& context);
Option pod_option();
Option batch_option();
// The batch that --batch names; none without it.
Result<std::optional<pod::Batch>> chosen_batch(const Args& args, const Context& context);

// What --from names, of the workspace when it is `last`; none without it. Error `not_found`.
Result<std::optional<pod::Pod>> pod_to_begin_with(const Args& args, const Context& context,
                                                  const std::string& workspace);

// Paths as a person gives them (from the current directory, or absolute) as paths of the workspace. Links are
// not followed: the name counts. Error `invalid` for what lies outside.
Result<std::vector<std::string>> paths_in(const pod::Pod& pod, const std::vector<std::string>& given);

// content/held/catalogue.yaml.
Result<pod::HeldCatalogue> held_catalogue();

// Asks the daemon to record it in the ledger; "" or why it is not there, for people.
// `subject`: "pod" or "credential".
std::string record_in_ledger(const Context& context, std::string_view what, const Json& facts,
                             std::string_view subject = "pod");

// The ids, also of pods whose record cannot be read, that `text` is the beginning of, or itself.
Result<std::vector<std::string>> ids_beginning(const pod::PodStore& store, std::string_view text);

// Says on standard error which pod a command acts on, and that a commit of it was cut off: an older one
// should be no surprise.
void tell_pod(const pod::PodStore& store, const pod::Pod& pod, Context& context);
inline constexpr std::string_view kInterrupted =
    "a commit of this pod was interrupted: `weir commit` finishes it, `weir discard` drops it";

// One line for each path that names no change; the exit code of a command that was given some.
int tell_without_change(const std::vector<std::string>& paths, int otherwise, Context& context);

// "1 change", "2 changes".
std::string counted_changes(std::size_t count);

// "pod 0199… of /home/ann/project, started 2026-11-22T…" for the head of a text.
std::string pod_line(const pod::Pod& pod, bool running);

}  // namespace weir::cli
