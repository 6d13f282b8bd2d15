// `weir policy profiles|profile|show`: how strict the shipped policies are, what each choice costs, and what
// is in force.
#include <fmt/format.h>

#include <ostream>

#include "arena/flow_costs.h"
#include "base/bytes.h"
#include "base/time_text.h"
#include "cli/commands.h"
#include "cli/policies.h"
#include "content.h"
#include "daemon/pack_loader.h"
#include "daemon/profiles.h"
#include "guard/profile.h"
#include "os/clock.h"
#include "os/files.h"

namespace weir::cli {
namespace {

constexpr std::string_view kMeasured = "profiles/measured.json";
constexpr std::size_t kTracesBytesMax = std::size_t{1} << 30;
constexpr std::size_t kToolsBytesMax = std::size_t{16} << 20;

int finish(const Result<int>& result, Context& context) {
  return result ? *result : report(result.error(), context);
}

// --- what it costs ----------------------------------------------------------------------------------------

struct Runs {
  std::vector<Json> rows;
  Json tools;  // by suite, or one list for all
};

Result<Runs> read_runs(const std::string& traces, const std::string& tools) {
  Runs out;
  TRY(const std::string text, os::read_file(traces, kTracesBytesMax));
  std::size_t number = 0;
  for (const auto line : split(text, '\n')) {
    ++number;
    if (trim(line).empty()) continue;
    auto row = parse_json(line);
    if (!row)
      return fail(row.error().what, traces + ":" + std::to_string(number),
                  "rows of JSON Lines, not compressed; docs/cli.md has the fields");
    out.rows.push_back(*std::move(row));
  }
  if (tools.empty()) return out;
  TRY(const std::string list, os::read_file(tools, kToolsBytesMax));
  TRY(out.tools, parse_json(list));
  return out;
}

const Json& tools_of(const Runs& runs, const Json& row) {
  static const Json none;
  if (runs.tools.is_array()) return runs.tools;
  return runs.tools.is_object() ? runs.tools[row["suite"].text_or("")] : none;
}

Result<Json> measure_one(std::string_view profile, bool detectors, const Runs& runs) {
  TRY(const auto pack,
      daemon::load_pack(
          {.user_dir = "", .policies_dir = "", .profile = std::string(profile), .detectors = detectors}));
  arena::FlowCosts costs;
  for (const Json& row : runs.rows)
    if (const Status added = arena::add_run(row, tools_of(runs, row), pack, costs); !added)
      return fail(added.error().what, added.error().where + " of " + compact(row["id"]), added.error().hint);
  Json out = arena::to_json(costs);
  out.set("detectors", detectors);
  return out;
}

// {"date","runs","profiles":[{"profile","costs":[{…,"detectors":false},{…,"detectors":true}]}]}
Result<Json> measure(const Args& args, Context& context) {
  const std::string traces = *args.value("--measure");
  TRY(const Runs runs, read_runs(traces, args.positional_or(0, "")));
  Json profiles = Json::array();
  for (const std::string_view name : guard::kProfiles) {
    Json costs = Json::array();
    for (const bool detectors : {false, true}) {
      if (!context.quiet)
        context.err << name << (detectors ? " with" : " without") << " detectors of text …\n";
      TRY(Json one, measure_one(name, detectors, runs));
      costs.push(std::move(one));
    }
    profiles.push(Json::object({{"profile", name}, {"costs", std::move(costs)}}));
  }
  const std::string date = rfc3339(os::wall_ns()).substr(0, 10);
  const std::string tools = args.positional_or(0, "");
  const std::string command = "weir policy profiles --json --measure " +
                              traces.substr(traces.rfind('/') + 1) + ' ' + tools.substr(tools.rfind('/') + 1);
  return Json::object({{"date", date},
                       {"command", command},
                       {"runs", static_cast<std::int64_t>(runs.rows.size())},
                       {"profiles", std::move(profiles)}});
}

Result<Json> shipped_costs() {
  for (const auto& file : content_files())
    if (file.name == kMeasured) return parse_json(file.bytes);
  return fail(ErrorCode::internal, "the measured costs that ship are missing", std::string(kMeasured));
}

// Beside the figures, what each profile is.
Status add_descriptions(Json& measured, const std::string& active) {
  Json profiles = Json::array();
  for (const auto& one : measured["profiles"].as_array()) {
    const std::string name(one["profile"].text_or(""));
    TRY(const auto files, daemon::shipped_profile(name));
    TRY(const auto profile, guard::read_profile(files.text));
    TRY(const auto pack, daemon::load_pack({.user_dir = "", .policies_dir = "", .profile = name}));
    Json changes = Json::array();
    for (const auto& [policy, change] : profile.verdicts)
      changes.push(Json::object({{"policy", policy}, {"verdict", change.verdict}, {"why", change.why}}));
    Json with = one;
    with.set("about", profile.about)
        .set("active", name == active)
        .set("policies", static_cast<std::int64_t>(pack->policy_count()))
        .set("changes", std::move(changes));
    profiles.push(std::move(with));
  }
  measured.set("profiles", std::move(profiles));
  return {};
}

double percent(const Json& cost, const char* what) {
  const Json& share = cost[what]["percent"];
  return share.is_number() ? share.as_double() : 0;
}

void print_profiles(const Json& all, Context& context) {
  for (const auto& one : all["profiles"].as_array()) {
    context.out << context.style.bold(printable(one["profile"].text_or("")))
                << (one["active"].bool_or(false) ? context.style.green("  (in force)") : "") << "  "
                << printable(one["about"].text_or(""), 400) << "\n";
    for (const auto& change : one["changes"].as_array())
      context.out << "    " << printable(change["policy"].text_or("")) << " → "
                  << printable(change["verdict"].text_or("")) << "  "
                  << context.style.dim(printable(change["why"].text_or(""), 400)) << "\n";
  }
  context.out << fmt::format(
                     "\nmeasured {} on {} recorded runs: share in per cent that is stopped\n{:<10}{:<11}",
                     all["date"].text_or(""), all["runs"].int_or(0), "profile", "detectors")
              << "executed  attempted  honest runs  per 100 honest calls  seen, not followed  calls before\n";
  for (const auto& one : all["profiles"].as_array())
    for (const auto& cost : one["costs"].as_array())
      context.out << fmt::format(
          "{:<10}{:<11}{:>8.2f}  {:>9.2f}  {:>11.2f}  {:>20.2f}  {:>18.2f}  {:>12.2f}\n",
          one["profile"].text_or(""), cost["detectors"].bool_or(false) ? "on" : "off",
          percent(cost, "attack_executed"), percent(cost, "attack_attempted"), percent(cost, "benign_runs"),
          percent(cost, "benign_calls"), percent(cost, "injection_seen_not_followed"),
          percent(cost, "calls_before_the_malicious"));
}

Result<int> profiles(const Args& args, Context& context) {
  if (!args.has("--measure") && !args.positionals().empty())
    return fail("TOOLS goes with --measure", "weir policy profiles", "write `--measure TRACES TOOLS`");
  TRY(const auto in_force, daemon::load_pack(daemon::installed_packs(context.places.config)));
  Json all;
  if (args.has("--measure")) {
    TRY(all, measure(args, context));
  } else {
    TRY(all, shipped_costs());
  }
  TRY_STATUS(add_descriptions(all, in_force->profile()));
  if (context.json)
    context.out << compact(all) << "\n";
  else
    print_profiles(all, context);
  return exit_code::kFine;
}

// --- the choice -------------------------------------------------------------------------------------------

Result<int> set_profile(const std::string& name, Context& context) {
  TRY_STATUS(guard::check_profile_name(name, "weir policy profile set"));
  // What would not load must not be chosen: a waiver, say, of a policy that only another profile has.
  auto options = daemon::installed_packs(context.places.config);
  options.profile = name;
  TRY([[maybe_unused]] const auto would_be, daemon::load_pack(options));
  TRY_STATUS(daemon::choose_profile(context.places.config, name));
  TRY(const auto now, daemon::load_pack(daemon::installed_packs(context.places.config)));
  if (context.json)
    context.out << compact(Json::object({{"chosen", name}, {"profile", now->profile()}})) << "\n";
  else if (now->profile() != name)
    context.out << "chosen: " << name << "; the organisation asks for " << now->profile() << " at least\n";
  else
    context.out << "chosen: " << name << "; a daemon takes it into force with `weir reload`\n";
  return now->profile() == name ? exit_code::kFine : exit_code::kFindings;
}

Result<int> profile(const Args& args, Context& context) {
  const std::string what = args.positional_or(0, "");
  if (what == "set") return set_profile(args.positional_or(1, ""), context);
  if (!what.empty())
    return fail("\"" + what + "\" is nothing to do with a profile", "weir policy profile", "use `set NAME`");
  TRY(const auto pack, daemon::load_pack(daemon::installed_packs(context.places.config)));
  if (context.json)
    context.out << compact(Json::object({{"profile", pack->profile()}, {"pack", pack->policy_digest()}}))
                << "\n";
  else
    context.out << pack->profile() << "\n";
  return exit_code::kFine;
}

// --- what is in force -------------------------------------------------------------------------------------

Json policy_json(const guard::Pack& pack, const cedar::Policy& policy) {
  const guard::PolicyMeta& meta = pack.meta(policy);
  Json out = Json::object({{"id", policy.id},
                           {"verdict", event::name(meta.verdict)},
                           {"severity", meta.severity},
                           {"class", meta.evidence_class},
                           {"layer", guard::name(pack.layer_of(policy.id))},
                           {"mode", meta.observe ? "observe" : "enforce"},
                           {"reason", meta.reason}});
  if (meta.approvals > 1) out.set("approvals", static_cast<std::int64_t>(meta.approvals));
  return out;
}

Result<int> show(const Args& args, Context& context) {
  TRY(const auto pack, load_policies(args, context));
  if (context.json) {
    Json list = Json::array();
    for (const auto& policy : pack->policies().policies())
      list.push(policy_json(*pack, policy));
    Json out = daemon::activation_facts(*pack);
    out.set("profile", pack->profile()).set("policies", std::move(list));
    context.out << compact(out) << "\n";
    return exit_code::kFine;
  }
  context.out << "profile " << (pack->profile().empty() ? "none (policies of your own)" : pack->profile())
              << ", " << pack->policy_count() << " policies, " << pack->policy_digest() << "\n";
  for (const auto& policy : pack->policies().policies()) {
    const guard::PolicyMeta& meta = pack->meta(policy);
    const auto layer = pack->layer_of(policy.id);
    context.out << fmt::format("  {:<10}{:<9}{}", event::name(meta.verdict), meta.severity,
                               printable(policy.id, 200))
                << (layer == guard::Layer::builtin ? "" : "  (" + std::string(guard::name(layer)) + ")")
                << (meta.observe ? "  (observe)" : "") << "  "
                << context.style.dim(printable(meta.reason, 300)) << "\n";
  }
  for (const auto& waiver : pack->waivers())
    context.out << "  waived    " << printable(waiver.policy, 200) << "  " << printable(waiver.reason, 300)
                << "\n";
  return exit_code::kFine;
}

}  // namespace

CommandSpec policy_profiles_command() {
  return {.name = "policy profiles",
          .summary = "Show how strict the shipped policies can be, and what each choice costs",
          .description =
              "The figures that ship were measured on recorded agent runs (docs/benchmarks.md); --measure "
              "measures on yours.",
          .options = {{"--measure", "TRACES",
                       "rows of `weir replay --jsonl` with `label` and `mal_calls` (docs/cli.md)"}},
          .positionals = {{"TOOLS", "with --measure: lists of tools by suite, as an MCP server gives them"}},
          .takes_rest = false,
          .examples = {{"weir policy profiles", "what ships"},
                       {"weir policy profiles --measure runs.jsonl tools.json", "on runs of your own"}},
          .run = [](const Args& args, Context& context) { return finish(profiles(args, context), context); }};
}

CommandSpec policy_profile_command() {
  return {.name = "policy profile",
          .summary = "Say which profile is in force, or choose one",
          .description = "relaxed, standard (default) or strict; an organisation may ask for one at least.",
          .options = {},
          .positionals =
              {{"ACTION", "`set`, or nothing to be told", false, false, {"set"}},
               {"NAME", "relaxed, standard or strict", false, false, {"relaxed", "standard", "strict"}}},
          .takes_rest = false,
          .examples = {{"weir policy profile", "which is in force"},
                       {"weir policy profile set strict && weir reload", "choose and take into force"}},
          .run = [](const Args& args, Context& context) { return finish(profile(args, context), context); }};
}

CommandSpec policy_show_command() {
  return {.name = "policy show",
          .summary = "List the policies in force, with verdict, layer and reason",
          .description = {},
          .options = {profile_option(), {"--policy", "DIR", "only the *.cedar files of DIR"}},
          .positionals = {},
          .takes_rest = false,
          .examples = {{"weir policy show", "what decides here"},
                       {"weir policy show --profile strict", "what would decide"}},
          .run = [](const Args& args, Context& context) { return finish(show(args, context), context); }};
}

}  // namespace weir::cli
