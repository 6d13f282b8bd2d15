#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "cli/flow_leaving.h"
#include "cli/flow_view.h"

namespace weir::cli {
namespace {

using flow::Integrity;
using flow::Origin;
using guard::FlowCall;
using guard::FlowGraph;
using guard::FlowPlace;
using guard::FlowSource;
using guard::FlowValue;

constexpr std::size_t kFieldColumnsMax = 16;
constexpr std::size_t kValueBytesMax = 80;
constexpr std::size_t kPlacesShownMax = 2;

std::string in_label(const flow::Label& label, const Style& style) {
  const std::string text(flow::name(label.integrity()));
  std::string out = label.integrity() == Integrity::untrusted   ? style.red(text)
                    : label.integrity() == Integrity::workspace ? style.cyan(text)
                                                                : style.green(text);
  if (label.confidentiality() != flow::Confidentiality::open)
    out += " " + style.yellow(flow::name(label.confidentiality()));
  for (const auto& category : label.categories())
    out += " " + style.dim(printable(category, 40));
  return out;
}

std::string in_verdict(event::Verdict verdict, const Style& style) {
  const auto text = event::name(verdict);
  if (verdict <= event::Verdict::warn) return style.green(text);
  return verdict <= event::Verdict::ask ? style.yellow(text) : style.red(text);
}

// Whose choice a value is, in words.
std::string whose(const FlowValue& value, const Style& style) {
  const bool yes = value.of.endorsed;
  if (value.of.copied)
    return style.red(
        fmt::format("put together: {} bytes of it come from text, not from you", value.of.copied->bytes));
  switch (value.of.origin) {
    case Origin::user:
      return yes ? style.green("you typed it") : style.yellow("like what you typed, but disguised");
    case Origin::errand:
      return yes ? style.green("from the text you sent the agent to")
                 : style.yellow("one of several in the text you sent the agent to");
    case Origin::listed:
      return yes ? style.green("listed where you pointed") : style.yellow("listed; you did not point at it");
    case Origin::workspace_text:
      return yes ? style.green("from your own files") : style.yellow("from your own files; not asked for");
    case Origin::named_text:
      return yes ? style.green("the only one in the text you named")
                 : style.red("from text you named, not from you");
    case Origin::untrusted_text:
      return yes ? style.green("from text, as you asked") : style.red("from untrusted text, not from you");
    case Origin::own:
      break;
  }
  return yes ? style.green("the model's own") : style.yellow("the model's own: nobody said it");
}

const FlowSource* source_at(const std::vector<FlowSource>& sources, std::uint64_t seq) {
  const auto it =
      std::find_if(sources.begin(), sources.end(), [&](const auto& source) { return source.seq == seq; });
  return it == sources.end() ? nullptr : &*it;
}

std::string size_text(std::uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  if (bytes < 1'000'000) return fmt::format("{:.1f} kB", static_cast<double>(bytes) / 1e3);
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

std::string source_name(const FlowSource& source) {
  if (source.prompt) return "you";
  return source.tool.empty() ? "a result" : printable(source.tool, 40);
}

std::string excerpt_line(const guard::FlowExcerpt& excerpt, const Style& style) {
  return style.dim((excerpt.cut_before ? "…" : "") + printable(excerpt.before)) + "[" +
         style.bold(printable(excerpt.value)) + "]" +
         style.dim(printable(excerpt.after) + (excerpt.cut_after ? "…" : ""));
}

// "step 6, WebFetch https://site.example, body of record 2 by bob@x.org, bytes 132–148"
std::string place_line(const FlowPlace& place, const std::vector<FlowSource>& sources, const Style& style) {
  std::string text = "step " + std::to_string(place.seq);
  if (const FlowSource* source = source_at(sources, place.seq)) {
    text += ", " + source_name(*source);
    if (!source->prompt && !source->what.empty()) text += " " + printable(source->what, 50);
    if (source->label.integrity() == Integrity::untrusted) text += " (" + style.red("untrusted") + ")";
  }
  if (!place.member.empty())
    text += fmt::format(", {} of record {}", printable(place.member, 40), place.record);
  if (!place.author.empty()) text += ", which says it is by " + printable(place.author, 60);
  return text + fmt::format(", bytes {}–{}", place.begin, place.end);
}

void add_value(std::string& out, const FlowValue& value, const std::vector<FlowSource>& sources,
               const Style& style, const std::string& margin) {
  const std::string field = printable(value.of.field, kFieldColumnsMax);
  const std::string value_text = printable(value.of.value, kValueBytesMax);
  out += margin + fmt::format("{:<10}", field) + " " +
         (value.of.endorsed ? value_text : style.bold(value_text)) + "   " + whose(value, style) + "\n";
  std::size_t shown = 0;
  for (const auto& place : value.places) {
    // What the user typed needs no proof in every line.
    if (shown++ >= kPlacesShownMax || (value.of.endorsed && value.of.origin == Origin::user)) break;
    out += margin + "  └ " + place_line(place, sources, style) + "\n";
    out += margin + "    " + excerpt_line(place.excerpt, style) + "\n";
  }
}

void add_source(std::string& out, const FlowSource& source, const Style& style) {
  out += fmt::format("{:>6}  ", source.seq) + style.bold(source_name(source)) + "  " +
         printable(source.what, 90) + "  " + style.dim(size_text(source.bytes)) +
         (source.failed ? "  failed" : "") + (source.prompt ? "" : "  " + in_label(source.label, style)) +
         "\n";
  if (source.narrow)
    out +=
        "        " +
        style.dim(fmt::format("▼ narrow return of sub-agent {}: its answer is one {}; what it read no longer "
                              "counts for the main agent",
                              printable(source.narrow->agent, 40), flow::name(source.narrow->as))) +
        "\n";
}

// A sentence in lines of a terminal.
void add_wrapped(std::string& out, std::string_view sentence, const std::string& margin) {
  constexpr std::size_t kColumns = 92;
  const std::string all = printable(sentence);
  std::string row;
  for (const auto word : split(all, ' ')) {
    if (!row.empty() && row.size() + word.size() >= kColumns) {
      out += margin + row + "\n";
      row.clear();
    }
    (row += row.empty() ? "" : " ") += word;
  }
  out += margin + row + "\n";
}

void add_leaving(std::string& out, const Json& more, const Style& style, const std::string& margin) {
  for (const auto& row : leaving_rows(more)) {
    const std::string text = row.tone == LeavingRow::Tone::good  ? style.green(row.text)
                             : row.tone == LeavingRow::Tone::bad ? style.red(row.text)
                                                                 : style.yellow(row.text);
    out += margin + fmt::format("{:<10} ", row.what) + text + "\n";
  }
}

void add_call(std::string& out, const FlowCall& call, const std::vector<FlowSource>& sources,
              const Style& style) {
  const bool stopped = !call.released();
  out += fmt::format("{} {:>4}  ", stopped ? style.red("✗") : style.green("✓"), call.seq) +
         style.bold(printable(call.tool, 60)) + "  " + in_verdict(call.verdict, style);
  if (stopped)
    for (const auto& policy : call.policies)
      out += "  " + printable(policy, 60);
  out += "\n";
  const std::string margin = "        ";
  if (!call.what.empty()) out += margin + style.dim(printable(call.what, 110)) + "\n";
  for (const auto& value : call.values)
    add_value(out, value, sources, style, margin);
  add_leaving(out, call.more, style, margin);
  if (stopped) {
    add_wrapped(out, call.reason, margin);
  }
  if (!call.complete)
    out +=
        margin +
        style.yellow(
            "Not all that was read could be looked at: nothing counts as chosen by you but what you typed.") +
        "\n";
  for (const auto& who : call.approved)
    out += margin + "approved by " + printable(who, 80) + "\n";
}

// That a person spoke is no news.
void add_rise(std::string& out, const guard::FlowRise& rise, const Style& style) {
  if (rise.label.integrity() <= Integrity::user &&
      rise.label.confidentiality() == flow::Confidentiality::open && rise.label.categories().empty())
    return;
  out += "        " + style.dim("▲ from here on the session is ") + in_label(rise.label, style) + "\n";
}

// "◆ your planner of step 1: you ask to send, share; more than one is meant"
void add_plan(std::string& out, const guard::FlowPlan& plan, const Style& style) {
  std::string text;
  const auto also = [&](const std::string& part) { text += (text.empty() ? "" : "; ") + part; };
  const auto listed = [](const Json& list) {
    std::string names;
    for (const auto& one : list.as_array())
      names += (names.empty() ? "" : ", ") + printable(one.text_or(""), 60);
    return names;
  };
  if (const Json& orders = plan.plan["orders"]; orders.is_array() && !orders.as_array().empty())
    also("you ask to " + listed(orders));
  if (plan.plan["follows_links"].bool_or(false)) also("links are to be followed");
  if (plan.plan["errands"].bool_or(false)) also("what is to be done stands elsewhere");
  if (plan.plan["many"].bool_or(false)) also("more than one is meant");
  if (const Json& values = plan.plan["values"]; values.is_array() && !values.as_array().empty())
    also("you name " + listed(values));
  if (plan.outcome != "used") text = "its answer is not used: " + printable(plan.why, 200);
  if (text.empty()) text = "nothing more than the words say";
  out += fmt::format("{:>6}  ", plan.seq) +
         style.dim(fmt::format("◆ your planner, of step {}: ", plan.prompt) + text) + "\n";
}

void add_head(std::string& out, const FlowGraph& graph, const Style& style) {
  const auto stopped = std::count_if(graph.calls.begin(), graph.calls.end(),
                                     [](const auto& call) { return !call.released(); });
  out += style.bold(printable(graph.root, 100)) +
         fmt::format("   {} events, {} calls, {} stopped   ", graph.events, graph.calls_all, stopped) +
         in_label(graph.label, style) + "\n\n";
  if (graph.erased > 0)
    out += style.yellow(
        fmt::format("The content of {} events was erased; what it was is not known.\n\n", graph.erased));
}

}  // namespace

std::string flow_text(const FlowGraph& graph, const FlowTextOptions& options) {
  const Style& style = options.style;
  std::string out;
  add_head(out, graph, style);
  auto source = graph.sources.begin();
  auto rise = graph.rises.begin();
  auto plan = graph.plans.begin();
  auto call = graph.calls.begin();
  while (source != graph.sources.end() || call != graph.calls.end() || rise != graph.rises.end() ||
         plan != graph.plans.end()) {
    const std::uint64_t at_source = source == graph.sources.end() ? UINT64_MAX : source->seq;
    const std::uint64_t at_call = call == graph.calls.end() ? UINT64_MAX : call->seq;
    const std::uint64_t at_rise = rise == graph.rises.end() ? UINT64_MAX : rise->seq;
    const std::uint64_t at_plan = plan == graph.plans.end() ? UINT64_MAX : plan->seq;
    // A rise stands under the event that brought it.
    if (at_plan < std::min({at_source, at_call, at_rise}))
      add_plan(out, *plan++, style);
    else if (at_rise < std::min(at_source, at_call))
      add_rise(out, *rise++, style);
    else if (at_source <= at_call)
      add_source(out, *source++, style);
    else
      add_call(out, *call++, graph.sources, style);
  }
  const auto more_calls = graph.calls_all - graph.calls.size();
  const auto more_sources = graph.sources_all - graph.sources.size();
  if (options.folded && more_calls + more_sources > 0)
    out += style.dim(fmt::format(
        "\n        {} more calls and {} more prompts and results tell nothing new; --all shows them\n",
        more_calls, more_sources));
  return out;
}

std::string flow_path_text(const FlowCall& call, const std::vector<FlowSource>& sources,
                           const FlowTextOptions& options) {
  std::string out;
  for (const auto& value : call.values)
    add_value(out, value, sources, options.style, "  ");
  return out;
}

}  // namespace weir::cli
