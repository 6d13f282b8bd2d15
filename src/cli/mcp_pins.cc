// `weir mcp pins`, `diff`, `show`, `approve` and `forget`: what tool servers offer, and what changed.
#include <ostream>

#include "base/bytes.h"
#include "base/time_text.h"
#include "cli/ask_daemon.h"
#include "cli/commands.h"

namespace weir::cli {
namespace {

Json question(std::string_view what, const std::string& server = "") {
  Json json = Json::object({{"cmd", "mcp"}, {"do", what}});
  if (!server.empty()) json.set("server", server);
  return json;
}

// "github  26 tools  1 waits: create_issue changed"
void print_launch(const Json& server, const Json& launch, Context& context) {
  context.out << context.style.bold(printable(server["server"].text_or(""), 80)) << "  "
              << launch["pinned"]["tool"].int_or(0) << " tools";
  if (const auto prompts = launch["pinned"]["prompt"].int_or(0); prompts > 0)
    context.out << ", " << prompts << " prompts";
  if (!launch["trusted"].bool_or(false))
    context.out << "  " << context.style.yellow("started in another way than before");
  for (const auto& one : launch["waiting"].as_array())
    context.out << "\n  " << context.style.yellow(std::string(one["state"].text_or(""))) << "  "
                << one["kind"].text_or("") << " " << printable(one["name"].text_or(""), 80);
  context.out << "\n  " << context.style.dim(printable(launch["title"].text_or(""), 160)) << "\n";
}

int pins(const Args&, Context& context) {
  const auto answer = ask_daemon(context, question("list"));
  if (!answer) return report(answer.error(), context);
  const Json& servers = (*answer)["servers"];
  if (!servers.is_array())
    return report(fail(ErrorCode::internal, "the daemon lists no servers", "servers").error(), context);
  bool waits = false;
  for (const auto& server : servers.as_array()) {
    for (const auto& launch : server["launches"].as_array())
      waits = waits || !launch["waiting"].as_array().empty() || !launch["trusted"].bool_or(false);
    if (context.json) {
      context.out << compact(server) << "\n";
      continue;
    }
    if (server.has("broken"))
      context.out << context.style.bold(printable(server["server"].text_or(""), 80)) << "  "
                  << context.style.red("its pins cannot be read") << "\n";
    for (const auto& launch : server["launches"].as_array())
      print_launch(server, launch, context);
  }
  if (servers.as_array().empty() && !context.quiet && !context.json)
    context.err << "no tool server was seen yet; weir mcp wrap --help\n";
  return waits ? exit_code::kFindings : exit_code::kFine;
}

// Both in one shape: the difference alone, or everything that is offered.
int show_or_diff(const Args& args, Context& context, bool whole) {
  const auto answer = ask_daemon(context, question("show", args.positionals().front()));
  if (!answer) return report(answer.error(), context);
  bool differs = false;
  for (const auto& launch : (*answer)["launches"].as_array()) {
    const std::string diff(launch["diff"].text_or(""));
    const bool other = !launch["trusted"].bool_or(false);
    differs = differs || !diff.empty() || other;
    if (context.json) continue;
    context.out << context.style.bold(printable(launch["title"].text_or(""), 160)) << "\n";
    if (other)
      context.out << "  "
                  << context.style.yellow("a server of this name was trusted that is started in another way")
                  << "\n";
    context.out << diff;
    if (!whole) continue;
    for (const auto& [kind, items] : launch["pins"]["pinned"].as_object())
      for (const auto& [name, pin] : items.as_object())
        context.out << "  " << kind << " " << context.style.bold(printable(name, 80)) << "  "
                    << context.style.dim(printable(pin["digest"].text_or(""), 20)) << "\n    "
                    << printable(pin["item"]["description"].text_or(""), 2000) << "\n";
    if (const auto text = launch["pins"]["instructions"]["pinned"].text_or(""); !text.empty())
      context.out << "  instructions\n    " << printable(text, 4000) << "\n";
  }
  if (context.json) context.out << compact(*answer) << "\n";
  if (!context.json && !context.quiet && !differs && !whole)
    context.err << "nothing changed since it was trusted\n";
  return differs && !whole ? exit_code::kFindings : exit_code::kFine;
}

int approve(const Args& args, Context& context) {
  const auto pin = approval_pin(args);
  if (!pin) return report(pin.error(), context);
  const auto& words = args.positionals();
  Json names = Json::array();
  for (std::size_t i = 1; i < words.size(); ++i)
    names.push(words[i]);
  Json asked = question("approve", words.front());
  asked.set("names", std::move(names)).set("pin", *pin);
  const auto answer = ask_daemon(context, asked);
  if (!answer) {
    const int code = report(answer.error(), context);
    return answer.error().code == ErrorCode::not_found ? exit_code::kFindings : code;
  }
  if (context.json) {
    context.out << compact(*answer) << "\n";
  } else if (!context.quiet) {
    context.out << printable(words.front(), 80) << ": approved";
    for (const auto& one : (*answer)["approved"].as_array())
      context.out << " " << printable(one.text_or(""), 80);
    context.out << "\n";
    context.err << "An agent sees it when it asks for the list again: most do when they start.\n";
  }
  return exit_code::kFine;
}

int forget(const Args& args, Context& context) {
  const auto pin = approval_pin(args);
  if (!pin) return report(pin.error(), context);
  const auto answer = ask_daemon(context, question("forget", args.positionals().front()).set("pin", *pin));
  if (!answer) {
    const int code = report(answer.error(), context);
    return answer.error().code == ErrorCode::not_found ? exit_code::kFindings : code;
  }
  if (context.json)
    context.out << compact(*answer) << "\n";
  else if (!context.quiet)
    context.out << printable(args.positionals().front(), 80)
                << ": forgotten; its next offer is trusted as a first one\n";
  return exit_code::kFine;
}

}  // namespace

CommandSpec mcp_pins_command() {
  return {.name = "mcp pins",
          .summary = "Tool servers that were seen, and what of them waits for a person",
          .description = "Exit 1 when something waits.",
          .options = {},
          .positionals = {},
          .takes_rest = false,
          .examples = {{"weir mcp pins", "every server, with what changed"}},
          .run = pins};
}

CommandSpec mcp_diff_command() {
  return {.name = "mcp diff",
          .summary = "What a tool server changed since it was trusted",
          .description =
              "Member by member: descriptions, schemas, annotations, instructions. Exit 1 when something "
              "differs.",
          .options = {},
          .positionals = {{"SERVER", "its name, as in weir mcp pins", true, false}},
          .takes_rest = false,
          .examples = {{"weir mcp diff github", "look before you approve"}},
          .run = [](const Args& args, Context& context) { return show_or_diff(args, context, false); }};
}

CommandSpec mcp_show_command() {
  return {.name = "mcp show",
          .summary = "Everything a tool server says to the model",
          .description = "Descriptions and instructions as they are pinned, control characters made visible.",
          .options = {},
          .positionals = {{"SERVER", "its name, as in weir mcp pins", true, false}},
          .takes_rest = false,
          .examples = {{"weir mcp show github", "what the model reads"}},
          .run = [](const Args& args, Context& context) { return show_or_diff(args, context, true); }};
}

CommandSpec mcp_approve_command() {
  return {
      .name = "mcp approve",
      .summary = "Take over what a tool server offers now",
      .description =
          "Of the way it was started last: all that changed or came, or only what is named. What spoke "
          "against a "
          "description is answered by it, too. Wants the approval PIN; agents cannot do it. It is recorded.",
      .options = {approval_pin_option()},
      .positionals = {{"SERVER", "its name, as in weir mcp pins", true, false},
                      {"NAME", "tools, prompts or \"instructions\"; none: everything", false, true}},
      .takes_rest = false,
      .examples = {{"weir mcp approve github create_issue", "only this tool"}},
      .run = approve};
}

CommandSpec mcp_forget_command() {
  return {.name = "mcp forget",
          .summary = "Forget a tool server: its next offer is trusted again",
          .description = "Also mends pins that cannot be read. Wants the approval PIN. It is recorded.",
          .options = {approval_pin_option()},
          .positionals = {{"SERVER", "its name, as in weir mcp pins", true, false}},
          .takes_rest = false,
          .examples = {{"weir mcp forget github", "begin anew"}},
          .run = forget};
}

}  // namespace weir::cli
