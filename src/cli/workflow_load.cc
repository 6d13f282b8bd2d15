#include "cli/workflow_load.h"

#include "base/hash.h"
#include "content.h"
#include "os/files.h"

namespace weir::cli {
namespace {

constexpr std::string_view kModels = "models/";
constexpr std::string_view kSuffix = ".yaml";
constexpr std::size_t kPolicyBytesMax = std::size_t{4} << 20;

const ContentFile* content(std::string_view name) {
  for (const ContentFile& file : content_files())
    if (file.name == name) return &file;
  return nullptr;
}

prove::ModelFiles builtin() {
  prove::ModelFiles files;
  for (const ContentFile& file : content_files())
    if (file.name.starts_with("policies/") && file.name.ends_with(".cedar"))
      files.builtin_policies.push_back({std::string(file.name), std::string(file.bytes)});
  for (const ContentFile& file : content_files())
    if (file.name.starts_with("facts/") && file.name.ends_with(".yaml"))
      files.facts.push_back({std::string(file.name), std::string(file.bytes)});
  if (const ContentFile* schema = content("policies/weir.cedarschema"))
    files.builtin_schema = {std::string(schema->name), std::string(schema->bytes)};
  return files;
}

Result<std::vector<prove::ModelFile>> open_shipped(const std::string& path) {
  const ContentFile* file = content(std::string(kModels) + path);
  if (file == nullptr) return fail(ErrorCode::not_found, "no such file ships with the models", path);
  return std::vector<prove::ModelFile>{{std::string(file->name), std::string(file->bytes)}};
}

Result<std::vector<prove::ModelFile>> open_on_disk(const std::string& path) {
  std::vector<prove::ModelFile> files;
  const auto info = os::file_info(path);
  if (info && info->kind == os::FileInfo::Kind::dir) {
    for (const std::string& name : os::list_dir(path)) {
      if (!name.ends_with(".cedar")) continue;
      TRY(std::string text, os::read_file(path + "/" + name, kPolicyBytesMax));
      files.push_back({path + "/" + name, std::move(text)});
    }
    return files;
  }
  TRY(std::string text, os::read_file(path, kPolicyBytesMax));
  files.push_back({path, std::move(text)});
  return files;
}

}  // namespace

std::vector<std::string> shipped_workflows() {
  std::vector<std::string> names;
  for (const ContentFile& file : content_files()) {
    if (!file.name.starts_with(kModels) || !file.name.ends_with(kSuffix)) continue;
    const auto name = file.name.substr(kModels.size(), file.name.size() - kModels.size() - kSuffix.size());
    if (name.find('/') == std::string_view::npos) names.emplace_back(name);
  }
  return names;
}

Result<std::unique_ptr<LoadedWorkflow>> load_workflow(const std::string& name, const std::string& variant) {
  auto loaded = std::make_unique<LoadedWorkflow>();
  prove::ModelFiles files = builtin();
  std::string text;
  if (const ContentFile* shipped = content(std::string(kModels) + name + std::string(kSuffix))) {
    text = shipped->bytes;
    files.open = open_shipped;
  } else {
    TRY(text, os::read_file(name, prove::kModelBytesMax));
    const auto slash = name.rfind('/');
    const std::string beside = slash == std::string::npos ? "" : name.substr(0, slash + 1);
    files.open = [beside](const std::string& path) {
      return open_on_disk(path.starts_with("/") ? path : beside + path);
    };
  }
  TRY(loaded->model, prove::read_model(text, name, variant));
  TRY(loaded->policies, prove::load_model(loaded->model, files));
  TRY(loaded->system, prove::lower_model(loaded->model, loaded->policies));
  loaded->digest = digest_text(sha256(canonical(Json::array({text, variant, loaded->policies.digest}))));
  return loaded;
}

}  // namespace weir::cli
