#include "daemon/pack_loader.h"

#include "content.h"
#include "os/files.h"

namespace weir::daemon {
namespace {

constexpr std::size_t kFileBytesMax = 4 * limits::kMiB;

Status read_dir(const std::string& dir, std::string_view suffix, std::vector<guard::NamedText>& into) {
  for (const auto& name : os::list_dir(dir)) {
    if (!name.ends_with(suffix)) continue;
    TRY(std::string text, os::read_file(dir + "/" + name, kFileBytesMax));
    into.push_back({dir + "/" + name, std::move(text)});
  }
  return {};
}

void add_builtin(std::string_view folder, std::string_view suffix, std::vector<guard::NamedText>& into) {
  for (const auto& file : content_files())
    if (file.name.starts_with(folder) && file.name.ends_with(suffix))
      into.push_back({std::string(file.name), std::string(file.bytes)});
}

}  // namespace

Result<guard::PackSources> read_pack(const PackOptions& options) {
  guard::PackSources sources;
  if (options.policies_dir.empty()) {
    add_builtin("policies/", ".cedar", sources.policies);
  } else {
    TRY_STATUS(read_dir(options.policies_dir, ".cedar", sources.policies));
    if (sources.policies.empty())
      return fail(ErrorCode::not_found, "no *.cedar file in the policy directory", options.policies_dir);
  }
  add_builtin("paths/", ".yaml", sources.paths);
  add_builtin("commands/", ".yaml", sources.commands);
  if (!options.user_dir.empty()) {
    TRY_STATUS(read_dir(options.user_dir + "/policies", ".cedar", sources.policies));
    TRY_STATUS(read_dir(options.user_dir + "/paths", ".yaml", sources.paths));
    TRY_STATUS(read_dir(options.user_dir + "/commands", ".yaml", sources.commands));
  }
  return sources;
}

Result<std::shared_ptr<const guard::Pack>> load_pack(const PackOptions& options) {
  TRY(const guard::PackSources sources, read_pack(options));
  return guard::Pack::load(sources);
}

}  // namespace weir::daemon
