#include "cli/pod_prepare.h"

#include <algorithm>
#include <iterator>

namespace weir::cli {

Result<ReadyPod> prepare_pod(const Args& args, const Context& context, std::vector<std::string> argv,
                             const PodFinds& find, const std::vector<std::uint16_t>& published,
                             const PodWish& wish) {
  TRY(pod::PodRequest request, pod_request(args, context, std::move(argv)));
  std::shared_ptr<const PodDirect> direct;
  if (find.direct) {
    TRY(direct, find.direct(args, request.workspace));
  }
  request.direct = direct != nullptr;
  const std::string profile_names = wish.profile.empty() ? args.value_or("--profile", "auto") : wish.profile;
  TRY(pod::PodProfile profile, pod_profile(args, profile_names, request.workspace, context));
  if (!wish.limits.empty()) TRY_STATUS(pod::apply_limits_text(wish.limits, profile.limits));
  request.read_only.insert(request.read_only.end(), wish.show.begin(), wish.show.end());
  const bool watches = wish.watch != pod::Watch::none;
  const bool follows = args.has("--follow-data");
  // A name that never exists (RFC 6761): who asks for another is refused, and that is on record.
  if (watches && profile.allow.empty() && profile.network != pod::PodNetwork::none) {
    profile.allow.emplace_back("nothing.invalid");
    profile.network = pod::PodNetwork::egress;
  }
  TRY(PodCredentials credentials, pod_credentials(args, request.env, context.places, find.credential));
  std::optional<changes::Pod> from;
  if (find.pod) {
    TRY(from, find.pod(args, context, request.workspace));
  }
  TRY(const PodLevel level, pod_level(args));
  auto ready = ready_pod(
      profile, std::move(request), std::move(credentials), context,
      [&](const changes::Pod&, pod::PodSpec& spec) -> Status {
        level.apply(spec);
        spec.supervised = spec.supervised || watches || follows || args.has("--supervise");
        spec.watch = !watches && follows ? pod::Watch::files : wish.watch;
        spec.published = published;
        return {};
      },
      from);
  if (ready) ready->direct = std::move(direct);
  return ready;
}

std::vector<Option> pod_options() {
  std::vector<Option> options = {
      {"--profile",
       "NAME",
       "which part of the host is shown: generic, node, python ..., your own, several joined by commas; auto "
       "(default) takes those that fit the workspace",
       false,
       false,
       {"auto", "generic", "node", "python", "rust", "go", "c++", "browser", "claude", "codex", "opencode",
        "gemini", "openclaw"}},
      {"--supervise", "", "tell at the end how many programs ran and which connected where; refuses nothing"},
      {"--follow-data", "",
       "as --supervise, and of each connection out of which files of keys and from which hosts the program "
       "could hold something"}};
  for (auto list : {pod_level_options(), pod_request_options()})
    std::ranges::move(list, std::back_inserter(options));
  return options;
}

}  // namespace weir::cli
