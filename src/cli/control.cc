// What people say to the daemon: approve, deny, stop, resume, pin, reload, status.
#include "cli/ask_daemon.h"
#include "cli/commands.h"

#include <ostream>

#include "base/bytes.h"
#include "cli/prompt.h"

namespace weir::cli {
namespace {

constexpr std::size_t kProblemShownMax = 1000;

int done(const Result<Json>& answer, Context& context, std::string_view text) {
  if (!answer) return report(answer.error(), context);
  if (context.json)
    context.out << compact(*answer) << "\n";
  else if (!context.quiet)
    context.out << text << "\n";
  return exit_code::kFine;
}

int list_held(Context& context) {
  const auto answer = ask_daemon(context, Json::object({{"cmd", "held"}}));
  if (!answer) return report(answer.error(), context);
  if (context.json) {
    context.out << compact(*answer) << "\n";
    return exit_code::kFine;
  }
  const auto& list = (*answer)["held"].as_array();
  if (list.empty()) context.out << "nothing is held\n";
  for (const auto& held : list)
    context.out << context.style.bold(held["id"].text_or("")) << "  " << held["agent"].text_or("") << "  "
                << held["tool"].text_or("") << "  " << printable(held["call"].text_or(""), 120)
                << "\n           " << printable(held["reason"].text_or("")) << "\n           expires "
                << held["expires"].text_or("") << "\n";
  return exit_code::kFine;
}

int answer_held(const Args& args, Context& context, bool yes) {
  if (args.has("--list")) return list_held(context);
  if (args.positionals().empty())
    return usage_error("which call? Give its id", context, "`weir approve --list` shows the open ones");
  const auto pin = approval_pin(args);
  if (!pin) return report(pin.error(), context);
  const auto answer = ask_daemon(
      context,
      Json::object({{"cmd", yes ? "approve" : "deny"}, {"id", args.positionals()[0]}, {"pin", *pin}}));
  return done(answer, context,
              yes ? "approved: the identical call passes once, when the agent repeats it" : "denied");
}

int stop_or_resume(const Args& args, Context& context, bool stop) {
  if (args.positionals().empty() && !args.has("--all"))
    return usage_error("which session? Give its name, or --all", context);
  Json request = Json::object({{"cmd", stop ? "stop" : "resume"},
                               {"session", args.positional_or(0, "")},
                               {"all", args.has("--all")}});
  if (const auto reason = args.value("--reason")) request.set("reason", *reason);
  if (!stop) {
    const auto pin = approval_pin(args);
    if (!pin) return report(pin.error(), context);
    request.set("pin", *pin);
  }
  return done(ask_daemon(context, request), context, stop ? "stopped" : "resumed");
}

int change_pin(const Args& args, Context& context) {
  const auto status = ask_daemon(context, Json::object({{"cmd", "status"}}));
  if (!status) return report(status.error(), context);
  Json request = Json::object({{"cmd", "pin"}});
  if ((*status)["pin_set"].bool_or(false)) {
    const auto old = args.value("--old") ? Result<std::string>(*args.value("--old"))
                                         : ask_secret("Old PIN: ", "--old PIN");
    if (!old) return report(old.error(), context);
    request.set("old", *old);
  }
  const auto fresh =
      args.value("--new") ? Result<std::string>(*args.value("--new")) : ask_secret("New PIN: ", "--new PIN");
  if (!fresh) return report(fresh.error(), context);
  request.set("new", *fresh);
  return done(ask_daemon(context, request), context, "the approval PIN is set");
}

int reload(const Args&, Context& context) {
  const auto answer = ask_daemon(context, Json::object({{"cmd", "reload"}}));
  if (!answer) return report(answer.error(), context);
  if (const auto problem = (*answer)["planner_problem"].text_or(""); !problem.empty() && !context.json)
    context.err << "weir: the planner is off: " << printable(problem, kProblemShownMax) << "\n";
  return done(answer, context, std::to_string((*answer)["policies"].int_or(0)) + " policies in force");
}

const Option kPin = approval_pin_option();

}  // namespace

CommandSpec approve_command() {
  return {.name = "approve",
          .summary = "Let one held call pass",
          .description =
              "A call that a policy holds is refused with an id. After approval the identical call passes "
              "once; any change to it is held again. Agents cannot approve.",
          .options = {{"--list", "", "show the calls that are held"}, kPin},
          .positionals = {{"ID", "as shown in the refusal"}},
          .takes_rest = false,
          .examples = {{"weir approve --list", "what waits"}, {"weir approve k7f2-9qmd", "let it pass once"}},
          .run = [](const Args& args, Context& context) { return answer_held(args, context, true); }};
}

CommandSpec deny_command() {
  return {.name = "deny",
          .summary = "Answer no to a held call",
          .description = "",
          .options = {kPin},
          .positionals = {{"ID", "as shown in the refusal"}},
          .takes_rest = false,
          .examples = {{"weir deny k7f2-9qmd", "the call stays refused"}},
          .run = [](const Args& args, Context& context) { return answer_held(args, context, false); }};
}

CommandSpec stop_command() {
  return {.name = "stop",
          .summary = "Stop a session, or all: nothing more is allowed",
          .description =
              "Every further call of the session is refused. A session under `weir run` is ended as well.",
          .options = {{"--all", "", "every session, and those that begin later"},
                      {"--reason", "TEXT", "shown to the agent and recorded"}},
          .positionals = {{"SESSION", "as `weir status` shows it, or a part of it"}},
          .takes_rest = false,
          .examples = {{"weir stop --all", "the emergency stop"}},
          .run = [](const Args& args, Context& context) { return stop_or_resume(args, context, true); }};
}

CommandSpec resume_command() {
  return {.name = "resume",
          .summary = "Let a stopped session go on",
          .description = "",
          .options = {{"--all", "", "every session"}, kPin},
          .positionals = {{"SESSION", "as `weir status` shows it, or a part of it"}},
          .takes_rest = false,
          .examples = {{"weir resume --all", "after `weir stop --all`"}},
          .run = [](const Args& args, Context& context) { return stop_or_resume(args, context, false); }};
}

CommandSpec pin_command() {
  return {.name = "pin",
          .summary = "Set or change the approval PIN",
          .description =
              "4 to 64 characters, kept as an Argon2id hash. Set it in a terminal that no agent opened.",
          .options = {{"--new", "PIN", "asked for when not given"},
                      {"--old", "PIN", "asked for when one is set"}},
          .positionals = {},
          .takes_rest = false,
          .examples = {{"weir pin", "asks for it without showing it"}},
          .run = change_pin};
}

CommandSpec reload_command() {
  return {.name = "reload",
          .summary = "Read the policies again",
          .description = "A set with a mistake is refused whole and the old one stays in force.",
          .options = {},
          .positionals = {},
          .takes_rest = false,
          .examples = {{"weir reload", "after editing ~/.config/weir/policies/"}},
          .run = reload};
}

}  // namespace weir::cli
