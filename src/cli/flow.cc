// `weir flow`: where the data of a recorded session came from and where it went.
#include <algorithm>
#include <charconv>
#include <ostream>
#include <set>

#include "base/bytes.h"
#include "base/time_text.h"
#include "cli/commands.h"
#include "cli/flow_view.h"
#include "cli/open_store.h"
#include "cli/policies.h"
#include "cli/redactor.h"
#include "daemon/probes.h"
#include "daemon/replay.h"
#include "guard/guard.h"
#include "os/files.h"

namespace weir::cli {
namespace {

// Places of all records of the session trees that `wanted` names. Weir's own probes are none.
Result<std::map<std::string, std::vector<store::Position>>> trees_of(const OpenStore& open,
                                                                     std::string_view wanted) {
  std::map<std::string, std::vector<store::Position>> trees;
  std::set<std::string> chosen;
  TRY(const auto end, open.store->for_each({}, [&](const store::Record& record) -> Result<bool> {
    if (record.kind != store::RecordKind::decision && record.kind != store::RecordKind::event) return true;
    if (daemon::is_probe_root(record.root)) return true;
    if (record.root.find(wanted) != std::string::npos || record.session.find(wanted) != std::string::npos)
      chosen.insert(record.root);
    trees[record.root].push_back(record.at);
    return true;
  }));
  (void)end;
  // Who names a session exactly means that one.
  if (trees.contains(std::string(wanted))) chosen = {std::string(wanted)};
  std::erase_if(trees, [&](const auto& tree) { return !chosen.contains(tree.first); });
  return trees;
}

Result<std::vector<daemon::StoredRecord>> records_of(const OpenStore& open, const std::string& session) {
  TRY(const auto trees, trees_of(open, session));
  if (trees.empty())
    return fail(ErrorCode::not_found, "no session of that name is recorded", session,
                "`weir flow` lists the latest ones");
  if (trees.size() > 1)
    return fail("several sessions have that in their names", session,
                "give more of it; one of them is " + trees.begin()->first);
  return daemon::load_records(*open.store, trees.begin()->second);
}

Result<guard::FlowGraph> graph_of(const std::vector<daemon::StoredRecord>& records,
                                  const std::shared_ptr<const guard::Pack>& pack, Context& context) {
  Redactor redactor;
  guard::FlowGraphMaker maker([&](std::string_view text) { return redactor.text(text); });
  guard::Guard guard(pack, {.home = context.places.home,
                            .weir_state = context.places.state,
                            .weir_config = context.places.config});
  for (const auto& record : records)
    if (record.erased && record.kind == store::RecordKind::event) maker.add_erased();
  TRY(const auto decided, daemon::replay_records(records, guard, {}, [&](const daemon::ReplayStep& step) {
        std::optional<event::Decision> recorded;
        if (step.recorded != nullptr)
          if (auto read = event::decision_from_json(*step.recorded)) recorded = *std::move(read);
        const auto& assessed = guard.assessed();
        const bool judged = step.again != nullptr && assessed.has_value();
        maker.add(
            {step.event, recorded ? &*recorded : step.again, judged ? &*assessed : nullptr, guard.flow()});
      }));
  (void)decided;
  return maker.take();
}

struct Listed {
  store::SessionSummary session;
  Json labels;  // of its newest decision
};

Result<std::vector<Listed>> recent(const OpenStore& open, std::size_t count) {
  TRY(const auto sessions, open.query->sessions({.count_max = store::Query::kCountMax}));
  std::vector<Listed> list;
  for (const auto& session : sessions) {
    if (list.size() >= count) break;
    if (session.session != session.root || daemon::is_probe_root(session.root)) continue;
    Listed one{session, {}};
    TRY(const auto newest, open.query->decisions({.root = session.root, .count_max = 1}));
    if (!newest.empty() && !session.erased) {
      store::RecordReader reader(*open.store);
      TRY(const auto record, reader.read(newest.front().at));
      TRY(const Json envelope, record.json());
      if (const auto body = open.store->body(record.root, std::string(envelope["body"]["ref"].text_or(""))))
        one.labels = parse_json(*body).value_or(Json())["labels"];
    }
    list.push_back(std::move(one));
  }
  return list;
}

std::string label_words(const Listed& one, const Style& style) {
  if (one.session.erased) return style.dim("erased");
  const auto integrity = one.labels["integrity"].text_or("");
  if (integrity.empty()) return style.green("nothing untrusted read");
  std::string text = integrity == "untrusted" ? style.red(integrity) : std::string(integrity);
  const auto& because = one.labels["because"];
  if (because.is_array() && !because.as_array().empty())
    text += " since step " + std::to_string(because.as_array().front().int_or(0));
  if (const auto secrecy = one.labels["confidentiality"].text_or("public"); secrecy != "public")
    text += ", " + style.yellow(secrecy);
  return text;
}

int list_recent(const Args& args, Context& context) {
  const auto open = open_store(context);
  if (!open) return report(open.error(), context);
  constexpr std::size_t kListed = 20;
  const auto list = recent(*open, args.has("--all") ? store::Query::kCountMax : kListed);
  if (!list) return report(list.error(), context);
  for (const auto& one : *list) {
    const auto& session = one.session;
    if (context.json) {
      context.out << compact(Json::object({{"agent", session.agent},
                                           {"decisions", session.decisions},
                                           {"erased", session.erased},
                                           {"events", session.events},
                                           {"label", one.labels.is_object() ? one.labels : Json::object()},
                                           {"last", rfc3339(session.last_ns)},
                                           {"refused", session.refused},
                                           {"root", session.root}}))
                  << "\n";
      continue;
    }
    context.out << rfc3339(session.last_ns).substr(0, 19) << "  "
                << context.style.bold(printable(session.root, 60)) << "  " << session.decisions << " calls, "
                << session.refused << " stopped  " << label_words(one, context.style) << "\n";
  }
  if (list->empty() && !context.quiet) context.err << "weir: no sessions yet\n";
  return exit_code::kFine;
}

Result<guard::FlowGraph> chosen_part(guard::FlowGraph graph, const Args& args) {
  if (const auto text = args.value("--call")) {
    std::uint64_t seq = 0;
    const auto read = std::from_chars(text->data(), text->data() + text->size(), seq);
    if (read.ec != std::errc() || read.ptr != text->data() + text->size())
      return fail("this is no number of a step", *text, "as shown by `weir flow SESSION --all`");
    auto part = only_call(std::move(graph), seq);
    if (!part)
      return fail(ErrorCode::not_found, "that step is no call", *text, "see `weir flow SESSION --all`");
    return *std::move(part);
  }
  return args.has("--all") ? std::move(graph) : only_telling(std::move(graph));
}

int run_flow(const Args& args, Context& context) {
  if (args.positionals().empty()) return list_recent(args, context);
  const auto open = open_store(context);
  if (!open) return report(open.error(), context);
  const auto records = records_of(*open, args.positional_or(0, ""));
  if (!records) return report(records.error(), context);
  const auto pack = load_policies(args, context);
  if (!pack) return report(pack.error(), context);
  auto whole = graph_of(*records, *pack, context);
  if (!whole) return report(whole.error(), context);
  const auto graph = chosen_part(*std::move(whole), args);
  if (!graph) return report(graph.error(), context);
  if (const auto file = args.value("--svg")) {
    if (*file == "-") {
      context.out << flow_svg(*graph);
    } else if (const auto written = os::write_file_atomic(*file, flow_svg(*graph), 0644); !written) {
      return report(written.error(), context);
    }
  }
  if (context.json)
    context.out << compact(guard::to_json(*graph)) << "\n";
  else if (!args.has("--svg"))
    context.out << flow_text(*graph,
                             {.style = context.style, .folded = !args.has("--all") && !args.has("--call")});
  return exit_code::kFine;
}

}  // namespace

CommandSpec flow_command() {
  return {.name = "flow",
          .summary = "Where the data of a session came from and where it went",
          .description =
              "The graph of one recorded session tree: what came in, how far the session could be trusted "
              "since, and for each call where its values stand in what came in. Made by replaying the "
              "record; verdicts are those that were given. Without SESSION: the latest sessions with their "
              "labels.",
          .options = {{"--all", "", "every step, not only what tells something; every session"},
                      {"--call", "N", "only the call at step N with what leads to it"},
                      {"--svg", "FILE", "a picture; \"-\": to standard output"},
                      {"--policy", "DIR", "only the *.cedar files of DIR instead of the policies in force"}},
          .positionals = {{"SESSION", "its name, or a part of it that no other has"}},
          .takes_rest = false,
          .examples = {{"weir flow", "the latest sessions"},
                       {"weir flow 4f2a", "why its calls were stopped"},
                       {"weir flow 4f2a --svg flow.svg", "as a picture"}},
          .run = run_flow};
}

}  // namespace weir::cli
