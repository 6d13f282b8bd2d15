// `weir sigma match`: rows of events -> the rules that match them.
#include <ostream>

#include "base/bytes.h"
#include "base/time_text.h"
#include "cli/jsonl.h"
#include "cli/sigma_commands.h"
#include "cli/sigma_input.h"
#include "daemon/pattern_files.h"
#include "sigma/correlation.h"
#include "sigma/engine.h"

namespace weir::cli {
namespace {

// With its pattern databases from the cache, or into it. A cache that cannot be written is no failure.
Result<sigma::Engine> compile(const sigma::RuleSet& set, const Args& args, const Context& context) {
  if (args.has("--no-cache")) return sigma::Engine::compile(set.rules);
  daemon::PatternFiles kept(args.value_or("--cache", context.places.state + "/cache"));
  return sigma::Engine::compile(set.rules, &kept);
}

sigma::LogSource logsource_of(const Json& json) {
  return {.category = to_lower_ascii(json["category"].text_or("")),
          .product = to_lower_ascii(json["product"].text_or("")),
          .service = to_lower_ascii(json["service"].text_or("")),
          .definition = ""};
}

// "2025-10-23 10:19:13.085" as well as RFC 3339; without a zone it is UTC.
std::optional<std::int64_t> time_of(const Json& value) {
  if (value.is_number()) return static_cast<std::int64_t>(value.as_double() * 1e9);
  std::string text(value.text_or(""));
  if (text.size() > 10 && text[10] == ' ') text[10] = 'T';
  if (const auto time = from_rfc3339(text)) return time;
  return from_rfc3339(text + "Z");
}

class Matching {
 public:
  Matching(const sigma::RuleSet& set, const sigma::Engine& engine, std::optional<std::string> time_field)
      : set_(set), engine_(engine), correlator_(set), time_field_(std::move(time_field)) {}

  Result<Json> answer(const Json& row) {
    if (!row["event"].is_object()) return fail("the row has no event", {}, "rows are {id, logsource, event}");
    if (row.has("logsource") && !row["logsource"].is_object())
      return fail("the logsource is no object", {}, "write {product, category, service}");
    flat_.assign(row["event"]);
    TRY(const auto matched, engine_.match(logsource_of(row["logsource"]), flat_.fields(), workspace_));
    Json matches = Json::array();
    for (const std::uint32_t rule : matched)
      if (set_.rules[rule].reported) matches.push(set_.rules[rule].meta.key());
    if (!set_.correlations.empty()) {
      rules_.assign(matched.begin(), matched.end());
      for (const std::uint32_t fired : correlator_.observe(time_ns(row), flat_.fields(), rules_))
        if (set_.correlations[fired].reported) matches.push(set_.correlations[fired].meta.key());
    }
    return Json::object({{"matches", std::move(matches)}});
  }

  const sigma::Correlator::Evictions& evictions() const { return correlator_.evictions(); }

 private:
  // Of the row, else of the event; an event without a time happens with the one before.
  std::int64_t time_ns(const Json& row) {
    static constexpr std::string_view kNames[] = {"@timestamp", "UtcTime",     "timestamp", "eventTime",
                                                  "EventTime",  "TimeCreated", "time"};
    std::optional<std::int64_t> found = time_of(row["time"]);
    if (time_field_) found = time_of(row["event"][*time_field_]);
    for (const std::string_view name : kNames)
      if (!found && !time_field_) found = time_of(row["event"][name]);
    if (found) last_ns_ = *found;
    return last_ns_;
  }

  const sigma::RuleSet& set_;
  const sigma::Engine& engine_;
  sigma::Correlator correlator_;
  std::optional<std::string> time_field_;
  sigma::Workspace workspace_;
  sigma::FlatEvent flat_;
  std::vector<std::uint32_t> rules_;
  std::int64_t last_ns_ = 0;
};

int run_match(const Args& args, Context& context) {
  const auto files = read_sigma_files(args.values("--rules"));
  if (!files) return report(files.error(), context);
  const auto set = load_sigma_rules(*files, args);
  if (!set) return report(set.error(), context);
  report_sigma_problems(*set, context, false);
  const auto engine = compile(*set, args, context);
  if (!engine) return report(engine.error(), context);
  Matching matching(*set, *engine, args.value("--time-field"));
  const int code =
      run_jsonl(args.positional_or(0, ""), context, [&](const Json& row) { return matching.answer(row); });
  const auto& evictions = matching.evictions();
  if (evictions.groups > 0 || evictions.entries > 0)
    context.err
        << "weir: correlations forgot " << evictions.groups << " groups and " << evictions.entries
        << " events before their time: counts may be too low; use shorter timespans or fewer groups\n";
  return code != exit_code::kFine ? code : set->errors() > 0 ? exit_code::kFindings : exit_code::kFine;
}

}  // namespace

CommandSpec sigma_match_command() {
  std::vector<Option> options = {
      {"--rules", "DIR", "rule files or directories; default: the rules that ship with Weir", true},
      {"--jsonl", "", "rows on standard input or in FILE, one answer a line (always so)"},
      {"--time-field", "NAME", "field of the event that holds its time, for correlations"},
      {"--cache", "DIR", "where compiled patterns are kept; default: below this user's state"},
      {"--no-cache", "", "compile the patterns each time"}};
  for (auto& option : sigma_options())
    options.push_back(std::move(option));
  return {.name = "sigma match",
          .summary = "Tell which Sigma rules match events",
          .description =
              "Rows {id, logsource, event, time?} in, {id, matches:[rule id]} out, in order; correlations "
              "that fire are named too. Exit 1 when a row or a rule was bad (docs/sigma.md).",
          .options = std::move(options),
          .positionals = {{"FILE", "rows; default: standard input"}},
          .takes_rest = false,
          .examples = {{"weir sigma match --rules rules/ --jsonl events.jsonl", "one answer for each row"},
                       {"weir sigma match --rules sigma/rules/linux --rules mine/ < events.jsonl",
                        "two sources"}},
          .run = run_match};
}

}  // namespace weir::cli
