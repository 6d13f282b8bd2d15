// `weir flow tools`: what is assumed of every tool, why, and how the user says otherwise.
#include <algorithm>
#include <ostream>
#include <set>

#include "base/bytes.h"
#include "base/yaml.h"
#include "cli/commands.h"
#include "cli/open_store.h"
#include "cli/policies.h"
#include "content.h"
#include "daemon/planner_settings.h"
#include "flow/tool_book.h"
#include "flow/tool_settings.h"
#include "guard/flow_watch.h"
#include "os/files.h"

namespace weir::cli {
namespace {

constexpr std::size_t kFileBytesMax = limits::kMiB;
constexpr std::size_t kSeenMax = 4096;
constexpr std::size_t kNameShownMax = 120;

std::string settings_file(const Context& context) {
  return context.places.config + "/flow/tools.yaml";
}

// Names of the tools that recorded sessions called, as the room flow knows them; none when nothing is
// recorded.
Result<std::set<std::string>> tools_seen(const Context& context, const flow::Products& products) {
  std::set<std::string> names;
  const auto open = open_store(context);
  if (!open && open.error().code == ErrorCode::not_found) return names;
  if (!open) return std::unexpected(open.error());
  TRY(const auto end, open->store->for_each({}, [&](const store::Record& record) -> Result<bool> {
    if (record.kind != store::RecordKind::event) return true;
    TRY(const Json envelope, record.json());
    if (envelope["kind"].text_or("") != event::kind::kToolCall) return true;
    event::Event call;
    call.agent.name = envelope["agent"]["name"].text_or("");
    call.data = envelope["data"];
    if (call.data["tool"].text_or("").empty()) return true;
    names.insert(guard::flow_name(call, &products));
    return names.size() < kSeenMax;
  }));
  (void)end;
  return names;
}

std::string server_of(std::string_view tool) {
  const auto slash = tool.find('/');
  return std::string(slash == std::string_view::npos ? std::string_view() : tool.substr(0, slash));
}

// Every tool of the product that a server, or an agent as "@NAME", is known as.
void add_tools_of(const std::string& server, const flow::Products& products, std::set<std::string>& names) {
  for (const auto& product : products.all())
    for (const auto& tool : product.tools) {
      const std::string name = server + '/' + tool.name;
      if (products.find(name).product == &product) names.insert(name);
    }
}

std::set<std::string> chosen_tools(const Args& args, const flow::Products& products,
                                   std::set<std::string> names) {
  for (const auto& [name, tool] : products.overrides())
    names.insert(name);
  if (args.has("--yours")) names.clear();
  for (const auto& [server, product] : products.servers())
    add_tools_of(server, products, names);
  if (args.has("--yours"))
    for (const auto& [name, tool] : products.overrides())
      names.insert(name);
  const auto wanted = args.value("--server");
  if (!wanted) return names;
  add_tools_of(*wanted, products, names);
  std::erase_if(names, [&](const std::string& name) { return server_of(name) != *wanted; });
  return names;
}

// What is known, how surely, and what to do about it.
struct Why {
  std::string known;  // "yours" "confirmed" "own" "guessed" "words"
  std::string text;
};

Why why_of(const std::string& tool, const flow::Known& known) {
  const std::string server = server_of(tool);
  const std::string also = known.override != nullptr ? "you said a part of it" : "";
  const auto with = [&](const std::string& text) { return also.empty() ? text : text + "; " + also; };
  if (known.tool == nullptr)
    return known.override != nullptr ? Why{"yours", also}
                                     : Why{"words", "by the words of its name and fields"};
  const std::string& product = known.product->id;
  if (server.starts_with('@')) return {"own", with("the agent's own, as " + product + ".yaml says")};
  if (known.confirmed) return {"confirmed", with("you said that " + server + " is " + product)};
  return {"guessed", with("taken for " + product +
                          " by the name of its server; its words stay untrusted until you "
                          "say --is " +
                          server + '=' + product)};
}

Json row_of(const std::string& tool, const flow::ToolMeaning& meaning, const Why& why) {
  Json row = flow::to_json(meaning);
  row.set("tool", tool);
  row.set("makes_new", meaning.makes_new);
  row.set("readers", std::string(flow::name(meaning.readers)));
  row.set("returns", flow::to_json(meaning.source));
  row.set("known", why.known);
  row.set("why", why.text);
  if (!meaning.product.empty()) row.set("product", meaning.product);
  return row;
}

void print_row(const Json& row, Context& context) {
  const auto& style = context.style;
  const std::string known(row["known"].text_or(""));
  context.out << style.bold(printable(row["tool"].text_or(""), kNameShownMax)) << "  "
              << printable(row["effect"].text_or(""), kNameShownMax)
              << (row["makes_new"].bool_or(false) ? " (makes something new)" : "");
  if (row["changes"].bool_or(true)) context.out << ", read by " << row["readers"].text_or("");
  context.out << "\n  " << (known == "guessed" ? style.yellow(known) : style.green(known)) << ": "
              << printable(row["why"].text_or(""), 2 * kNameShownMax) << "\n";
  for (const char* role : {"authority", "address", "payload", "setting"}) {
    std::string names;
    for (const auto& [field, own] : row["fields"].as_object())
      if (own.text_or("") == role) (names += names.empty() ? "" : ", ") += printable(field, kNameShownMax);
    if (!names.empty()) context.out << "  " << style.dim(role) << " " << names << "\n";
  }
  std::string source;
  for (const auto& [key, value] : row["returns"].as_object())
    (source += source.empty() ? "" : ", ") +=
        key + ' ' + printable(value.is_string() ? value.as_string() : canonical(value), kNameShownMax);
  if (!source.empty()) context.out << "  " << style.dim("returns") << " " << source << "\n";
}

int list_products(const flow::Products& products, Context& context) {
  for (const auto& product : products.all()) {
    if (context.json) {
      context.out << canonical(Json::object({{"product", product.id},
                                             {"title", product.title},
                                             {"homepage", product.homepage},
                                             {"agent", product.agent},
                                             {"servers", Json::strings(product.servers)},
                                             {"match", static_cast<std::uint64_t>(product.match)},
                                             {"tools", static_cast<std::uint64_t>(product.tools.size())}}))
                  << "\n";
      continue;
    }
    context.out << context.style.bold(product.id) << "  " << printable(product.title, kNameShownMax) << ", "
                << product.tools.size() << " tools  " << context.style.dim(product.homepage) << "\n";
  }
  return exit_code::kFine;
}

Result<int> list(const Args& args, Context& context) {
  TRY(const auto pack, load_policies(args, context));
  const auto& products = *pack->flow_products();
  if (args.has("--products")) return list_products(products, context);
  TRY(std::set<std::string> seen, tools_seen(context, products));
  flow::ToolBook book(pack->flow_words(), pack->flow_products());
  const auto tools = chosen_tools(args, products, std::move(seen));
  for (const auto& tool : tools) {
    const Json row = row_of(tool, book.meaning(tool), why_of(tool, products.find(tool)));
    if (context.json)
      context.out << canonical(row) << "\n";
    else
      print_row(row, context);
  }
  if (tools.empty() && !context.quiet)
    context.err << "weir: no tool to show: none is recorded"
                << (args.has("--server") ? " of that server" : "")
                << "; --products lists what is described\n";
  return exit_code::kFine;
}

Result<Json> edited(const Args& args, Json settings) {
  for (const auto& what : args.values("--unset")) {
    TRY(settings, flow::unset(std::move(settings), what));
  }
  for (const auto& what : args.values("--is")) {
    TRY(settings, flow::set_server(std::move(settings), what));
  }
  for (const auto& what : args.values("--set")) {
    TRY(settings, flow::set_tool(std::move(settings), what));
  }
  for (const auto& what : args.values("--trust-domain")) {
    TRY(settings, flow::trust_domain(std::move(settings), what));
  }
  for (const auto& what : args.values("--trust-author")) {
    TRY(settings, flow::trust_author(std::move(settings), what));
  }
  return settings;
}

// What the pack would read with `text` in place of the settings.
Status check(const Context& context, const std::string& text) {
  std::vector<std::pair<std::string, std::string>> files;
  std::string words_text;
  for (const auto& file : content_files()) {
    if (file.name == "flow/words.yaml")
      words_text = file.bytes;
    else if (file.name.starts_with("flow/"))
      files.emplace_back(file.name, file.bytes);
  }
  const std::string dir = context.places.config + "/flow";
  for (const auto& name : os::list_dir(dir)) {
    if (!name.ends_with(".yaml") || name == "tools.yaml" || name == daemon::kPlannerFile) continue;
    TRY(std::string bytes, os::read_file(dir + "/" + name, kFileBytesMax));
    if (name == "words.yaml")
      words_text = std::move(bytes);
    else
      files.emplace_back(dir + "/" + name, std::move(bytes));
  }
  files.emplace_back(settings_file(context), text);
  TRY(const flow::Words words, flow::Words::read(words_text, "flow/words.yaml"));
  std::vector<flow::Products::File> views;
  for (const auto& [name, bytes] : files)
    views.push_back({name, bytes});
  TRY(const flow::Products products, flow::Products::read(views, words));
  return {};
}

Result<int> edit(const Args& args, Context& context) {
  const std::string file = settings_file(context);
  std::string before;
  Json settings = Json::object();
  if (os::exists(file)) {
    TRY(before, os::read_file(file, kFileBytesMax));
    TRY(settings, parse_yaml(before, file));
    if (!settings.is_object()) return fail("must be a map", file, "mend it, or remove it to begin anew");
  }
  TRY(settings, edited(args, std::move(settings)));
  const std::string after = flow::settings_yaml(settings);
  TRY_STATUS(check(context, after));
  const std::string changes = flow::changed_lines(before, after);
  if (!args.has("--dry-run") && before != after) {
    TRY_STATUS(os::make_dirs(context.places.config + "/flow"));
    TRY_STATUS(os::write_file_atomic(file, after, 0600));
  }
  if (context.json) {
    context.out << canonical(Json::object({{"file", file},
                                           {"changed", before != after && !args.has("--dry-run")},
                                           {"diff", changes},
                                           {"settings", settings}}))
                << "\n";
    return exit_code::kFine;
  }
  context.out << printable(file, 2 * kNameShownMax) << (args.has("--dry-run") ? " would change:\n" : ":\n");
  for (const auto line : split(changes.empty() ? "nothing changes" : std::string_view(changes), '\n'))
    if (!line.empty()) context.out << printable(line) << "\n";
  if (!args.has("--dry-run") && !changes.empty() && !context.quiet)
    context.err << "A running daemon takes it up with `weir reload`; sessions that are open keep what they "
                   "began with.\n";
  return exit_code::kFine;
}

int run(const Args& args, Context& context) {
  bool edits = false;
  for (const char* option : {"--set", "--unset", "--is", "--trust-domain", "--trust-author"})
    edits = edits || args.has(option);
  if (!edits && args.has("--dry-run"))
    return usage_error("--dry-run says what --set, --unset, --is or --trust-… would change", context,
                       "give one of them");
  const auto result = edits ? edit(args, context) : list(args, context);
  return result ? *result : report(result.error(), context);
}

}  // namespace

CommandSpec flow_tools_command() {
  return {
      .name = "flow tools",
      .summary = "What is assumed of every tool, and saying otherwise",
      .description =
          "Shows the tools that recorded sessions called and those you said something of: what a call does, "
          "which "
          "fields give it power, where its results come from and who reads what it writes. Known is a tool "
          "by your "
          "word (yours, confirmed), as an agent's own, by a guess from its server's name (guessed), or by "
          "its words.",
      .options = {{"--server", "NAME",
                   "only this server's tools (\"@claude-code\": an agent's own), seen or not"},
                  {"--products", "", "list the products that are described"},
                  {"--yours", "", "only what you said"},
                  {"--set", "WHAT",
                   "TOOL.FIELD=ROLE, or TOOL:KEY=VALUE (effect, makes_new, readers, source, integrity, "
                   "confidentiality, form, author)",
                   true},
                  {"--unset", "WHAT",
                   "take back TOOL, TOOL.FIELD, TOOL:KEY, a server, a domain or PRODUCT=AUTHOR", true},
                  {"--is", "NAME=PRODUCT", "the server configured as NAME is this product (or none)", true},
                  {"--trust-domain", "DOMAIN", "pages of this domain are as good as your own files", true},
                  {"--trust-author", "PRODUCT=AUTHOR",
                   "what this author writes there is as good as your own files; commits=AUTHOR: only files "
                   "that such authors committed are",
                   true},
                  {"--dry-run", "", "show what would change, write nothing"}},
      .examples = {{"weir flow tools --server github", "what is assumed of the server called github"},
                   {"weir flow tools --is github=github --trust-author github=ann",
                    "that server is GitHub, and ann's "
                    "issues are trusted"},
                   {"weir flow tools --set crm/note_add.text=payload --set crm/note_add:readers=listed",
                    "describe a tool that nobody knows"}},
      .run = run};
}

}  // namespace weir::cli
