#include "daemon/pack_loader.h"

#include <algorithm>
#include <iterator>

#include "content.h"
#include "daemon/narrowing.h"
#include "daemon/pattern_files.h"
#include "daemon/planner_settings.h"
#include "daemon/profiles.h"
#include "daemon/proofs.h"
#include "daemon/signed_pack.h"
#include "guard/rules.h"
#include "os/files.h"
#include "os/process.h"

namespace weir::daemon {
namespace {

constexpr std::size_t kFileBytesMax = 4 * limits::kMiB;
constexpr std::size_t kProjectFilesMax = 64;
constexpr std::size_t kProjectBytesMax = limits::kMiB;
constexpr std::string_view kSchemaFile = "policies/weir.cedarschema";

Status read_dir(const std::string& dir, std::string_view suffix, std::vector<guard::NamedText>& into,
                std::string_view but = {}) {
  for (const auto& name : os::list_dir(dir)) {
    if (!name.ends_with(suffix) || name == but) continue;
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

// Sigma rules; the cases beside them are for `weir sigma test`.
bool is_rule_file(std::string_view name) {
  const bool yaml = name.ends_with(".yml") || name.ends_with(".yaml");
  return yaml && !name.ends_with(".cases.yml") && !name.ends_with(".cases.yaml");
}

void add_builtin_rules(std::vector<guard::NamedText>& into) {
  for (const auto& file : content_files())
    if (file.name.starts_with("rules/") && is_rule_file(file.name))
      into.push_back({std::string(file.name), std::string(file.bytes)});
}

Status read_user_rules(const std::string& dir, std::vector<guard::NamedText>& into) {
  for (const auto& name : os::list_dir(dir)) {
    if (!is_rule_file(name)) continue;
    TRY(std::string text, os::read_file(dir + "/" + name, kFileBytesMax));
    into.push_back({dir + "/" + name, std::move(text)});
  }
  return {};
}

// Where there is one, which profile it asks for at least.
Result<std::string> add_organisation(const PackOptions& options, guard::PackSources& sources) {
  for (const auto& file : options.organisation_files) {
    TRY(auto pack, open_organisation(file));
    if (!pack) continue;
    sources.layers.push_back(std::move(pack->layer));
    return std::move(pack->profile);
  }
  return std::string();
}

// The shipped policies, as the profile has them.
Status add_policies(const PackOptions& options, const std::string& at_least, guard::PackSources& sources) {
  if (!options.policies_dir.empty()) {
    TRY_STATUS(read_dir(options.policies_dir, ".cedar", sources.policies));
    if (!sources.policies.empty()) return {};
    return fail(ErrorCode::not_found, "no *.cedar file in the policy directory", options.policies_dir);
  }
  add_builtin("policies/", ".cedar", sources.policies);
  std::string name = options.profile;
  if (name.empty()) {
    TRY(const auto chosen, chosen_profile(options.user_dir));
    name = profile_in_force(chosen, at_least);
  }
  TRY(ProfileFiles profile, shipped_profile(name));
  sources.profile = std::move(profile.text);
  std::move(profile.policies.begin(), profile.policies.end(), std::back_inserter(sources.policies));
  return {};
}

Status add_user(const std::string& dir, guard::PackSources& sources) {
  TRY(guard::LayerSource user, read_layer_files(dir + "/policies"));
  if (!user.policies.empty() || !user.waivers.empty()) sources.layers.push_back(std::move(user));
  TRY_STATUS(read_dir(dir + "/paths", ".yaml", sources.paths));
  TRY_STATUS(read_dir(dir + "/commands", ".yaml", sources.commands));
  TRY_STATUS(read_dir(dir + "/facts", ".yaml", sources.facts));
  TRY_STATUS(read_user_rules(dir + "/rules", sources.rules));
  if (!sources.flow.empty()) TRY_STATUS(read_dir(dir + "/flow", ".yaml", sources.flow, kPlannerFile));
  return {};
}

Result<guard::LayerSource> read_project_dir(const std::string& dir) {
  guard::LayerSource project{guard::Layer::project, {}, {}};
  std::size_t bytes = 0;
  for (const auto& name : os::list_dir(dir)) {
    const bool waiver = name == "waive.yaml";
    if (!waiver && !name.ends_with(".cedar")) continue;
    const std::string path = dir + "/" + name;
    const auto info = os::file_info(path);
    if (!info || info->kind != os::FileInfo::Kind::file)
      return fail(ErrorCode::denied, "a project's policy must be a plain file", path, "no links, no devices");
    bytes += info->size;
    if (project.policies.size() >= kProjectFilesMax || bytes > kProjectBytesMax)
      return fail(ErrorCode::limit, "the project has too many policies", dir,
                  "at most 64 files of together 1 MiB");
    TRY(std::string text, os::read_file(path, kProjectBytesMax));
    (waiver ? project.waivers : project.policies).push_back({".weir/policies/" + name, std::move(text)});
  }
  return project;
}

// Proves what must hold before the pack is used. Where too many certificates are kept already the pack is
// used without one, and the ledger names none: full shelves are no reason to keep old policies in force.
Status check_and_keep(const guard::Pack& pack, const std::string& proofs) {
  TRY(const auto certificate, check_pack(pack, !proofs.empty()));
  if (!certificate) return {};
  const Status kept = keep_proof(proofs, pack.policy_digest(), kLoadProof, *certificate);
  return kept || kept.error().code == ErrorCode::limit ? Status() : kept;
}

}  // namespace

Result<guard::LayerSource> read_layer_files(const std::string& dir) {
  guard::LayerSource layer{guard::Layer::user, {}, {}};
  TRY_STATUS(read_dir(dir, ".cedar", layer.policies));
  const std::string waivers = dir + "/waive.yaml";
  if (os::exists(waivers)) {
    TRY(std::string text, os::read_file(waivers, kFileBytesMax));
    layer.waivers.push_back({waivers, std::move(text)});
  }
  return layer;
}

PackOptions installed_packs(const std::string& config_dir) {
  return {.user_dir = config_dir,
          .policies_dir = {},
          .organisation_files = {"/etc/weir/organisation.yaml", config_dir + "/organisation.yaml"}};
}

Result<guard::PackSources> read_pack(const PackOptions& options) {
  guard::PackSources sources;
  TRY(const std::string at_least, add_organisation(options, sources));
  TRY_STATUS(add_policies(options, at_least, sources));
  for (const auto& file : content_files())
    if (file.name == kSchemaFile) sources.schema = {std::string(file.name), std::string(file.bytes)};
  add_builtin("paths/", ".yaml", sources.paths);
  add_builtin("commands/", ".yaml", sources.commands);
  add_builtin("facts/", ".yaml", sources.facts);
  if (options.flow) add_builtin("flow/", ".yaml", sources.flow);
  add_builtin_rules(sources.rules);
  if (options.detectors) {
    add_builtin("rules/secrets/", ".toml", sources.secrets);
    add_builtin("detect/", ".json", sources.injection);
  }
  if (!options.patterns_dir.empty()) sources.databases = std::make_shared<PatternFiles>(options.patterns_dir);
  if (!options.user_dir.empty()) TRY_STATUS(add_user(options.user_dir, sources));
  return sources;
}

namespace {

// The texts are gone when it returns.
Result<std::shared_ptr<const guard::Pack>> read_and_check(const PackOptions& options) {
  TRY(const guard::PackSources sources, read_pack(options));
  TRY(auto pack, guard::Pack::load(sources));
  TRY_STATUS(check_and_keep(*pack, options.proofs_dir));
  return pack;
}

}  // namespace

Result<std::shared_ptr<const guard::Pack>> load_pack(const PackOptions& options) {
  auto pack = read_and_check(options);
  os::return_free_memory();
  return pack;
}

Result<guard::LayerSource> read_project(const std::string& workspace) {
  const std::string dir = workspace + "/.weir/policies";
  // A link in place of a directory would lead to files that are not the project's.
  for (const auto& part : {workspace + "/.weir", dir}) {
    const auto info = os::file_info(part);
    if (!info) return guard::LayerSource{guard::Layer::project, {}, {}};
    if (info->kind != os::FileInfo::Kind::dir)
      return fail(ErrorCode::denied, "not a directory of its own", part, "take the link or file away");
  }
  return read_project_dir(dir);
}

Result<std::shared_ptr<const guard::Pack>> load_project(std::shared_ptr<const guard::Pack> above,
                                                        const std::string& workspace,
                                                        const std::string& proofs_dir) {
  TRY(const guard::LayerSource project, read_project(workspace));
  return add_project(std::move(above), project, proofs_dir);
}

Result<std::shared_ptr<const guard::Pack>> add_project(std::shared_ptr<const guard::Pack> above,
                                                       const guard::LayerSource& project,
                                                       const std::string& proofs_dir) {
  if (project.policies.empty() && project.waivers.empty()) return above;
  TRY(auto pack, guard::Pack::with_layer(*above, project));
  TRY_STATUS(check_and_keep(*pack, proofs_dir));
  return pack;
}

Json activation_facts(const guard::Pack& pack, const std::string& proofs_dir) {
  std::map<std::string, std::uint64_t> counts;
  for (const auto& policy : pack.policies().policies())
    ++counts[std::string(guard::name(pack.layer_of(policy.id)))];
  Json layers = Json::object();
  for (const auto& [layer, count] : counts)
    layers.set(layer, count);
  Json facts = Json::object({{"pack", pack.policy_digest()},
                             {"content", pack.content_digest()},
                             {"policies", static_cast<std::uint64_t>(pack.policy_count())},
                             {"layers", std::move(layers)}});
  if (!pack.profile().empty()) facts.set("profile", pack.profile());
  if (const auto& rules = pack.rules(); rules != nullptr) facts.set("rules", guard::rules_json(*rules));
  if (Json proofs = proof_facts(proofs_dir, pack.policy_digest()); !proofs.as_object().empty())
    facts.set("proofs", std::move(proofs));
  if (pack.waivers().empty()) return facts;
  Json waivers = Json::array();
  for (const auto& waiver : pack.waivers())
    waivers.push(guard::to_json(waiver));
  facts.set("waivers", std::move(waivers));
  return facts;
}

}  // namespace weir::daemon
