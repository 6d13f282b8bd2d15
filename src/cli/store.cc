// `weir store stats|check|rebuild|erase|mend`: look after the store. stats and check work beside a running
// daemon, erase is done by it; the others need the store for themselves.
#include <fmt/format.h>

#include <istream>
#include <ostream>

#include "base/bytes.h"
#include "cli/ask_daemon.h"
#include "cli/commands.h"
#include "net/local_client.h"
#include "os/files.h"
#include "store/check.h"
#include "store/sqlite_index.h"
#include "store/sqlite_query.h"

namespace weir::cli {
namespace {

const Option kDirOption{"--dir", "DIR", "the store; default: this user's"};
const Option kKeysOption{"--keys", "DIR", "the keys of its sessions; default: this user's"};

store::Options options_of(const Args& args, const Context& context) {
  store::Options options = store::options_at(context.places);
  options.dir = args.value_or("--dir", options.dir);
  options.keys_dir = args.value_or("--keys", options.keys_dir);
  return options;
}

Result<std::unique_ptr<store::Store>> open_to_read(const Args& args, const Context& context) {
  store::Options options = options_of(args, context);
  options.read_only = true;
  return store::Store::open(options);
}

// Opens for writing; a store that is not there is not made.
Result<std::unique_ptr<store::Store>> open_to_write(const Args& args, const Context& context,
                                                    bool accept_damage = false) {
  store::Options options = options_of(args, context);
  options.accept_damage = accept_damage;
  if (!os::exists(options.segments_dir()))
    return fail(ErrorCode::not_found, "there is no store", options.dir,
                "`weir daemon` or `weir run` makes one");
  return store::Store::open(options);
}

Json report_json(const store::CheckReport& report, const store::Options& options) {
  Json records = Json::object();
  for (const auto& [kind, count] : report.records)
    records.set(kind, count);
  Json ledger = Json::object({{"entries", report.ledger_entries}});
  if (report.first_ledger) ledger.set("first", *report.first_ledger);
  if (report.last_ledger) ledger.set("last", *report.last_ledger);
  Json json = Json::object({{"dir", options.dir},
                            {"segments", report.segments},
                            {"bytes", report.bytes},
                            {"batches", report.batches},
                            {"records", std::move(records)},
                            {"bodies", report.bodies},
                            {"body_bytes", report.body_bytes},
                            {"keys", report.keys},
                            {"ledger", std::move(ledger)}});
  if (const auto index = os::file_info(options.index_file()))
    json.set("index", Json::object({{"bytes", index->size}}));
  Json damages = Json::array();
  for (const store::Damage& damage : report.damages)
    damages.push(Json::object(
        {{"file", damage.file}, {"begin", damage.begin}, {"end", damage.end}, {"what", damage.what}}));
  json.set("damages", std::move(damages));
  return json;
}

void print_report(const store::CheckReport& report, const store::Options& options, Context& context) {
  const Style& style = context.style;
  context.out << style.bold(printable(options.dir)) << "\n";
  context.out << fmt::format("  segments  {} ({:.1f} MiB, {} batches)\n", report.segments,
                             static_cast<double>(report.bytes) / limits::kMiB, report.batches);
  for (const auto& [kind, count] : report.records)
    context.out << fmt::format("  {:<9} {}\n", kind, count);
  context.out << fmt::format("  bodies    {} ({:.1f} MiB as stored), readable of {} session trees\n",
                             report.bodies, static_cast<double>(report.body_bytes) / limits::kMiB,
                             report.keys);
  if (report.first_ledger && report.last_ledger)
    context.out << fmt::format("  ledger    {} entries, {} to {}\n", report.ledger_entries,
                               *report.first_ledger, *report.last_ledger);
  const auto index = os::file_info(options.index_file());
  context.out << "  index     "
              << (index ? fmt::format("{:.1f} MiB", static_cast<double>(index->size) / limits::kMiB) : "none")
              << "\n";
  for (const store::Damage& damage : report.damages)
    context.out << style.red("damaged")
                << fmt::format("  {}, bytes {} to {}: {}\n", printable(damage.file), damage.begin, damage.end,
                               printable(damage.what));
}

int run_stats(const Args& args, Context& context) {
  const auto store = open_to_read(args, context);
  if (!store) return report(store.error(), context);
  const auto found = store::check_store(**store);
  if (!found) return report(found.error(), context);
  if (context.json)
    context.out << compact(report_json(*found, (*store)->options())) << "\n";
  else
    print_report(*found, (*store)->options(), context);
  return exit_code::kFine;
}

int run_check(const Args& args, Context& context) {
  const auto store = open_to_read(args, context);
  if (!store) return report(store.error(), context);
  const auto found = store::check_store(**store);
  if (!found) return report(found.error(), context);
  const bool good = found->damages.empty();
  if (context.json) {
    Json json = report_json(*found, (*store)->options());
    json.set("ok", good);
    context.out << compact(json) << "\n";
  } else if (!context.quiet || !good) {
    print_report(*found, (*store)->options(), context);
    context.out << (good ? context.style.green("every frame agrees with its checksum")
                         : context.style.red("damaged"))
                << "\n";
  }
  return good ? exit_code::kFine : exit_code::kFindings;
}

int run_rebuild(const Args& args, Context& context) {
  const auto store = open_to_write(args, context);
  if (!store) return report(store.error(), context);
  const auto records = store::rebuild_index(**store);
  if (!records) return report(records.error(), context);
  if (context.json)
    context.out << compact(Json::object({{"records", *records}})) << "\n";
  else if (!context.quiet)
    context.out << fmt::format("index rebuilt from {} records\n", *records);
  return exit_code::kFine;
}

int run_mend(const Args& args, Context& context) {
  const auto store = open_to_write(args, context, true);
  if (!store) return report(store.error(), context);
  const auto end = store::to_text((*store)->end());
  if (context.json)
    context.out << compact(Json::object({{"continues_at", end}})) << "\n";
  else if (!context.quiet)
    context.out << "the store can be written again, from " << end
                << "; damaged places stay as they are and `weir store check` goes on naming them\n";
  return exit_code::kFine;
}

// The tree a session belongs to: from the index, or by reading through the segments.
Result<std::string> root_of(const store::Store& store, const std::string& session) {
  store::SqliteQuery query(store);
  if (const auto events = query.events(session, 0, 1); events && !events->empty())
    return events->front().root;
  std::optional<std::string> root;
  std::vector<store::Damage> damages;
  TRY_STATUS(store.for_each(
      {},
      [&](const store::Record& record) -> Result<bool> {
        if (record.session == session || record.root == session) root = record.root;
        return !root;
      },
      &damages));
  if (!root)
    return fail(ErrorCode::not_found, "nothing is stored of this session", session,
                "`weir log` names sessions; give the whole name");
  return *root;
}

bool confirmed(const Args& args, const std::string& root, Context& context) {
  if (args.has("--yes")) return true;
  context.err << "This destroys for ever what was said and done in " << printable(root)
              << " and all its sub-agents.\nNames, times, verdicts and proofs stay. Type yes to go on: "
              << std::flush;
  std::string answer;
  return std::getline(context.in, answer) && trim(answer) == "yes";
}

int print_erased(const std::string& root, bool erased, Context& context) {
  if (context.json)
    context.out << compact(Json::object({{"root", root}, {"erased", erased}})) << "\n";
  else if (!context.quiet)
    context.out << (erased ? "erased " : "there was no content of ") << printable(root) << "\n";
  return exit_code::kFine;
}

// A daemon that runs holds the store and what it remembers of the session: it does it.
int erase_by_daemon(const Args& args, net::LocalClient& client, Context& context) {
  constexpr int kAnswerMs = 60'000;
  const std::string session = args.positional_or(0, "");
  if (!confirmed(args, session, context)) {
    context.err << "weir: nothing was erased\n";
    return exit_code::kFindings;
  }
  const auto pin = approval_pin(args);
  if (!pin) return report(pin.error(), context);
  const auto answer =
      client.call(Json::object({{"cmd", "erase"}, {"session", session}, {"pin", *pin}}), kAnswerMs);
  if (!answer) return report(answer.error(), context);
  return print_erased(std::string((*answer)["root"].text_or("")), (*answer)["erased"].bool_or(false),
                      context);
}

int run_erase(const Args& args, Context& context) {
  constexpr int kConnectMs = 2000;
  if (!args.has("--dir") && !args.has("--keys"))
    if (auto client = net::LocalClient::connect(context.places.control_socket(), kConnectMs))
      return erase_by_daemon(args, *client, context);
  const auto store = open_to_write(args, context);
  if (!store) return report(store.error(), context);
  const auto root = root_of(**store, args.positional_or(0, ""));
  if (!root) return report(root.error(), context);
  if (!confirmed(args, *root, context)) {
    context.err << "weir: nothing was erased\n";
    return exit_code::kFindings;
  }
  const auto erased = (*store)->erase(*root);
  if (!erased) return report(erased.error(), context);
  // The index holds no content, only where bodies lay; it catches up at the latest when the daemon starts.
  if (auto index = store::SqliteIndex::open(**store))
    for (Result<bool> more = true; more && *more;)
      more = index->catch_up(**store);
  return print_erased(*root, *erased, context);
}

}  // namespace

CommandSpec store_stats_command() {
  return {.name = "store stats",
          .summary = "What the store holds and how large it is",
          .options = {kDirOption, kKeysOption},
          .examples = {{"weir store stats --json", "for a script"}},
          .run = run_stats};
}

CommandSpec store_check_command() {
  return {.name = "store check",
          .summary = "Verify every frame of the store",
          .description = "Names each damaged place with file and offset. Exit 1 when there is one.",
          .options = {kDirOption, kKeysOption},
          .examples = {{"weir store check", "this user's store"}},
          .run = run_check};
}

CommandSpec store_rebuild_command() {
  return {.name = "store rebuild",
          .summary = "Build the index anew from the segments",
          .description = "The index holds nothing that the segments do not; deleting it is always safe.",
          .options = {kDirOption, kKeysOption},
          .examples = {{"weir store rebuild", "after the index was lost or damaged"}},
          .run = run_rebuild};
}

CommandSpec store_erase_command() {
  return {
      .name = "store erase",
      .summary = "Destroy the content of a session, keep its proofs",
      .description =
          "Deletes the key of the session's whole tree, sub-agents included. Records, commitments and ledger "
          "proofs stay valid; bodies answer \"erased\". It cannot be undone. A running daemon does it itself "
          "and wants the approval PIN.",
      .options = {{"--yes", "", "do not ask"},
                  {"--pin", "PIN", "the approval PIN, when a daemon runs; asked for when not given"},
                  kDirOption,
                  kKeysOption},
      .positionals = {{"SESSION", "any session of the tree", true}},
      .examples = {{"weir store erase claude-code:5f0c --yes", "without being asked"}},
      .run = run_erase};
}

CommandSpec store_mend_command() {
  return {.name = "store mend",
          .summary = "Let a store with a damaged last segment be written again",
          .description = "Begins a new segment behind the damaged one. Nothing is deleted or changed.",
          .options = {kDirOption, kKeysOption},
          .examples = {{"weir store mend", "when the daemon refuses to start because of damage"}},
          .run = run_mend};
}

}  // namespace weir::cli
