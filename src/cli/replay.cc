// `weir replay`: recorded traces (--jsonl) or this user's own recorded sessions through the guard again.
#include <functional>
#include <map>
#include <ostream>

#include "base/bytes.h"
#include "cli/commands.h"
#include "cli/jsonl.h"
#include "cli/open_store.h"
#include "cli/policies.h"
#include "daemon/pack_loader.h"
#include "daemon/replay.h"
#include "guard/flow_places.h"
#include "guard/guard.h"
#include "ingest/trace.h"
#include "os/process.h"

namespace weir::cli {
namespace {

Json policy_ids(const event::Decision& decision) {
  Json ids = Json::array();
  for (const auto& hit : decision.policies)
    ids.push(hit.policy);
  return ids;
}

// Where each value that gives the call its power comes from, and the bytes where it stands there.
Json provenance_of(const std::optional<flow::Assessment>& assessed, guard::FlowPlaces& places) {
  if (!assessed || !assessed->watched) return Json::array();
  Json values = flow::to_json(*assessed)["values"];
  for (std::size_t i = 0; i < values.as_array().size(); ++i) {
    Json spans = Json::array();
    for (const auto& place : places.of(assessed->values[i])) {
      Json span = guard::to_json(place);
      span.erase("excerpt");
      spans.push(std::move(span));
    }
    if (!spans.as_array().empty()) values.as_array()[i].set("spans", std::move(spans));
  }
  return values;
}

// A trace row: every tool call is decided; a refused one does not stop the replay.
Result<Json> replay_row(const Json& row, const std::shared_ptr<const guard::Pack>& pack) {
  TRY(const ingest::TraceRow trace, ingest::parse_trace(row));
  guard::Guard guard(pack, {.home = "/home/user", .workspace = "/workspace"});
  guard::FlowPlaces places({});
  Json decisions = Json::array();
  std::int64_t number = 0;
  for (event::Event event : trace.events) {
    event.id = "trace-" + std::to_string(number++);
    guard.admit(event);
    if (event.kind != event::kind::kToolCall) {
      guard.note(event);
      places.note(event);
      continue;
    }
    const auto decision = guard.decide(event, {}, {.decision_id = event.id, .level_requested = "replay"});
    decisions.push(Json::object({{"call", event.data["call"]},
                                 {"tool", event.data["tool"]},
                                 {"verdict", event::name(decision.verdict)},
                                 {"policies", policy_ids(decision)},
                                 {"reason", decision.reason},
                                 {"provenance", provenance_of(guard.assessed(), places)}}));
  }
  return Json::object({{"decisions", std::move(decisions)}});
}

// What another set of policies would decide otherwise.
Json changes_json(const Json& before, const Json& after) {
  Json changes = Json::array();
  const auto& old_list = before["decisions"].as_array();
  const auto& new_list = after["decisions"].as_array();
  for (std::size_t i = 0; i < old_list.size() && i < new_list.size(); ++i) {
    if (old_list[i]["verdict"] == new_list[i]["verdict"]) continue;
    changes.push(Json::object({{"call", new_list[i]["call"]},
                               {"tool", new_list[i]["tool"]},
                               {"was", old_list[i]["verdict"]},
                               {"now", new_list[i]["verdict"]},
                               {"policies", new_list[i]["policies"]},
                               {"reason", new_list[i]["reason"]}}));
  }
  return Json::object({{"changes", std::move(changes)}});
}

Result<std::shared_ptr<const guard::Pack>> load_other(const Args& args, bool detectors) {
  return daemon::load_pack({.user_dir = "", .policies_dir = *args.value("--diff"), .detectors = detectors});
}

int diff_rows(const Args& args, Context& context, const std::shared_ptr<const guard::Pack>& pack) {
  const auto other = load_other(args, !args.has("--no-text-detectors"));
  if (!other) return report(other.error(), context);
  return run_jsonl(args.positional_or(0, ""), context, [&](const Json& row) -> Result<Json> {
    TRY(const Json before, replay_row(row, pack));
    TRY(const Json after, replay_row(row, *other));
    return changes_json(before, after);
  });
}

struct Tally {
  std::size_t same = 0;
  std::size_t different = 0;
  std::size_t other_pack = 0;  // the same verdict, decided under other policies: bytes must differ
  std::size_t changed = 0;     // another verdict under the policies given now
  std::size_t erased = 0;
};

void print_difference(const daemon::Redecided& one, Context& context) {
  if (context.json) {
    context.out << compact(Json::object({{"decision", one.decision},
                                         {"tool", one.tool},
                                         {"was", event::name(one.was)},
                                         {"now", event::name(one.now)},
                                         {"same_pack", one.same_pack}}))
                << "\n";
    return;
  }
  context.out << one.decision << "  " << one.tool << "  " << event::name(one.was) << " -> "
              << event::name(one.now) << (one.same_pack ? context.style.red("  NOT DETERMINISTIC") : "")
              << "\n";
}

void count(const daemon::Redecided& one, Tally& tally, Context& context) {
  if (one.erased) {
    ++tally.erased;
  } else if (one.same_pack) {
    if (one.recorded == one.replayed) {
      ++tally.same;
      return;
    }
    ++tally.different;
    print_difference(one, context);
  } else if (one.was == one.now) {
    ++tally.other_pack;
  } else {
    ++tally.changed;
    print_difference(one, context);
  }
}

using PackPointer = std::shared_ptr<const guard::Pack>;
using Records = std::vector<daemon::StoredRecord>;

Status replay_under(const PackPointer& pack, const Records& records, const Context& context,
                    const std::function<void(const daemon::Redecided&)>& on_decision) {
  guard::Guard guard(pack, {.home = context.places.home,
                            .weir_state = context.places.state,
                            .weir_config = context.places.config});
  TRY(const auto decided, daemon::replay_records(records, guard, on_decision));
  (void)decided;
  return {};
}

// One set of policies against what was recorded, or, with `other`, against what the other one decides.
Status replay_tree(const Records& records, const PackPointer& pack, const PackPointer& other, Tally& tally,
                   Context& context) {
  if (other == nullptr)
    return replay_under(pack, records, context, [&](const auto& one) { count(one, tally, context); });
  std::map<std::string, event::Verdict> before;
  TRY_STATUS(replay_under(pack, records, context, [&](const auto& one) { before[one.decision] = one.now; }));
  return replay_under(other, records, context, [&](daemon::Redecided one) {
    if (const auto it = before.find(one.decision); it != before.end()) one.was = it->second;
    one.same_pack = false;
    count(one, tally, context);
  });
}

Result<Tally> replay_store(const OpenStore& open, const PackPointer& pack, const PackPointer& other,
                           Context& context) {
  // The segments themselves say what belongs to a tree: the index may lag behind, and none is needed.
  std::map<std::string, std::vector<store::Position>> trees;
  TRY(const auto end, open.store->for_each({}, [&](const store::Record& record) -> Result<bool> {
    if (record.kind == store::RecordKind::decision || record.kind == store::RecordKind::event)
      trees[record.root].push_back(record.at);
    return true;
  }));
  (void)end;
  Tally tally;
  for (const auto& [root, positions] : trees) {
    TRY(const auto records, daemon::load_records(*open.store, positions));
    TRY_STATUS(replay_tree(records, pack, other, tally, context));
  }
  return tally;
}

int run_replay(const Args& args, Context& context) {
  if (!args.has("--jsonl") && !args.positionals().empty())
    return usage_error("FILE holds rows of --jsonl; without it the store is replayed", context,
                       "weir replay --jsonl " + args.positional_or(0, ""));
  const bool detectors = !args.has("--no-text-detectors");
  auto pack = load_policies(args, context, detectors);
  if (!pack) return report(pack.error(), context);
  if (args.has("--jsonl") && args.has("--diff")) return diff_rows(args, context, *pack);
  if (args.has("--jsonl"))
    return run_jsonl(args.positional_or(0, ""), context,
                     [&](const Json& row) { return replay_row(row, *pack); });
  const auto open = open_store(context);
  if (!open) return report(open.error(), context);
  PackPointer other;
  if (args.has("--diff")) {
    auto loaded = load_other(args, detectors);
    if (!loaded) return report(loaded.error(), context);
    other = *std::move(loaded);
  }
  const auto tally = replay_store(*open, *pack, other, context);
  if (!tally) return report(tally.error(), context);
  if (context.json)
    context.out << compact(Json::object(
                       {{"bit_equal", static_cast<std::uint64_t>(tally->same)},
                        {"different", static_cast<std::uint64_t>(tally->different)},
                        {"other_pack_same_verdict", static_cast<std::uint64_t>(tally->other_pack)},
                        {"other_pack_changed", static_cast<std::uint64_t>(tally->changed)},
                        {"erased", static_cast<std::uint64_t>(tally->erased)}}))
                << "\n";
  else
    context.out << tally->same << " decisions bit-equal, " << tally->different
                << " different; under other policies " << tally->other_pack << " with the same verdict, "
                << tally->changed << " changed; " << tally->erased << " erased\n";
  return tally->different + tally->changed > 0 ? exit_code::kFindings : exit_code::kFine;
}

}  // namespace

CommandSpec replay_command() {
  return {.name = "replay",
          .summary = "Put recorded sessions or traces through the guard again",
          .description =
              "Without --jsonl: every decision of this user's store is made again and compared byte for "
              "byte; with "
              "--policy DIR it shows what other policies would have decided. With --jsonl: rows {id, agent?, "
              "tools?, "
              "trace} in, {id, decisions} out.",
          .options = {{"--jsonl", "", "traces as JSON Lines in, decisions out"},
                      {"--policy", "DIR", "only the *.cedar files of DIR instead of the policies in force"},
                      profile_option(),
                      {"--diff", "DIR", "only what the *.cedar files of DIR would decide otherwise"},
                      {"--no-text-detectors", "",
                       "decide without the detectors of secrets and injections in text"}},
          .positionals = {{"FILE", "rows of --jsonl; default: standard input"}},
          .takes_rest = false,
          .examples = {{"weir replay", "prove that decisions are reproducible"},
                       {"weir replay --policy drafts/", "try a policy on history"},
                       {"weir replay --jsonl traces.jsonl", "recorded traces"}},
          .run = run_replay};
}

}  // namespace weir::cli
