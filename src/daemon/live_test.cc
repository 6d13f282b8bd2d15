#include "daemon/live_test.h"

#include <stdlib.h>

#include <filesystem>

#include "base/bytes.h"
#include "base/limits.h"
#include "daemon/keys.h"
#include "daemon/probe_paths.h"
#include "daemon/scripted_model.h"
#include "os/clock.h"
#include "os/files.h"
#include "os/process.h"
#include "setup/codex_trust.h"
#include "setup/json_edit.h"
#include "setup/run_overlay.h"
#include "setup/settings_file.h"
#include "setup/toml_edit.h"

namespace weir::daemon {
namespace {

using setup::Agent;
using setup::Scope;

constexpr std::int64_t kNsPerMs = 1'000'000;

// Removed with everything in it when the test ends.
class Ground {
 public:
  static Result<Ground> make() {
    std::string path = os::env_or("TMPDIR", "/tmp") + "/weir-live-XXXXXX";
    if (::mkdtemp(path.data()) == nullptr)
      return std::unexpected(os::errno_error("no temporary directory", path, errno));
    return Ground(path);
  }
  Ground(Ground&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Ground(const Ground&) = delete;
  Ground& operator=(const Ground&) = delete;
  ~Ground() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  std::string home() const { return path_ + "/home"; }
  std::string project() const { return path_ + "/project"; }
  std::string marker() const { return project() + "/the-call-ran"; }
  std::string run_settings() const { return path_ + "/run-settings.json"; }

 private:
  explicit Ground(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

Status write(const std::string& path, const std::string& text) {
  TRY_STATUS(os::make_dirs(path.substr(0, path.rfind('/')), 0700));
  return os::write_file_atomic(path, text, 0600, os::Durability::none);
}

// Weir's handlers as they stand in the person's settings, and the switch that turns all hooks off. Nothing
// else of the person's: other hooks, helpers and variables are not ours to start.
Json weir_part(const Json& settings) {
  Json hooks = Json::object();
  if (settings["hooks"].is_object())
    for (const auto& [event, groups] : settings["hooks"].as_object()) {
      if (!groups.is_array()) continue;
      for (const Json& group : groups.as_array()) {
        Json handlers = Json::array();
        if (group["hooks"].is_array())
          for (const Json& handler : group["hooks"].as_array())
            if (setup::weir_command(handler)) handlers.push(handler);
        if (handlers.as_array().empty()) continue;
        Json ours = group;
        ours.set("hooks", std::move(handlers));
        if (!hooks.has(event)) hooks.set(event, Json::array());
        hooks.find(event)->push(std::move(ours));
      }
    }
  Json part = Json::object({{"hooks", std::move(hooks)}});
  if (settings.has("disableAllHooks")) part.set("disableAllHooks", settings["disableAllHooks"]);
  return part;
}

std::string codex_config(const Ground& ground, std::uint16_t port) {
  return "model = \"weir-live\"\nmodel_provider = \"weir-live\"\ncheck_for_update_on_startup = false\n\n"
         "[analytics]\nenabled = false\n\n[model_providers.weir-live]\nname = \"weir-live\"\n"
         "base_url = \"http://127.0.0.1:" +
         std::to_string(port) +
         "/v1\"\nwire_api = \"responses\"\nenv_key = \"WEIR_LIVE_KEY\"\nsupports_websockets = false\n"
         "request_max_retries = 0\nstream_max_retries = 0\n\n[projects." +
         setup::toml_quote(ground.project()) + "]\ntrust_level = \"trusted\"\n";
}

std::vector<std::string> agent_argv(const LiveOptions& options) {
  if (options.agent == Agent::claude)
    return {options.program,   "-p",          "go",       "--allowedTools", "Bash",
            "--output-format", "stream-json", "--verbose"};
  // The agent's own sandbox is off, so that only the hook stands between the model and the call.
  return {options.program, "exec", "--json", "--skip-git-repo-check", "-s", "danger-full-access", "go"};
}

std::map<std::string, std::string> agent_env(const LiveOptions& options, const Ground& ground,
                                             std::uint16_t port) {
  std::map<std::string, std::string> env = {
      {"HOME", ground.home()}, {"PATH", options.search_path}, {"TERM", "dumb"}, {"LANG", "C.UTF-8"}};
  if (options.agent == Agent::codex) {
    env["WEIR_LIVE_KEY"] = "none";
    return env;
  }
  env["ANTHROPIC_BASE_URL"] = "http://127.0.0.1:" + std::to_string(port);
  env["ANTHROPIC_API_KEY"] = "none";
  env["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"] = "1";
  env["DISABLE_AUTOUPDATER"] = "1";
  return env;
}

// The person's installed hooks in the empty home or project. Settings of the whole system are found by the
// agent itself.
Status furnish(const LiveOptions& options, const Ground& ground, std::uint16_t port) {
  TRY_STATUS(os::make_dirs(ground.home(), 0700));
  TRY_STATUS(os::make_dirs(ground.project(), 0700));
  std::string config = codex_config(ground, port);
  if (options.path && options.path->scope != Scope::system) {
    TRY(const auto file, setup::read_settings_file(options.path->settings));
    TRY(const Json settings, setup::parse_settings(file.bytes.value_or(""), setup::Comments::refuse));
    os::Places places = options.places;
    places.home = ground.home();
    const auto around = setup::surroundings(places, {}, ground.project(), "");
    const Json ours = weir_part(settings);
    const std::string target = setup::hooks_file(options.agent, options.path->scope, around);
    TRY_STATUS(write(target, pretty(ours) + "\n"));
    if (options.agent == Agent::codex) {
      TRY(auto trusted, setup::set_hook_trust(config, setup::codex_trust(ours, {target})));
      config = trusted.text;
    }
  }
  if (options.agent == Agent::codex) TRY_STATUS(write(ground.home() + "/.codex/config.toml", config));
  return {};
}

// What `weir run` adds to the command line.
Result<std::vector<std::string>> overlay(const LiveOptions& options, const Ground& ground,
                                         const std::map<std::string, std::string>& env) {
  setup::RunRequest request{
      .argv = agent_argv(options), .env = env, .installation = {}, .settings_file = ground.run_settings()};
  request.installation.hook_path = shim_path();
  request.installation.socket = options.places.event_socket();
  TRY(request.installation.public_key_base64, hook_public_key(options.places));
  request.read_file = [](const std::string& path) { return os::read_file(path, limits::kSettingsBytesMax); };
  TRY(const auto guarded, setup::guard_command(request));
  if (guarded.settings) TRY_STATUS(write(ground.run_settings(), *guarded.settings));
  return guarded.argv;
}

std::string last_line(std::string_view text) {
  text = trim(text);
  if (const auto end = text.rfind('\n'); end != std::string_view::npos) text.remove_prefix(end + 1);
  return printable(text, 300);
}

std::string verdict_text(const LiveReport& report, const os::ChildResult& ran) {
  if (report.ran) return "the forbidden call RAN: this agent is not guarded on this path";
  if (report.held()) return "the agent did not run the forbidden call and told the model why";
  if (!report.asked)
    return "the agent never asked the test model for a call (" +
           (ran.timed_out ? std::string("it did not end in time")
                          : "exit " + std::to_string(ran.exit.code) + ": " +
                                last_line(ran.err.empty() ? ran.out : ran.err)) +
           ")";
  if (report.heard.empty()) return "the call did not run, but the model was told nothing about it";
  return "the call did not run, but not because of Weir; the model heard: " + printable(report.heard, 200);
}

}  // namespace

bool LiveReport::held() const {
  return asked && !ran && heard.find("Weir refused") != std::string::npos &&
         heard.find("could not decide") == std::string::npos;
}

Result<LiveReport> run_live(const LiveOptions& options) {
  TRY(const Ground ground, Ground::make());
  ScriptedModel model("printf ran > '" + ground.marker() + "' && false && weir uninstall");
  TRY(const auto server,
      net::HttpLoopback::listen([&](const net::HttpRequest& request) { return model.answer(request); }));
  TRY_STATUS(furnish(options, ground, server->port()));
  os::ChildOptions child;
  child.env = agent_env(options, ground, server->port());
  child.argv = agent_argv(options);
  if (!options.path) {
    TRY(child.argv, overlay(options, ground, *child.env));
  }
  child.cwd = ground.project();
  child.timeout_ms = options.timeout_ms;
  const std::int64_t started_ns = os::monotonic_ns();
  TRY(const auto ran, os::run_child(child));
  server->stop();

  LiveReport report{
      .path = options.path ? options.path->name() : "run/" + std::string(setup::name(options.agent)),
      .version = options.version};
  report.duration_ms = static_cast<int>((os::monotonic_ns() - started_ns) / kNsPerMs);
  report.asked = model.asked();
  report.ran = os::exists(ground.marker());
  for (const auto& text : model.heard())
    report.heard += text;
  report.detail = verdict_text(report, ran);
  return report;
}

}  // namespace weir::daemon
