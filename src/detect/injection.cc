#include "detect/injection.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "base/bytes.h"
#include "base/limits.h"
#include "detect/decode.h"
#include "detect/normal.h"
#include "match/regex_set.h"

namespace weir::detect {
namespace {

// A window: cues that lie close together, with the sentences around them.
constexpr std::size_t kGapMax = 160;       // between two cues of one window
constexpr std::size_t kBefore = 160;       // looked back for the sentence's begin
constexpr std::size_t kBehind = 320;       // looked on for its end
constexpr std::size_t kClusterMax = 1200;  // bytes from the first cue of a window to its last
constexpr std::size_t kPayloadMin = 12;

struct BuiltIn {
  std::size_t shouting = 0;
  std::size_t hidden = 0;
  std::size_t tags = 0;
  std::size_t look_alikes = 0;
  std::size_t spelled_out = 0;
  std::size_t encoded = 0;
};

// Bytes that hide text are cues too: zero-width and bidirectional controls, tag characters.
const std::vector<std::string>& hidden_cues() {
  static const std::vector<std::string> kCues = {
      "\xe2\x80\x8b", "\xe2\x80\x8c", "\xe2\x80\x8d", "\xe2\x80\xaa", "\xe2\x80\xab", "\xe2\x80\xad",
      "\xe2\x80\xae", "\xe2\x81\xa0", "\xe2\x81\xa6", "\xe2\x81\xa7", "\xe2\x81\xa8", "\xf3\xa0\x80",
      "\xf3\xa0\x81", "\xf0\x9d\x92", "\xf0\x9d\x93", "\xf0\x9d\x96", "\xef\xbd"};
  return kCues;
}

bool ends_sentence(std::string_view text, std::size_t at) {
  const char c = text[at];
  if (c == '\n') return at + 1 < text.size() && text[at + 1] == '\n';
  return (c == '.' || c == '!' || c == '?') && at + 1 < text.size() &&
         (text[at + 1] == ' ' || text[at + 1] == '\n');
}

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

// The sentences around [first, last): from the first sentence begun within kBefore to the last one ended
// within kBehind.
event::Span sentences_around(std::string_view text, std::size_t first, std::size_t last) {
  const std::size_t from = first > kBefore ? first - kBefore : 0;
  const std::size_t to = std::min(text.size(), last + kBehind);
  std::size_t begin = from;
  if (from > 0) {
    for (std::size_t at = from; at < first; ++at) {
      if (!ends_sentence(text, at)) continue;
      begin = at + 1;
      break;
    }
  }
  std::size_t end = to;
  if (to < text.size()) {
    for (std::size_t at = to; at-- > last;) {
      if (!ends_sentence(text, at)) continue;
      end = at + 1;
      break;
    }
  }
  while (begin < first && (is_continuation(text[begin]) || text[begin] == ' ' || text[begin] == '\n'))
    ++begin;
  while (end < text.size() && is_continuation(text[end]))
    ++end;
  return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
}

// Patterns from `weak` on to `strong` only count together with another of them.
struct CueKinds {
  std::size_t weak = 0;
  std::size_t strong_again = 0;
};

std::vector<event::Span> windows_of(std::string_view text, std::span<const Cue> cues, const CueKinds& kinds) {
  std::vector<event::Span> out;
  for (std::size_t i = 0; i < cues.size();) {
    const std::size_t first = cues[i].end;
    const std::uint32_t first_pattern = cues[i].pattern;
    std::size_t last = first;
    bool worth = false;
    for (; i < cues.size() && cues[i].end - last <= kGapMax && cues[i].end - first <= kClusterMax; ++i) {
      const bool weak = cues[i].pattern >= kinds.weak && cues[i].pattern < kinds.strong_again;
      worth = worth || !weak || cues[i].pattern != first_pattern;
      last = cues[i].end;
    }
    if (!worth) continue;
    out.push_back(sentences_around(text, first, last));
  }
  return out;
}

std::string message_of(const InjectionModel& model, const std::vector<std::size_t>& signals) {
  constexpr std::size_t kNamedMax = 3;
  std::string out = "This text may steer a model: it ";
  for (std::size_t i = 0; i < std::min(signals.size(), kNamedMax); ++i) {
    if (i > 0) out += i + 1 == std::min(signals.size(), kNamedMax) ? " and " : ", ";
    out += model.signals[signals[i]].description;
  }
  return out;
}

event::Severity severity_of(double probability) {
  constexpr double kHigh = 0.9;
  return probability >= kHigh ? event::Severity::high : event::Severity::medium;
}

}  // namespace

struct InjectionDetector::State {
  InjectionModel model;
  BuiltIn built_in;
  CueKinds kinds;
  std::vector<match::Pattern> patterns;  // cues
  match::Database cues;
  match::RegexSet signals;
  std::vector<std::size_t> rank;       // by signal: 0 is the heaviest
  std::vector<std::size_t> signal_of;  // by pattern of `signals`

  void compute(Window& window) const {
    double sum = model.bias;
    for (const std::size_t i : window.signals)
      sum += model.signals[i].weight;
    window.probability = 1 / (1 + std::exp(-sum));
  }
  void run_signals(std::string_view text, bool all, InjectionWorkspace& workspace) const;
  Window look(std::string_view text, event::Span span, bool encoded, bool all,
              InjectionWorkspace& workspace) const;
  Result<std::vector<Cue>> find_cues(std::string_view text, InjectionWorkspace& workspace) const;
  event::Span tighten(std::string_view text, const Window& window) const;
  Report report(std::string_view text, const Window& window) const;
  Status look_inside(std::string_view text, std::size_t depth, bool all,
                     const std::function<void(Window, Payload, std::string_view)>& each,
                     InjectionWorkspace& workspace) const;
};

Result<InjectionDetector> InjectionDetector::compile(InjectionModel model) {
  auto state = std::make_shared<State>();
  for (const std::string& cue : model.cues)
    state->patterns.push_back({.text = cue, .literal = true, .ignore_case = true});
  state->kinds.weak = state->patterns.size();
  for (const std::string& cue : model.weak_cues)
    state->patterns.push_back({.text = cue, .literal = true, .ignore_case = true});
  state->kinds.strong_again = state->patterns.size();
  for (const std::string& cue : hidden_cues())
    state->patterns.push_back({.text = cue, .literal = true});
  std::vector<std::string> expressions;
  for (std::size_t i = 0; i < model.signals.size(); ++i) {
    for (const std::string& text : model.signals[i].patterns) {
      expressions.push_back(text);
      state->signal_of.push_back(i);
    }
  }
  TRY(auto cues, match::Database::compile(state->patterns));
  if (!cues.rejected.empty()) return std::unexpected(cues.rejected.front().error);
  TRY(state->signals, match::RegexSet::compile(expressions, {.ignore_case = true}));
  state->cues = std::move(cues.database);
  state->built_in = {model.find("shouting"),    model.find("hidden-characters"), model.find("tag-characters"),
                     model.find("look-alikes"), model.find("spelled-out"),       model.find("encoded")};
  std::vector<std::size_t> order(model.signals.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return model.signals[a].weight > model.signals[b].weight;
  });
  state->rank.resize(order.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    state->rank[order[i]] = i;
  state->model = std::move(model);
  InjectionDetector out;
  out.state_ = std::move(state);
  return out;
}

const std::vector<match::Pattern>& InjectionDetector::patterns() const {
  return state_->patterns;
}
const InjectionModel& InjectionDetector::model() const {
  return state_->model;
}

// Runs the expressions that can match, heaviest signals first, and stops when the rest cannot reach the
// threshold; with `all` it does not stop.
void InjectionDetector::State::run_signals(std::string_view text, bool all,
                                           InjectionWorkspace& workspace) const {
  auto& possible = workspace.possible;
  signals.possible(text, workspace.sieve, possible);
  double sum = model.bias;
  for (std::size_t i = 0; i < model.signals.size(); ++i)
    if (workspace.on[i]) sum += model.signals[i].weight;
  double rest = 0;  // expressions of one signal stand together
  for (std::size_t i = 0; i < possible.size(); ++i)
    if (i == 0 || signal_of[possible[i]] != signal_of[possible[i - 1]])
      rest += model.signals[signal_of[possible[i]]].weight;
  constexpr double kRounding = 1e-9;  // of sums in another order
  const double needed = std::log(model.threshold / (1 - model.threshold)) - kRounding;
  if (!all && sum + rest < needed) return;
  std::stable_sort(possible.begin(), possible.end(),
                   [&](std::size_t a, std::size_t b) { return rank[signal_of[a]] < rank[signal_of[b]]; });
  for (std::size_t i = 0; i < possible.size() && (all || sum + rest >= needed);) {
    const std::size_t signal = signal_of[possible[i]];
    bool on = false;
    for (; i < possible.size() && signal_of[possible[i]] == signal; ++i)
      on = on || signals[possible[i]].contains(text);
    workspace.on[signal] = on;
    sum += on ? model.signals[signal].weight : 0;
    rest -= model.signals[signal].weight;
  }
}

// The signals of one window; all of them, or enough to know that it is not flagged.
Window InjectionDetector::State::look(std::string_view text, event::Span span, bool encoded, bool all,
                                      InjectionWorkspace& workspace) const {
  Normal& normal = workspace.normal;
  normalize_text(text.substr(span.begin, span.end - span.begin), normal);
  workspace.on.assign(model.signals.size() + 1, false);
  constexpr std::size_t kHiddenMin = 3;
  constexpr std::size_t kTagsMin = 4;
  constexpr std::size_t kLookAlikesMin = 2;
  if (shouts(normal.text)) workspace.on[built_in.shouting] = true;
  if (normal.hidden >= kHiddenMin) workspace.on[built_in.hidden] = true;
  if (normal.tags >= kTagsMin) workspace.on[built_in.tags] = true;
  if (normal.look_alikes >= kLookAlikesMin) workspace.on[built_in.look_alikes] = true;
  if (spelled_out(normal.text)) workspace.on[built_in.spelled_out] = true;
  if (encoded) workspace.on[built_in.encoded] = true;
  run_signals(normal.text, all, workspace);
  Window window{.span = span};
  for (std::size_t i = 0; i < model.signals.size(); ++i)
    if (workspace.on[i]) window.signals.push_back(i);
  if (window.signals.size() > 1)
    std::stable_sort(window.signals.begin(), window.signals.end(), [&](std::size_t a, std::size_t b) {
      return model.signals[a].weight > model.signals[b].weight;
    });
  compute(window);
  return window;
}

Result<std::vector<Cue>> InjectionDetector::State::find_cues(std::string_view text,
                                                             InjectionWorkspace& workspace) const {
  if (text.size() > limits::kDetectBytesMax)
    return fail(ErrorCode::limit, "the text is larger than one look may be", {}, "look at it in parts");
  std::vector<Cue> found;
  TRY_STATUS(cues.scan(text, workspace.scratch, [&](std::size_t pattern, std::size_t end) {
    found.push_back({static_cast<std::uint32_t>(pattern), static_cast<std::uint32_t>(end)});
    return true;
  }));
  return found;
}

// From where the first signal begins to where the last one ends, in the original text.
event::Span InjectionDetector::State::tighten(std::string_view text, const Window& window) const {
  const Normal normal = normalize(text.substr(window.span.begin, window.span.end - window.span.begin));
  std::size_t begin = normal.text.size();
  std::size_t end = 0;
  for (std::size_t i = 0; i < signals.size(); ++i) {
    if (std::find(window.signals.begin(), window.signals.end(), signal_of[i]) == window.signals.end())
      continue;
    const auto found = signals[i].find(normal.text);
    if (!found) continue;
    begin = std::min(begin, found->begin);
    end = std::max(end, found->end);
  }
  if (begin >= end) return window.span;
  return {window.span.begin + normal.origin[begin], window.span.begin + normal.origin[end]};
}

Report InjectionDetector::State::report(std::string_view text, const Window& window) const {
  Report report;
  report.score = window.probability;
  for (const std::size_t i : window.signals)
    report.signals.push_back({model.signals[i].id, model.signals[i].weight});
  report.finding.rule = "prompt-injection";
  report.finding.evidence_class = "injection";
  report.finding.severity = severity_of(window.probability);
  // MITRE ATLAS AML.T0051 LLM Prompt Injection; OWASP Agentic ASI01 Agent Goal Hijack.
  report.finding.techniques = {"AML.T0051", "ASI01"};
  report.finding.span = tighten(text, window);
  report.finding.message = message_of(model, window.signals);
  return report;
}

// Windows inside of encoded payloads, layer by layer. `each` gets the payload of the outermost layer with all
// encodings named, and the decoded text that the window is a part of.
Status InjectionDetector::State::look_inside(
    std::string_view text, std::size_t depth, bool all,
    const std::function<void(Window, Payload, std::string_view)>& each, InjectionWorkspace& workspace) const {
  if (depth >= limits::kDecodeLayersMax) return {};
  for (const Payload& payload : find_payloads(text)) {
    if (payload.text.size() < kPayloadMin) continue;
    TRY(const auto inner, find_cues(payload.text, workspace));
    for (const event::Span& span : windows_of(payload.text, inner, kinds)) {
      each(look(payload.text, span, true, all, workspace), payload, payload.text);
    }
    TRY_STATUS(look_inside(
        payload.text, depth + 1, all,
        [&](Window window, const Payload& deeper, std::string_view decoded) {
          Payload named{payload.encoding + ", " + deeper.encoding, payload.begin, payload.end, {}};
          each(std::move(window), std::move(named), decoded);
        },
        workspace));
  }
  return {};
}

Result<std::vector<Report>> InjectionDetector::judge(std::string_view text, std::span<const Cue> cues,
                                                     InjectionWorkspace& workspace) const {
  const State& state = *state_;
  std::vector<Report> out;
  const auto flagged = [&](const Window& window) {
    return window.probability >= state.model.threshold && out.size() < limits::kDetectFindingsMax;
  };
  for (const event::Span& span : windows_of(text, cues, state_->kinds)) {
    const Window window = state.look(text, span, false, false, workspace);
    if (!flagged(window)) continue;
    Report report = state.report(text, window);
    // Windows may overlap; the same place is told once, by the stronger.
    if (!out.empty() && report.finding.span.begin < out.back().finding.span.end) {
      if (report.score > out.back().score) out.back() = std::move(report);
    } else {
      out.push_back(std::move(report));
    }
  }
  TRY_STATUS(state.look_inside(
      text, 0, false,
      [&](const Window& window, const Payload& payload, std::string_view decoded) {
        if (!flagged(window)) return;
        Report report = state.report(decoded, window);
        constexpr std::size_t kExcerptMax = 200;
        const event::Span inner = report.finding.span;
        report.decoded =
            DecodedPlace{payload.encoding, inner,
                         printable(decoded.substr(inner.begin, inner.end - inner.begin), kExcerptMax)};
        report.finding.span = {static_cast<std::uint32_t>(payload.begin),
                               static_cast<std::uint32_t>(payload.end)};
        out.push_back(std::move(report));
      },
      workspace));
  return out;
}

Result<std::vector<Report>> InjectionDetector::scan(std::string_view text,
                                                    InjectionWorkspace& workspace) const {
  TRY(const auto cues, state_->find_cues(text, workspace));
  return judge(text, cues, workspace);
}

Result<std::vector<Window>> InjectionDetector::windows(std::string_view text,
                                                       InjectionWorkspace& workspace) const {
  TRY(const auto cues, state_->find_cues(text, workspace));
  std::vector<Window> out;
  for (const event::Span& span : windows_of(text, cues, state_->kinds)) {
    out.push_back(state_->look(text, span, false, true, workspace));
  }
  TRY_STATUS(state_->look_inside(
      text, 0, true,
      [&](Window window, const Payload&, std::string_view) { out.push_back(std::move(window)); }, workspace));
  return out;
}

}  // namespace weir::detect
