#include "cli/pod_choice.h"

#include <filesystem>

#include "base/bytes.h"
#include "base/time_text.h"
#include "changes/batch_merge.h"
#include "content.h"
#include "net/local_client.h"
#include "os/files.h"

namespace weir::cli {
namespace {

constexpr std::string_view kCatalogue = "held/catalogue.yaml";
constexpr int kConnectMs = 500;
constexpr int kAnswerMs = 15'000;

std::string current_directory() {
  std::error_code error;
  const auto here = std::filesystem::current_path(error);
  return error ? std::string() : os::resolve_path(here.string());
}

// "/a/b" → "/a/b", "/a", "/".
std::vector<std::string> with_ancestors(std::string path) {
  std::vector<std::string> out;
  for (; path.size() > 1; path = path.substr(0, path.rfind('/')))
    out.push_back(path);
  out.emplace_back("/");
  return out;
}

}  // namespace

Option pod_option() {
  return {"--pod", "ID", "this pod; default: the last one of this workspace (`weir pods`)"};
}

Option batch_option() {
  return {"--batch", "ID", "all pods of this batch, merged; `last`: the newest of this directory"};
}

Result<std::optional<changes::Batch>> chosen_batch(const Args& args, const Context& context) {
  const auto text = args.value("--batch");
  if (!text) return std::optional<changes::Batch>();
  if (args.has("--pod")) return fail("--batch and --pod go not together", {}, "give one of them");
  TRY(auto batch, batch_store(context).find(*text, current_directory()));
  return std::optional(std::move(batch));
}

Result<changes::Pod> chosen_pod(const Args& args, const Context& context) {
  const changes::PodStore store = pod_store(context);
  TRY(const auto batch, chosen_batch(args, context));
  if (batch) {
    const auto batches = batch_store(context);
    TRY(const os::Fd held, batches.lock(*batch));
    return changes::merged_pod(store, batches, *batch);
  }
  if (const auto id = args.value("--pod")) {
    TRY(const auto ids, ids_beginning(store, *id));
    if (ids.size() > 1)
      return fail("more than one pod begins so", printable(*id, 100), ids[0] + ", " + ids[1]);
    if (!ids.empty()) {
      TRY(const auto found, store.find(ids[0]));
      if (found) return *found;
    }
    return fail(ErrorCode::not_found, "there is no such pod", printable(*id, 100), "`weir pods` shows them");
  }
  const std::string here = current_directory();
  if (here.empty())
    return fail(ErrorCode::not_found, "the current directory is gone", {}, "change to another one");
  TRY(const auto pods, store.list());
  for (const auto& directory : with_ancestors(here))
    for (auto one = pods.rbegin(); one != pods.rend(); ++one)
      if (one->workspace == directory) return *one;
  return fail(
      ErrorCode::not_found, "no pod has worked on this directory", printable(here, 400),
      "`weir pods` shows all; `weir pod exec -- CMD` starts one; what a pod with --direct changed is in "
      "the directory already");
}

Result<std::optional<changes::Pod>> pod_to_begin_with(const Args& args, const Context& context,
                                                      const std::string& workspace) {
  const auto from = args.value("--from");
  if (!from) return std::optional<changes::Pod>();
  const changes::PodStore store = pod_store(context);
  if (*from == "last") {
    TRY(auto last, store.last_of(workspace));
    if (last) return last;
    return fail(ErrorCode::not_found, "no pod has worked on this directory", printable(workspace, 400),
                "`weir pods` shows all");
  }
  TRY(const auto ids, ids_beginning(store, *from));
  if (ids.size() > 1)
    return fail("more than one pod begins so", printable(*from, 100), ids[0] + ", " + ids[1]);
  if (!ids.empty()) {
    TRY(auto found, store.find(ids[0]));
    if (found) return found;
  }
  return fail(ErrorCode::not_found, "there is no such pod", printable(*from, 100), "`weir pods` shows them");
}

Result<std::vector<std::string>> ids_beginning(const changes::PodStore& store, std::string_view text) {
  std::vector<std::string> ids;
  if (text.empty()) return ids;
  TRY(const auto pods, store.list());
  TRY(const auto damaged, store.damaged());
  for (const auto& one : pods)
    if (one.id.starts_with(text)) ids.push_back(one.id);
  for (const auto& one : damaged)
    if (one.starts_with(text)) ids.push_back(one);
  return ids;
}

void tell_pod(const changes::PodStore& store, const changes::Pod& pod, Context& context) {
  if (context.quiet || context.json) return;
  const bool running = store.running(pod);
  context.err << "weir: " << pod_line(pod, running) << "\n";
  if (pod.direct)
    context.err << "weir: it writes the workspace itself (--direct): there is nothing to review\n";
  if (store.commit_interrupted(pod) && !running) context.err << "weir: " << kInterrupted << "\n";
}

int tell_without_change(const std::vector<std::string>& paths, int otherwise, Context& context) {
  for (const auto& path : paths)
    context.err << "weir: no change has this path: " << printable(path, 400) << "\n";
  if (!paths.empty() && !context.quiet) context.err << "  `weir diff --stat` lists the changes\n";
  return paths.empty() ? otherwise : exit_code::kUsage;
}

Result<std::vector<std::string>> paths_in(const changes::Pod& pod, const std::vector<std::string>& given) {
  std::vector<std::string> out;
  const std::string here = current_directory();
  for (const auto& one : given) {
    const std::filesystem::path raw(one);
    std::string path =
        (raw.is_absolute() ? raw : std::filesystem::path(here) / raw).lexically_normal().string();
    while (path.size() > 1 && path.ends_with('/'))
      path.pop_back();
    if (path == pod.workspace) {
      out.emplace_back();
      continue;
    }
    const std::string top = pod.workspace == "/" ? "/" : pod.workspace + "/";
    if (one.empty() || !path.starts_with(top))
      return fail("the path lies outside the pod's workspace", printable(one, 400),
                  "name paths below " + printable(pod.workspace, 400));
    out.push_back(path.substr(top.size()));
  }
  return out;
}

Result<changes::HeldCatalogue> held_catalogue() {
  for (const auto& file : content_files())
    if (file.name == kCatalogue) return changes::HeldCatalogue::parse(file.bytes, kCatalogue);
  return fail(ErrorCode::internal, "the catalogue of held files is missing", std::string(kCatalogue));
}

std::string record_in_ledger(const Context& context, std::string_view what, const Json& facts,
                             std::string_view subject) {
  auto client = net::LocalClient::connect(context.places.control_socket(), kConnectMs);
  if (!client) return "not recorded in the ledger: the daemon does not run";
  const auto answer =
      client->call(Json::object({{"cmd", subject}, {"what", what}, {"facts", facts}}), kAnswerMs);
  if (!answer) return "not recorded in the ledger: " + printable(answer.error().message(), 400);
  return {};
}

std::string counted_changes(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " change" : " changes");
}

std::string pod_line(const changes::Pod& pod, bool running) {
  return "pod " + pod.id + " of " + printable(pod.workspace, 400) + ", started " +
         rfc3339(pod.started_ns).substr(0, 19) + "Z" +
         (pod.profile.empty() ? "" : ", profile " + printable(pod.profile, 80)) +
         (running ? "; it still runs, so this may change" : "");
}

}  // namespace weir::cli
