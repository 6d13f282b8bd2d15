// `weir log` and `weir explain`: what was decided, read from the store itself; no daemon is needed.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <ostream>

#include "base/bytes.h"
#include "base/time_text.h"
#include "cli/commands.h"
#include "cli/explain_flow.h"
#include "cli/open_store.h"
#include "cli/redactor.h"
#include "daemon/probes.h"
#include "event/decision.h"
#include "event/event.h"
#include "os/clock.h"

namespace weir::cli {
namespace {

volatile std::sig_atomic_t interrupted = 0;
extern "C" void log_interrupted(int) {
  interrupted = 1;
}

Json body_of(const OpenStore& open, const store::Record& record) {
  const auto envelope = record.json();
  if (!envelope) return {};
  const Json* reference = envelope->find("body");
  if (reference == nullptr) return {};
  const auto bytes = open.store->body(record.root, std::string((*reference)["ref"].text_or("")));
  if (!bytes) return Json::object({{"erased", true}});
  return parse_json(*bytes).value_or(Json());
}

// {"command": …} → the one line that tells people which call it was, without secrets.
std::string call_line(const Json& body, Redactor& redactor) {
  const Json& input = body["input"];
  constexpr std::size_t kBytesMax = 100;
  for (const char* key : {"command", "cmd", "file_path", "path", "url", "pattern", "prompt", "query"})
    if (const auto text = input[key].text_or(""); !text.empty()) return redactor.line(text, kBytesMax);
  if (body["erased"].bool_or(false)) return "(erased)";
  return input.is_object() ? redactor.line(compact(input), kBytesMax)
                           : redactor.line(body["text"].text_or(""), kBytesMax);
}

std::string colored(std::string_view verdict, const Style& style) {
  if (verdict == "allow" || verdict == "warn") return style.green(verdict);
  return verdict == "ask" || verdict == "transform" ? style.yellow(verdict) : style.red(verdict);
}

// One line for a decision, or one JSON object.
void print_decision(const OpenStore& open, const store::Record& record, Redactor& redactor,
                    Context& context) {
  const auto envelope = record.json();
  if (!envelope) return;
  Json event_envelope;
  Json event_body;
  if (const auto detail = open.query->decision(record.id); detail && detail->event) {
    event_envelope = detail->event->json().value_or(Json());
    event_body = body_of(open, *detail->event);
  }
  if (context.json) {
    Json line = *envelope;
    line.set("record", "decision");
    line.set("time", event_envelope["time"]["wall"]);
    line.set("parent", event_envelope["parent"]);
    line.set("call", call_line(event_body, redactor));
    line.set("reason", redactor.json(body_of(open, record)["reason"]));
    context.out << compact(line) << "\n";
    return;
  }
  context.out << event_envelope["time"]["wall"].text_or("").substr(0, 19) << "  "
              << colored((*envelope)["verdict"].text_or(""), context.style) << "  " << record.id.substr(0, 13)
              << "  " << (*envelope)["agent"].text_or("") << " " << (*envelope)["tool"].text_or("") << "  "
              << call_line(event_body, redactor);
  const Json& policies = (*envelope)["policies"];
  if (policies.is_array() && !policies.as_array().empty())
    context.out << "  " << context.style.dim(policies.as_array()[0].text_or(""));
  if (const Json& anomalies = (*envelope)["anomalies"]; anomalies.is_array())
    for (const auto& rule : anomalies.as_array())
      context.out << "  " << context.style.yellow(printable(rule.text_or("")));
  context.out << "\n";
}

void print_event(const OpenStore& open, const store::Record& record, Redactor& redactor, Context& context) {
  const auto envelope = record.json();
  if (!envelope) return;
  const std::string kind((*envelope)["kind"].text_or(""));
  if (!context.json) {
    context.out << (*envelope)["time"]["wall"].text_or("").substr(0, 19) << "  " << context.style.dim("event")
                << "  " << printable(kind) << "  " << printable((*envelope)["agent"]["name"].text_or(""))
                << " " << printable((*envelope)["data"]["tool"].text_or("")) << "  "
                << call_line(body_of(open, record), redactor) << "\n";
    return;
  }
  Json line = *envelope;
  line.set("record", "event");
  if (kind == "tool.call") line.set("call", call_line(body_of(open, record), redactor));
  context.out << compact(line) << "\n";
}

// Weir's own probes, refused once a minute on each path, would bury what people look for. One that was not
// refused is shown.
bool is_refused_probe(const store::Record& record) {
  if (!daemon::is_probe_root(record.root)) return false;
  if (record.kind != store::RecordKind::decision) return true;
  const auto envelope = record.json();
  return envelope && (*envelope)["verdict"].text_or("") == "deny";
}

bool wanted(const Args& args, const store::Record& record) {
  if (!args.has("--all") && is_refused_probe(record)) return false;
  const auto session = args.value("--session");
  return !session || record.session.find(*session) != std::string::npos ||
         record.root.find(*session) != std::string::npos;
}

int run_log(const Args& args, Context& context) {
  const auto open = open_store(context);
  if (!open) return report(open.error(), context);
  std::size_t count = 50;
  if (const auto text = args.value("--last"))
    count = static_cast<std::size_t>(std::strtoul(text->c_str(), nullptr, 10));
  const bool all = args.has("--events");
  std::vector<store::Record> last;
  const auto take = [&](const store::Record& record) {
    if (!wanted(args, record)) return;
    const bool decision = record.kind == store::RecordKind::decision;
    if (!decision && !(all && record.kind == store::RecordKind::event)) return;
    last.push_back(record);
    if (count > 0 && last.size() > count * 2)
      last.erase(last.begin(), last.end() - static_cast<std::ptrdiff_t>(count));
  };
  const auto read = open->store->for_each({}, [&](const store::Record& record) -> Result<bool> {
    take(record);
    return true;
  });
  if (!read) return report(read.error(), context);
  if (count > 0 && last.size() > count)
    last.erase(last.begin(), last.end() - static_cast<std::ptrdiff_t>(count));
  Redactor redactor;
  const auto print = [&](const store::Record& record) {
    if (record.kind == store::RecordKind::decision)
      print_decision(*open, record, redactor, context);
    else
      print_event(*open, record, redactor, context);
  };
  for (const auto& record : last)
    print(record);
  if (!args.has("--follow")) return exit_code::kFine;
  std::signal(SIGINT, log_interrupted);
  store::Position from = *read;
  while (interrupted == 0 && context.out.good()) {
    const auto next = open->store->for_each(from, [&](const store::Record& record) -> Result<bool> {
      last.clear();
      take(record);
      for (const auto& one : last)
        print(one);
      return true;
    });
    if (next) from = *next;
    context.out.flush();
    ::usleep(200'000);
  }
  return exit_code::kFine;
}

void print_hits(const event::Decision& decision, Redactor& redactor, Context& context) {
  for (const auto& hit : decision.policies) {
    context.out << "  " << colored(event::name(hit.verdict), context.style) << "  "
                << context.style.bold(hit.policy) << (hit.mode == "observe" ? " (observing only)" : "")
                << "\n      " << printable(hit.reason) << "\n";
    if (hit.action < decision.actions.size()) {
      const auto& action = decision.actions[hit.action];
      context.out << "      because of: " << action.verb << " " << redactor.line(action.resource, 160)
                  << "\n";
    }
  }
}

// What detectors and rules found; what policies found is said with them.
void print_findings(const event::Decision& decision, Redactor& redactor, Context& context) {
  bool any = false;
  for (const auto& finding : decision.findings) {
    const bool of_policy = std::any_of(decision.policies.begin(), decision.policies.end(),
                                       [&](const auto& hit) { return hit.policy == finding.rule; });
    if (of_policy) continue;
    if (!any) context.out << "findings\n";
    any = true;
    context.out << "  " << event::name(finding.severity) << "  "
                << context.style.bold(printable(finding.rule)) << "\n      "
                << redactor.line(finding.message, 400) << "\n";
  }
}

int run_explain(const Args& args, Context& context) {
  const auto open = open_store(context);
  if (!open) return report(open.error(), context);
  const auto detail = open->query->decision(args.positional_or(0, ""));
  if (!detail) return report(detail.error(), context);
  const Json body = body_of(*open, detail->decision);
  Redactor redactor;
  const auto decision = event::decision_from_json(body);
  const FlowPath path = decision ? flow_path(*open, *decision, redactor) : FlowPath();
  if (context.json) {
    Json shown = redactor.json(body);
    add_spans(shown, path);
    context.out << compact(shown) << "\n";
    return exit_code::kFine;
  }
  if (!decision) {
    context.err << "weir: the content of this decision was erased; its verdict was "
                << detail->decision.json().value_or(Json())["verdict"].text_or("?") << "\n";
    return exit_code::kFindings;
  }
  context.out << context.style.bold("decision ") << decision->id << "\n"
              << "session  " << printable(decision->session) << ", event " << decision->seq << "\n"
              << "call     " << (detail->event ? call_line(body_of(*open, *detail->event), redactor) : "")
              << "\n"
              << "verdict  " << colored(event::name(decision->verdict), context.style);
  if (decision->would != decision->verdict)
    context.out << " (observing; enforcing it would be " << event::name(decision->would) << ")";
  context.out << "\nreason   " << printable(redactor.text(decision->reason)) << "\n";
  if (!decision->advice.empty()) context.out << "advice   " << printable(decision->advice) << "\n";
  if (decision->approval)
    context.out << "approved " << decision->approval->id << " by "
                << printable(compact(Json(Json::Array(decision->approval->approvers)))) << "\n";
  if (!decision->approval_id.empty()) context.out << "held as  " << decision->approval_id << "\n";
  context.out << "policies\n";
  print_hits(*decision, redactor, context);
  print_findings(*decision, redactor, context);
  if (!path.call.values.empty())
    context.out << "values\n" << flow_path_text(path.call, path.sources, {.style = context.style});
  context.out << "actions\n";
  for (const auto& action : decision->actions)
    context.out << "  " << action.verb << " " << redactor.line(action.resource, 160) << "  "
                << context.style.dim(event::name(action.certainty)) << "\n";
  context.out << "isolation " << decision->isolation << ", path verified at: " << decision->level_verified
              << "\npack      " << decision->digests.pack << "\n";
  return exit_code::kFine;
}

}  // namespace

CommandSpec log_command() {
  return {
      .name = "log",
      .summary = "What was decided",
      .description = "Reads the store; needs no daemon. Newest last.",
      .options = {{"-f,--follow", "", "go on showing what is decided"},
                  {"--last", "N", "how many lines (default 50; 0: all)"},
                  {"--session", "TEXT", "only sessions whose name contains TEXT"},
                  {"--all", "", "Weir's own probes too"},
                  {"--events", "",
                   "every event too, not only decisions: a line each, with --json its envelope"}},
      .positionals = {},
      .takes_rest = false,
      .examples = {{"weir log --follow", "live"}, {"weir log --json --events", "everything, for scripts"}},
      .run = run_log};
}

CommandSpec explain_command() {
  return {.name = "explain",
          .summary = "Why one decision came out as it did",
          .description = "",
          .options = {},
          .positionals = {{"DECISION", "its id, or the first characters of it", true}},
          .takes_rest = false,
          .examples = {{"weir explain 0193b2c4", "as shown by `weir log`"}},
          .run = run_explain};
}

}  // namespace weir::cli
