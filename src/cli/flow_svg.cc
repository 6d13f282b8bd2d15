#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

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

constexpr int kWidth = 1180;
constexpr int kRail = 36;
constexpr int kSourceLeft = 64, kSourceWidth = 440;
constexpr int kCallLeft = 672, kCallWidth = 476;
constexpr int kHead = 96;
constexpr int kGap = 18;
constexpr int kRow = 22;
constexpr std::size_t kCardsMax = 400;   // of each column
constexpr std::size_t kExcerptsMax = 6;  // of one source
constexpr std::size_t kRowsMax = 12;     // of one call
constexpr std::size_t kReasonLinesMax = 4;

constexpr std::string_view kStyle = R"(<style>
svg{--bg:#faf9f6;--card:#ffffff;--line:#e3dfd5;--ink:#1c2330;--dim:#6d7480;--user:#2b7d59;--work:#346aa6;--bad:#c03b2b;--warn:#a06a0a;--own:#7450a5;--mark:#f9dcd6;--good:#dcefe5;--shade:#00000012}
@media (prefers-color-scheme:dark){svg{--bg:#12151a;--card:#1b2027;--line:#2f3640;--ink:#e7e9ec;--dim:#98a1ac;--user:#5fc596;--work:#79aeea;--bad:#f27d6f;--warn:#e0b050;--own:#bb9fe6;--mark:#522a25;--good:#1f4334;--shade:#00000055}}
text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;font-size:12.5px;fill:var(--ink)}
.mono{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:11.5px}
.bg{fill:var(--bg)}.card{fill:var(--card);stroke:var(--line)}.shade{fill:var(--shade)}
.h1{font-size:19px;font-weight:650}.b{font-weight:650}.dim{fill:var(--dim)}.small{font-size:11px}
.end{text-anchor:end}.mid{text-anchor:middle}
.f-user{fill:var(--user)}.f-work{fill:var(--work)}.f-bad{fill:var(--bad)}.f-warn{fill:var(--warn)}.f-own{fill:var(--own)}.f-dim{fill:var(--dim)}
.s-user{stroke:var(--user)}.s-work{stroke:var(--work)}.s-bad{stroke:var(--bad)}.s-warn{stroke:var(--warn)}.s-own{stroke:var(--own)}.s-dim{stroke:var(--line)}
.curve{fill:none;stroke-width:1.6;opacity:.8}.thick{stroke-width:2.6;opacity:1}.rail{stroke-width:4;stroke-linecap:round}
.mark{fill:var(--mark)}.good{fill:var(--good)}.pill{font-size:11px;font-weight:650;fill:var(--card)}
</style>
)";

// For XML: hostile bytes escaped first, then what has a meaning there, then the two characters that XML 1.0
// forbids.
std::string xml(std::string_view text) {
  std::string out;
  const std::string shown = printable(text);
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const char c = shown[i];
    const std::string_view rest = std::string_view(shown).substr(i);
    if (rest.starts_with("\xEF\xBF\xBE") || rest.starts_with("\xEF\xBF\xBF")) {
      out += "\xEF\xBF\xBD";
      i += 2;
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      out += c;
    }
  }
  return out;
}

bool is_inside_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

// How many columns a text takes: characters beyond Latin, Greek and Cyrillic count twice.
std::size_t columns(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text)
    if (!is_inside_character(c)) count += static_cast<unsigned char>(c) >= 0xE1 ? 2 : 1;
  return count;
}

// The first columns of a text, or the last ones.
std::string first_columns(const std::string& text, std::size_t most) {
  if (columns(text) <= most) return text;
  std::string out;
  std::size_t used = 1;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i + 1;
    while (end < text.size() && is_inside_character(text[end]))
      ++end;
    const std::string one = text.substr(i, end - i);
    used += columns(one);
    if (used > most) break;
    out += one;
    i = end;
  }
  return out + "…";
}
std::string last_columns(const std::string& text, std::size_t most) {
  std::size_t begin = 0;
  while (begin < text.size() && columns(std::string_view(text).substr(begin)) + 1 > most) {
    ++begin;
    while (begin < text.size() && is_inside_character(text[begin]))
      ++begin;
  }
  return begin == 0 ? text : "…" + text.substr(begin);
}

std::string shown(std::string_view text, std::size_t most) {
  return xml(first_columns(printable(text, 4096), most));
}

std::string_view tone(Integrity integrity) {
  switch (integrity) {
    case Integrity::untrusted:
      return "bad";
    case Integrity::workspace:
      return "work";
    case Integrity::user:
      return "user";
    case Integrity::trusted:
      break;
  }
  return "dim";
}

std::string_view tone(const flow::ValueOrigin& value) {
  if (value.endorsed) return "user";
  if (value.copied || value.origin == Origin::named_text || value.origin == Origin::untrusted_text)
    return "bad";
  return value.origin == Origin::own ? "own" : "warn";
}

std::string_view tone(event::Verdict verdict) {
  if (verdict <= event::Verdict::warn) return "user";
  return verdict <= event::Verdict::ask ? "warn" : "bad";
}

std::string_view whose(const flow::ValueOrigin& value) {
  if (value.endorsed) return value.origin == Origin::user ? "you typed it" : "as you asked";
  if (value.copied) return "put together from text";
  switch (value.origin) {
    case Origin::named_text:
    case Origin::untrusted_text:
      return "not from you";
    case Origin::own:
      return "the model's own";
    case Origin::user:
      return "disguised";
    default:
      return "you did not point at it";
  }
}

// Words in lines of at most so many columns; of too many lines the last one ends in "…".
std::vector<std::string> wrapped(std::string_view text, std::size_t most, std::size_t lines_max) {
  std::vector<std::string> lines(1);
  const std::string all = printable(text, 2048);
  for (const auto word : split(all, ' ')) {
    if (!lines.back().empty() && columns(lines.back()) + 1 + columns(word) > most) {
      if (lines.size() == lines_max) {
        lines.back() += " …";
        return lines;
      }
      lines.emplace_back();
    }
    (lines.back() += lines.back().empty() ? "" : " ") += first_columns(std::string(word), most);
  }
  return lines;
}

// Where a place of a source is drawn.
using PlaceKey = std::tuple<std::uint64_t, std::uint32_t, std::string, std::size_t>;
PlaceKey key_of(const FlowPlace& place) {
  return {place.seq, place.record, place.member, place.begin};
}

class Picture {
 public:
  explicit Picture(const FlowGraph& graph) : graph_(graph) {}

  std::string draw() {
    gather();
    lay_out();
    rail();
    return fmt::format(
               "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
               "height=\"{1}\" "
               "role=\"img\">\n<title>Flow of {2}</title>\n",
               kWidth, height_, xml(printable(graph_.root, 100))) +
           std::string(kStyle) +
           fmt::format("<rect class=\"bg\" width=\"{}\" height=\"{}\"/>\n", kWidth, height_) + head() +
           rail_ + curves_ + cards_ + "</svg>\n";
  }

 private:
  // The excerpts that calls point at, by source.
  void gather() {
    for (const auto& call : graph_.calls)
      for (const auto& value : call.values)
        for (const auto& place : value.places) {
          auto& list = excerpts_[place.seq];
          if (value.of.endorsed) endorsed_.insert(key_of(place));
          const auto same = [&](const FlowPlace* one) { return key_of(*one) == key_of(place); };
          if (std::none_of(list.begin(), list.end(), same) && list.size() < kExcerptsMax)
            list.push_back(&place);
        }
  }

  // Both columns from top to bottom; what came later never begins higher.
  void lay_out() {
    auto source = graph_.sources.begin();
    auto call = graph_.calls.begin();
    int left = kHead;
    int right = kHead;
    int last = kHead;
    std::size_t cards = 0;
    while ((source != graph_.sources.end() || call != graph_.calls.end()) && cards++ < 2 * kCardsMax) {
      const bool is_source =
          call == graph_.calls.end() || (source != graph_.sources.end() && source->seq <= call->seq);
      int& column = is_source ? left : right;
      const int top = std::max(column, last);
      last = top + kRow;
      tops_[is_source ? source->seq : call->seq] = top;
      column = (is_source ? draw_source(*source++, top) : draw_call(*call++, top)) + kGap;
    }
    height_ = std::max(left, right) + 40;
    foot(cards >= 2 * kCardsMax);
  }

  void card(int left, int top, int width, int height, std::string_view tone) {
    cards_ += fmt::format(
        "<rect class=\"shade\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"9\"/>"
        "<rect class=\"card\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"9\"/>"
        "<rect class=\"f-{}\" x=\"{}\" y=\"{}\" width=\"4\" height=\"{}\" rx=\"2\"/>\n",
        left, top + 2, width, height, left, top, width, height, tone, left + 1, top + 8, height - 16);
  }
  void text(int x, int y, std::string_view classes, std::string_view escaped) {
    cards_ += fmt::format("<text class=\"{}\" x=\"{}\" y=\"{}\">{}</text>\n", classes, x, y, escaped);
  }
  // A verdict, ending at `right`.
  void pill(int right, int top, std::string_view tone, std::string_view word) {
    const int width = 18 + 7 * static_cast<int>(word.size());
    cards_ += fmt::format(
        "<rect class=\"f-{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"19\" rx=\"9.5\"/>"
        "<text class=\"pill mid\" x=\"{}\" y=\"{}\">{}</text>\n",
        tone, right - width, top, width, right - width / 2, top + 13, word);
  }

  int draw_source(const FlowSource& source, int top) {
    const auto list = excerpts_.find(source.seq);
    const std::size_t count = list == excerpts_.end() ? 0 : list->second.size();
    const int narrow = source.narrow ? kRow : 0;
    const int height = 50 + narrow + static_cast<int>(count) * kRow + (count > 0 ? 6 : 0);
    card(kSourceLeft, top, kSourceWidth, height, source.prompt ? "user" : tone(source.label.integrity()));
    const int x = kSourceLeft + 18;
    text(x, top + 20, "b", source.prompt ? "You" : shown(source.tool.empty() ? "a result" : source.tool, 34));
    text(kSourceLeft + kSourceWidth - 14, top + 20, "dim small end",
         fmt::format("step {}{}{}", source.seq, source.failed ? " · failed" : "",
                     source.prompt ? "" : fmt::format(" · {}", flow::name(source.label.integrity()))));
    text(x, top + 39, "dim", shown(source.what, 58));
    if (source.narrow) draw_narrow(*source.narrow, top + 48);
    for (std::size_t i = 0; i < count; ++i)
      draw_excerpt(*list->second[i], top + 48 + narrow + static_cast<int>(i) * kRow);
    return top + height;
  }

  // A strip that becomes narrow, and what it means: what the sub-agent read no longer counts for the main
  // agent.
  void draw_narrow(const flow::NarrowReturn& narrow, int top) {
    const int x = kSourceLeft + 18;
    const std::string agent = first_columns(printable(narrow.agent), 24);
    cards_ += fmt::format(
        "<g><title>{}</title><path class=\"f-work\" d=\"M{} {}h14l-5 5v6h-4v-6z\"/>"
        "<text class=\"small f-work\" x=\"{}\" y=\"{}\">{}</text></g>\n",
        xml(fmt::format("narrow return of sub-agent {}: its whole answer is one {}; what it read no longer "
                        "counts for the main agent",
                        printable(narrow.agent, 100), flow::name(narrow.as))),
        x, top + 4, x + 20, top + 14,
        xml(fmt::format("narrow return of {}: only one {} came back", agent, flow::name(narrow.as))));
  }

  // "…please write to |eve@evil.example| as well…" with a mark behind the value.
  void draw_excerpt(const FlowPlace& place, int top) {
    constexpr std::size_t kColumns = 60;
    constexpr double kMonoWidth = 6.93;  // of one column
    const std::string value = first_columns(printable(place.excerpt.value), kColumns / 2);
    const std::size_t room = (kColumns - columns(value)) / 2;
    const std::string before =
        last_columns((place.excerpt.cut_before ? "…" : "") + printable(place.excerpt.before), room);
    const std::string after =
        first_columns(printable(place.excerpt.after) + (place.excerpt.cut_after ? "…" : ""),
                      kColumns - columns(before) - columns(value));
    const double x = kSourceLeft + 18 + kMonoWidth * static_cast<double>(columns(before));
    cards_ += fmt::format(
        "<g><title>{}</title><rect class=\"{}\" x=\"{:.1f}\" y=\"{}\" width=\"{:.1f}\" height=\"17\" "
        "rx=\"3\"/>",
        xml(fmt::format("{} of record {}, bytes {}–{}{}",
                        place.member.empty() ? "text" : printable(place.member), place.record, place.begin,
                        place.end, place.author.empty() ? "" : ", says it is by " + printable(place.author))),
        endorsed_.contains(key_of(place)) ? "good" : "mark", x - 2, top + 2,
        kMonoWidth * static_cast<double>(columns(value)) + 4);
    cards_ += fmt::format(
        "<text class=\"mono\" x=\"{}\" y=\"{}\" xml:space=\"preserve\" textLength=\"{:.1f}\" "
        "lengthAdjust=\"spacingAndGlyphs\"><tspan class=\"f-dim\">{}</tspan>"
        "<tspan class=\"b\">{}</tspan><tspan class=\"f-dim\">{}</tspan></text></g>\n",
        kSourceLeft + 18, top + 15,
        kMonoWidth * static_cast<double>(columns(before) + columns(value) + columns(after)), xml(before),
        xml(value), xml(after));
    spots_[key_of(place)] = top + 11;
  }

  int draw_call(const FlowCall& call, int top) {
    const bool stopped = !call.released();
    const auto reason = stopped ? wrapped(call.reason, 62, kReasonLinesMax) : std::vector<std::string>();
    const std::size_t rows = std::min(call.values.size(), kRowsMax);
    const auto leaving = leaving_rows(call.more);
    const std::size_t all_rows = rows + std::min(leaving.size(), kRowsMax);
    const int height = 50 + static_cast<int>(all_rows) * kRow + (all_rows > 0 ? 4 : 0) +
                       static_cast<int>(reason.size()) * 17 + (stopped ? 26 : 0);
    card(kCallLeft, top, kCallWidth, height, tone(call.verdict));
    const int x = kCallLeft + 18;
    text(x, top + 20, "b", shown(call.tool, 40));
    pill(kCallLeft + kCallWidth - 12, top + 8, tone(call.verdict), event::name(call.verdict));
    text(x, top + 39, "mono dim", shown(call.what, 62));
    int y = top + 48;
    for (std::size_t i = 0; i < rows; ++i, y += kRow)
      draw_value(call.values[i], y);
    for (std::size_t i = rows; i < all_rows; ++i, y += kRow)
      draw_leaving(leaving[i - rows], y);
    if (!stopped) return top + height;
    y += all_rows > 0 ? 18 : 14;
    for (const auto& line : reason) {
      text(x, y, "", xml(line));
      y += 17;
    }
    std::string policies;
    for (const auto& policy : call.policies)
      (policies += policies.empty() ? "" : " · ") += policy;
    text(x, y + 3, "dim small", fmt::format("step {} · {}", call.seq, shown(policies, 70)));
    return top + height;
  }

  void draw_leaving(const LeavingRow& row, int top) {
    const std::string_view color = row.tone == LeavingRow::Tone::good  ? "user"
                                   : row.tone == LeavingRow::Tone::bad ? "bad"
                                                                       : "warn";
    cards_ += fmt::format("<rect class=\"f-{}\" x=\"{}\" y=\"{}\" width=\"8\" height=\"8\"/>\n", color,
                          kCallLeft - 4, top + 7);
    text(kCallLeft + 18, top + 15, "mono f-dim", xml(row.what));
    text(kCallLeft + kCallWidth - 14, top + 15, fmt::format("small end f-{}", color), shown(row.text, 56));
  }

  void draw_value(const guard::FlowValue& value, int top) {
    const auto color = tone(value.of);
    const int middle = top + 11;
    cards_ += fmt::format("<circle class=\"f-{}\" cx=\"{}\" cy=\"{}\" r=\"4\"/>\n", color, kCallLeft, middle);
    const std::string field = first_columns(printable(value.of.field), 14);
    cards_ += fmt::format(
        "<text class=\"mono\" x=\"{}\" y=\"{}\"><tspan class=\"f-dim\">{}</tspan> <tspan "
        "class=\"b\">{}</tspan></text>\n",
        kCallLeft + 18, top + 15, xml(field), shown(value.of.value, 44 - columns(field)));
    text(kCallLeft + kCallWidth - 14, top + 15, fmt::format("small end f-{}", color), xml(whose(value.of)));
    for (const auto& place : value.places)
      if (const auto spot = spots_.find(key_of(place)); spot != spots_.end())
        curve(spot->second, middle, color, !value.of.endorsed);
  }

  void curve(int from, int to, std::string_view color, bool thick) {
    const int left = kSourceLeft + kSourceWidth;
    const int bend = (left + kCallLeft) / 2;
    curves_ += fmt::format("<path class=\"curve s-{}{}\" d=\"M{} {}C{} {} {} {} {} {}\"/>\n", color,
                           thick ? " thick" : "", left, from, bend, from, bend, to, kCallLeft, to);
  }

  // The label of the session down the left side; it changes where it rose.
  void rail() {
    int from = kHead + 4;
    std::string_view color = "dim";
    const auto part = [&](int to) {
      rail_ += fmt::format("<line class=\"rail s-{}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>\n", color,
                           kRail, from, kRail, std::max(to, from));
    };
    std::string dots;
    for (const auto& rise : graph_.rises) {
      const auto top = tops_.find(rise.seq);
      const int y = top == tops_.end() ? from : top->second + 16;
      part(y);
      from = y;
      color = tone(rise.label.integrity());
      dots +=
          fmt::format("<g><title>{}</title><circle class=\"f-{}\" cx=\"{}\" cy=\"{}\" r=\"7\"/></g>\n",
                      xml(fmt::format("since step {}: {}, {}", rise.seq, flow::name(rise.label.integrity()),
                                      flow::name(rise.label.confidentiality()))),
                      color, kRail, y);
    }
    part(height_ - 40);
    rail_ += dots;
  }

  std::string head() const {
    const auto stopped = std::count_if(graph_.calls.begin(), graph_.calls.end(),
                                       [](const auto& call) { return !call.released(); });
    std::string since;
    if (const auto& causes = graph_.label.integrity_causes();
        graph_.label.integrity() == Integrity::untrusted && !causes.empty())
      since = fmt::format(" since step {}", causes.front());
    return fmt::format(
        "<text class=\"h1\" x=\"{0}\" y=\"42\">{1}</text>\n<text class=\"dim\" x=\"{0}\" y=\"64\">{2} events "
        "· {3} "
        "calls, {4} stopped · <tspan class=\"b f-{5}\">{6}{7}</tspan></text>\n"
        "<text class=\"dim small\" x=\"{0}\" y=\"{8}\">WHAT CAME IN</text>\n<text class=\"dim small\" "
        "x=\"{9}\" "
        "y=\"{8}\">WHAT THE AGENT WANTED TO DO</text>\n",
        kSourceLeft, xml(first_columns(printable(graph_.root), 90)), graph_.events, graph_.calls_all, stopped,
        tone(graph_.label.integrity()), flow::name(graph_.label.integrity()), since, kHead - 8, kCallLeft);
  }

  void foot(bool cut) {
    const auto more = graph_.calls_all - graph_.calls.size() + graph_.sources_all - graph_.sources.size();
    if (more == 0 && !cut) return;
    text(kSourceLeft, height_ - 14, "dim small",
         cut ? std::string("more than can be drawn: the rest is in the text and in JSON")
             : fmt::format("{} more steps tell nothing new and are not drawn", more));
  }

  const FlowGraph& graph_;
  std::map<std::uint64_t, std::vector<const FlowPlace*>> excerpts_;
  std::set<PlaceKey> endorsed_;
  std::map<PlaceKey, int> spots_;
  std::map<std::uint64_t, int> tops_;
  std::string cards_, curves_, rail_;
  int height_ = kHead;
};

}  // namespace

std::string flow_svg(const FlowGraph& graph) {
  return Picture(graph).draw();
}

}  // namespace weir::cli
