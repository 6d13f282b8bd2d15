// Planning: what the files are, what they shall be.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/hash.h"
#include "base/limits.h"
#include "os/files.h"
#include "setup/agent_reads.h"
#include "setup/codex_trust.h"
#include "setup/install.h"
#include "setup/json_edit.h"
#include "setup/system_files.h"

namespace weir::setup {
namespace {

constexpr std::size_t kShimBytesMax = 64 * limits::kMiB;

std::string digest_of(std::string_view bytes) {
  return digest_text(sha256(bytes));
}

Error at(Error error, const std::string& path) {
  error.where = error.where.empty() ? path : path + ": " + error.where;
  return error;
}

// What a file would be without Weir, and whether it is already as wanted.
struct Base {
  std::optional<std::string> bytes;  // none: there would be no file
  bool settled = false;              // Weir's part is there, exactly
};

const RecordedFile* recorded(const InstallRecord* record, const std::string& path) {
  if (record == nullptr) return nullptr;
  const auto it = std::find_if(record->files.begin(), record->files.end(),
                               [&](const RecordedFile& file) { return file.path == path; });
  return it == record->files.end() ? nullptr : &*it;
}

bool untouched(const SettingsFile& file, const RecordedFile* known) {
  return known != nullptr && file.bytes && digest_of(*file.bytes) == known->after_digest;
}

std::string plain_string(const std::optional<std::string>& bytes) {
  return bytes.value_or("");
}

// Handlers in these settings that run weir-hook.
std::vector<std::pair<std::string, Json>> weir_groups(const Json& settings) {
  std::vector<std::pair<std::string, Json>> found;
  const Json& hooks = settings["hooks"];
  if (!hooks.is_object()) return found;
  for (const auto& [event, groups] : hooks.as_object())
    if (groups.is_array())
      for (const Json& group : groups.as_array())
        if (names_weir(Json::object({{"hooks", Json::object({{event, Json::array({group})}})}})))
          found.emplace_back(event, group);
  return found;
}

bool holds_exactly(const Json& settings, const std::vector<HookGroup>& groups, const Json& members) {
  const auto found = weir_groups(settings);
  if (found.size() != groups.size()) return false;
  for (const auto& group : groups)
    if (std::count(found.begin(), found.end(), std::pair(group.event, group.group)) != 1) return false;
  if (members.is_object())
    for (const auto& [key, value] : members.as_object())
      if (settings[key] != value) return false;
  return true;
}

class Planner {
 public:
  Planner(Agent agent, Scope scope, const Installation& installation, const Surroundings& around,
          const std::vector<InstallRecord>& records, const std::string& weir_program)
      : agent_(agent),
        scope_(scope),
        installation_(installation),
        around_(around),
        records_(records),
        program_(weir_program) {
    plan_.agent = agent;
    plan_.scope = scope;
    plan_.directory = scope == Scope::project  ? around.project_dir
                      : scope == Scope::system ? around.root
                                               : "";
    old_ = find_record(records, agent, scope, plan_.directory);
    groups_ = hook_groups(agent, installation);
  }

  Result<Plan> plan() {
    TRY_STATUS(check_installation(installation_));
    if (scope_ == Scope::system && around_.root.empty() && ::geteuid() != 0)
      return fail(ErrorCode::denied, "a system-wide installation writes files that root owns", "--system",
                  "run it with sudo, or leave --system out");
    TRY(const std::string shim_digest, check_shim(installation_.hook_path, scope_));
    plan_.record = InstallRecord{.agent = agent_,
                                 .scope = scope_,
                                 .directory = plan_.directory,
                                 .installation = installation_,
                                 .hook_digest = shim_digest,
                                 .installed = around_.now,
                                 .dirs = old_ != nullptr ? old_->dirs : std::vector<std::string>()};
    TRY_STATUS(agent_files());
    if (scope_ == Scope::system) {
      TRY_STATUS(whole(around_.root + std::string(kSysusersPath), sysusers_text()));
      TRY_STATUS(whole(around_.root + std::string(kServiceUnitPath), service_unit_text(program_)));
      plan_.notes.push_back(
          "Start the service: systemd-sysusers && systemctl daemon-reload && systemctl enable --now weir");
    }
    for (const auto& change : plan_.changes)
      TRY_STATUS(check_writable(change.file));
    new_directories();
    if (plan_.changes.empty() && old_ != nullptr) plan_.record->installed = old_->installed;
    return std::move(plan_);
  }

 private:
  Status agent_files() {
    const std::string path = hooks_file(agent_, scope_, around_);
    if (agent_ == Agent::claude) {
      const Json members =
          scope_ == Scope::system ? Json::object({{"allowManagedHooksOnly", true}}) : Json::object();
      TRY_STATUS(hooks(path, members));
      return {};
    }
    if (scope_ == Scope::system) return codex_requirements(path);
    TRY(const std::string text, hooks(path, Json::object()));
    TRY_STATUS(trust(text));
    // Trust without hooks is harmless, hooks without trust are silently off: trust is written first.
    std::rotate(plan_.changes.begin(), plan_.changes.end() - (trust_changed_ ? 1 : 0), plan_.changes.end());
    if (scope_ == Scope::project)
      plan_.notes.push_back(
          "Codex reads .codex/hooks.json only in a project that config.toml trusts (`codex exec --trust` "
          "once).");
    return {};
  }

  Status codex_requirements(const std::string& path) {
    TRY(const SettingsFile file, read_settings_file(path));
    const bool ours = recorded(old_, path) != nullptr;
    if (file.bytes && !ours && *file.bytes != codex_requirements_text(installation_))
      return fail(ErrorCode::exists,
                  "there are requirements for Codex already, and Weir does not merge TOML tables", path,
                  "add to it what `weir init codex --system --dry-run --root /nowhere` shows");
    return whole(path, codex_requirements_text(installation_));
  }

  // Plans the hooks file and returns its text as it will be.
  Result<std::string> hooks(const std::string& path, const Json& members) {
    TRY(const SettingsFile file,
        read_settings_file(path, scope_ == Scope::project ? around_.project_dir : ""));
    const RecordedFile* known = recorded(old_, path);
    auto settings = parse_settings(plain_string(file.bytes), Comments::refuse);
    if (!settings) return std::unexpected(at(settings.error(), path));
    if (const auto why = why_ignored(agent_, plain_string(file.bytes), *settings))
      return fail(*why, path, "mend that first: the agent is not reading its hooks now");
    if (file.bytes && holds_exactly(*settings, groups_, members)) {
      keep(file, known, Role::hooks);
      return *file.bytes;
    }
    std::optional<std::string> base = untouched(file, known) ? known->before : file.bytes;
    if (base && !untouched(file, known)) {
      auto without = remove_hooks(*base, known != nullptr ? known->segments : std::vector<std::string>(),
                                  Comments::refuse);
      if (!without) return std::unexpected(at(without.error(), path));
      base = *std::move(without);
    }
    auto edit = insert_hooks(base.value_or(""), groups_, members, Comments::refuse);
    if (!edit) return std::unexpected(at(edit.error(), path));
    change(file,
           {.path = path,
            .role = Role::hooks,
            .before = base,
            .after_digest = digest_of(edit->text),
            .segments = edit->segments},
           edit->text);
    return edit->text;
  }

  Status trust(const std::string& hooks_text) {
    const std::string path = codex_config_file(around_);
    TRY(const SettingsFile file, read_settings_file(path));
    const RecordedFile* known = recorded(old_, path);
    TRY(const Json settings, parse_settings(hooks_text, Comments::refuse));
    const auto wanted = codex_trust(settings, codex_trust_paths(scope_, around_));
    std::vector<std::string> keys;
    for (const auto& entry : wanted)
      keys.push_back(entry.key);
    auto state = read_hook_state(plain_string(file.bytes));
    if (!state) return std::unexpected(at(state.error(), path));
    if (state->hooks_feature_off)
      return fail("Codex's hooks are switched off (features.hooks = false)", path, "remove that line");
    const bool settled = std::all_of(wanted.begin(), wanted.end(), [&](const HookTrust& entry) {
      return std::count(state->trusted.begin(), state->trusted.end(), entry) == 1 &&
             std::count(state->disabled.begin(), state->disabled.end(), entry.key) == 0;
    });
    if (settled && known != nullptr && known->keys == keys) {
      keep(file, known, Role::trust);
      return {};
    }
    std::optional<std::string> base = untouched(file, known) ? known->before : file.bytes;
    if (base && known != nullptr && !untouched(file, known)) {
      TRY(base, remove_hook_trust(*base, known->segments, known->keys));
    }
    auto edit = set_hook_trust(base.value_or(""), wanted);
    if (!edit) return std::unexpected(at(edit.error(), path));
    change(file,
           {.path = path,
            .role = Role::trust,
            .before = base,
            .after_digest = digest_of(edit->text),
            .segments = edit->segments,
            .keys = keys},
           edit->text);
    trust_changed_ = file.bytes != edit->text;
    return {};
  }

  // A file that is Weir's altogether. Two agents share the service: the first one's "before" counts.
  Status whole(const std::string& path, const std::string& text) {
    TRY(const SettingsFile file, read_settings_file(path));
    const RecordedFile* known = recorded(old_, path);
    for (const auto& other : records_)
      if (known == nullptr) known = recorded(&other, path);
    const std::optional<std::string> before = known != nullptr ? known->before : file.bytes;
    change(file, {.path = path, .role = Role::whole, .before = before, .after_digest = digest_of(text)},
           text);
    return {};
  }

  void keep(const SettingsFile& file, const RecordedFile* known, Role role) {
    if (known != nullptr) {
      plan_.record->files.push_back(*known);
      return;
    }
    // The record was lost: what stood there before is what is left without Weir.
    const auto without = remove_hooks_by_structure(*file.bytes, Comments::refuse);
    plan_.record->files.push_back({.path = file.path,
                                   .role = role,
                                   .before = without ? *without : *file.bytes,
                                   .after_digest = digest_of(*file.bytes)});
  }

  void change(const SettingsFile& file, RecordedFile entry, const std::string& text) {
    plan_.record->files.push_back(std::move(entry));
    if (file.bytes == text) return;
    const mode_t fresh = scope_ == Scope::system ? 0644 : 0600;
    plan_.changes.push_back({file, text, file.bytes ? file.mode : fresh});
  }

  // Directories that must be made; they are recorded, so that uninstalling can remove them.
  void new_directories() {
    auto& dirs = plan_.record->dirs;
    for (const auto& change : plan_.changes) {
      std::vector<std::string> missing;
      for (std::string dir = change.file.target.substr(0, change.file.target.rfind('/'));
           !dir.empty() && !os::exists(dir); dir = dir.substr(0, dir.rfind('/')))
        missing.insert(missing.begin(), dir);
      for (const auto& dir : missing)
        if (std::find(dirs.begin(), dirs.end(), dir) == dirs.end()) dirs.push_back(dir);
    }
  }

  Agent agent_;
  Scope scope_;
  const Installation& installation_;
  const Surroundings& around_;
  const std::vector<InstallRecord>& records_;
  std::string program_;
  const InstallRecord* old_ = nullptr;
  std::vector<HookGroup> groups_;
  Plan plan_;
  bool trust_changed_ = false;
};

// A file without Weir's part; none when nothing of value is left in a file that Weir made.
Result<std::optional<std::string>> without_weir(const RecordedFile& entry, const SettingsFile& file,
                                                std::vector<std::string>& notes) {
  if (untouched(file, &entry)) return entry.before;
  if (file.bytes == entry.before || !file.bytes) return file.bytes;
  if (entry.role == Role::whole) {
    notes.push_back(entry.path + " was changed since it was written and is left as it is.");
    return file.bytes;
  }
  if (entry.role == Role::trust) {
    auto left = remove_hook_trust(*file.bytes, entry.segments, entry.keys);
    if (!left) return std::unexpected(at(left.error(), entry.path));
    if (!entry.before && left->find_first_not_of(" \t\r\n") == std::string::npos) return std::nullopt;
    return *std::move(left);
  }
  auto left = remove_hooks(*file.bytes, entry.segments, Comments::refuse);
  if (!left) return std::unexpected(at(left.error(), entry.path));
  TRY(const Json settings, parse_settings(*left, Comments::refuse));
  if (settings.has("allowManagedHooksOnly"))
    notes.push_back(entry.path + " still says allowManagedHooksOnly, which keeps users' own hooks off.");
  if (!entry.before && settings.as_object().empty()) return std::nullopt;
  return *std::move(left);
}

bool shared(const std::vector<InstallRecord>& records, const InstallRecord& mine, const std::string& path) {
  return std::any_of(records.begin(), records.end(), [&](const InstallRecord& other) {
    return other != mine && recorded(&other, path) != nullptr;
  });
}

}  // namespace

Result<std::string> check_shim(const std::string& hook_path, Scope scope) {
  const std::string hint = "install weir-hook beside weir, or name it with --hook";
  const std::string real = os::resolve_path(hook_path);
  const auto info = os::file_info(real);
  if (!info) return fail(ErrorCode::not_found, "weir-hook is not there", hook_path, hint);
  if (info->kind != os::FileInfo::Kind::file) return fail("weir-hook is not a regular file", hook_path, hint);
  if ((info->mode & 0111) == 0) return fail("weir-hook is not executable", hook_path, "chmod 755 it");
  for (std::string path = real; !path.empty(); path = path.substr(0, path.rfind('/'))) {
    const auto part = os::file_info(path);
    if (!part) continue;
    const bool sticky_dir = part->kind == os::FileInfo::Kind::dir && (part->mode & 01000) != 0;
    if ((part->mode & 0002) != 0 && !sticky_dir)
      return fail(ErrorCode::denied, "others may write to weir-hook or a directory above it", path,
                  "chmod o-w it: whoever writes there decides for you");
    if (scope == Scope::system && part->uid != 0)
      return fail(ErrorCode::denied,
                  "for a system-wide installation root must own weir-hook and the directories above it", path,
                  "install Weir below /usr/local or /opt");
  }
  TRY(const std::string bytes, os::read_file(real, kShimBytesMax));
  return digest_of(bytes);
}

Result<Plan> plan_install(Agent agent, Scope scope, const Installation& installation,
                          const Surroundings& around, const std::vector<InstallRecord>& records,
                          const std::string& weir_program) {
  return Planner(agent, scope, installation, around, records, weir_program).plan();
}

Result<Plan> plan_uninstall(const InstallRecord& record, const std::vector<InstallRecord>& records) {
  Plan plan{.agent = record.agent, .scope = record.scope, .directory = record.directory};
  for (const auto& entry : record.files) {
    if (shared(records, record, entry.path) && entry.role == Role::whole) continue;
    TRY(const SettingsFile file, read_settings_file(entry.path));
    TRY(const auto bytes, without_weir(entry, file, plan.notes));
    if (bytes == file.bytes) continue;
    TRY_STATUS(check_writable(file));
    plan.changes.push_back({file, bytes, file.mode});
  }
  plan.dirs_gone = record.dirs;
  return plan;
}

Result<Plan> plan_uninstall_unrecorded(Agent agent, Scope scope, const Surroundings& around) {
  Plan plan{.agent = agent, .scope = scope};
  if (agent == Agent::codex && scope == Scope::system) return plan;
  const std::string path = hooks_file(agent, scope, around);
  TRY(const SettingsFile file, read_settings_file(path));
  if (!file.bytes) return plan;
  const auto settings = parse_settings(*file.bytes, Comments::refuse);
  if (!settings || !names_weir(*settings)) return plan;
  TRY(const std::string left, remove_hooks_by_structure(*file.bytes, Comments::refuse));
  TRY_STATUS(check_writable(file));
  plan.changes.push_back({file, left, file.mode});
  if (agent != Agent::codex) return plan;
  TRY(const SettingsFile config, read_settings_file(codex_config_file(around)));
  std::vector<std::string> keys;
  for (const auto& entry : codex_trust(*settings, codex_trust_paths(scope, around)))
    keys.push_back(entry.key);
  TRY(const std::string without, remove_hook_trust(plain_string(config.bytes), {}, keys));
  if (config.bytes && without != *config.bytes) plan.changes.push_back({config, without, config.mode});
  return plan;
}

}  // namespace weir::setup
