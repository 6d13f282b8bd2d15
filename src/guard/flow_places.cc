#include "guard/flow_places.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/redact.h"
#include "guard/flow_watch.h"

namespace weir::guard {
namespace {

constexpr std::size_t kExcerptBytesMax = 120;
constexpr std::size_t kLookBytes = 8 * limits::kKiB;  // on either side: what tells a secret may stand far off
constexpr std::size_t kValueShownMax = 128;           // of ValueOrigin: one as long may have been cut
constexpr std::size_t kReadingsMax = 8;
constexpr std::size_t kPromptsMax = 64;  // that are looked through for what the user typed

bool is_inside_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

std::size_t border_before(std::string_view text, std::size_t at) {
  while (at > 0 && at < text.size() && is_inside_character(text[at]))
    --at;
  return at;
}

// Where bytes [begin, end) of a text stand in what became of it when its secrets were hidden; npos when they
// were hidden too.
std::size_t place_after_hiding(std::string_view text, std::size_t begin, std::size_t end,
                               std::string_view shown) {
  if (text == shown) return begin;
  const auto same = std::mismatch(text.begin(), text.end(), shown.begin(), shown.end());
  const auto first = static_cast<std::size_t>(same.first - text.begin());
  if (end <= first) return begin;
  const auto back = std::mismatch(text.rbegin(), text.rend(), shown.rbegin(), shown.rend());
  const auto last = static_cast<std::size_t>(back.first - text.rbegin());
  if (text.size() - begin <= last) return shown.size() - (text.size() - begin);
  return shown.find(text.substr(begin, end - begin));
}

// What of a value is sought in texts: all of it, or the longest piece of what was put together.
std::string_view sought(const flow::ValueOrigin& value) {
  if (!value.copied) return value.value;
  const std::size_t begin = std::min(value.copied->begin, value.value.size());
  const std::size_t end = std::clamp(value.copied->end, begin, value.value.size());
  return std::string_view(value.value).substr(begin, end - begin);
}

}  // namespace

FlowExcerpt excerpt_of(std::string_view text, std::size_t begin, std::size_t end, const Hide& hide) {
  begin = std::min(begin, text.size());
  end = std::clamp(end, begin, text.size());
  const std::size_t from = border_before(text, begin > kLookBytes ? begin - kLookBytes : 0);
  const std::size_t to = border_before(text, std::min(end + kLookBytes, text.size()));
  const std::string_view around = text.substr(from, to - from);
  const std::string shown = hide ? hide(around) : std::string(around);
  const std::string_view all(shown);
  std::size_t at = place_after_hiding(around, begin - from, end - from, all);
  std::size_t size = end - begin;
  FlowExcerpt out;
  if (at == std::string_view::npos) {
    out.hidden = true;
    at = all.find(kRedacted);
    size = at == std::string_view::npos ? 0 : kRedacted.size();
    if (at == std::string_view::npos) at = 0;
  }
  const std::size_t room = size < kExcerptBytesMax ? (kExcerptBytesMax - size) / 2 : 0;
  const std::size_t left = border_before(all, at > room ? at - room : 0);
  const std::size_t right = border_before(all, std::min(at + size + room, all.size()));
  const std::size_t value_end = border_before(all, at + std::min(size, kExcerptBytesMax));
  out.before = all.substr(left, at - left);
  out.value = out.hidden ? std::string(kRedacted) : std::string(all.substr(at, value_end - at));
  out.after = right > at + size ? all.substr(at + size, right - at - size) : std::string_view();
  out.cut_before = from + left > 0;
  out.cut_after = to < text.size() || right < all.size();
  return out;
}

std::string shown_value(std::string_view name, std::string_view value, const Hide& hide) {
  if (!hide || value.empty()) return std::string(value);
  std::string shown = hide(value);
  if (shown != value) return shown;
  const std::string named = hide(std::string(name) + "=" + std::string(value));
  return named.ends_with(value) ? shown : std::string(kRedacted);
}

Json to_json(const FlowPlace& place) {
  Json excerpt = Json::object({{"after", to_valid_utf8(place.excerpt.after)},
                               {"before", to_valid_utf8(place.excerpt.before)},
                               {"value", to_valid_utf8(place.excerpt.value)}});
  if (place.excerpt.hidden) excerpt.set("hidden", true);
  return Json::object({{"author", to_valid_utf8(place.author)},
                       {"begin", static_cast<std::uint64_t>(place.begin)},
                       {"end", static_cast<std::uint64_t>(place.end)},
                       {"event", place.seq},
                       {"excerpt", std::move(excerpt)},
                       {"member", to_valid_utf8(place.member)},
                       {"record", static_cast<std::uint64_t>(place.record)},
                       {"whole", place.whole}});
}

FlowPlaces::FlowPlaces(Hide hide) : hide_(std::move(hide)) {
  if (!hide_) hide_ = [](std::string_view text) { return std::string(text); };
}

void FlowPlaces::note(const event::Event& event) {
  const bool prompt = event.kind == event::kind::kPrompt;
  if (!prompt && event.kind != event::kind::kToolResult) return;
  std::string text = prompt ? std::string(event.body["text"].text_or("")) : text_read(event);
  if (kept_ + text.size() > kKeptBytesMax) return;
  kept_ += text.size();
  const bool typed = prompt && event.data["spoken_by"].text_or("user") == "user";
  if (typed && prompts_.size() < kPromptsMax) prompts_.push_back(event.seq);
  texts_.insert_or_assign(event.seq, Text{std::move(text), prompt});
}

const flow::Reading* FlowPlaces::reading(std::uint64_t seq) {
  const auto known =
      std::find_if(readings_.begin(), readings_.end(), [&](const auto& one) { return one.first == seq; });
  if (known != readings_.end()) {
    readings_.splice(readings_.begin(), readings_, known);
    return &readings_.front().second;
  }
  const auto text = texts_.find(seq);
  if (text == texts_.end()) return nullptr;
  using As = flow::Reading::As;
  readings_.emplace_front(seq,
                          flow::Reading(text->second.text, text->second.prompt ? As::prose : As::result));
  if (readings_.size() > kReadingsMax) readings_.pop_back();
  return &readings_.front().second;
}

FlowPlace FlowPlaces::place_of(std::uint64_t seq, const flow::Reading& read,
                               const flow::Sighting& one) const {
  constexpr std::size_t kMemberBytesMax = 64;
  const std::string_view member = read.member(one).substr(0, kMemberBytesMax);
  FlowPlace place{
      seq,     one.record, hide_(member),           one.begin,
      one.end, one.whole,  hide_(read.author(one)), excerpt_of(read.value(one), one.begin, one.end, hide_)};
  if (one.whole && shown_value(member, read.value(one), hide_) != read.value(one))
    place.excerpt = {.value = std::string(kRedacted), .hidden = true};
  return place;
}

std::vector<FlowPlace> FlowPlaces::of(const flow::ValueOrigin& value) {
  const std::string_view text = sought(value);
  const bool cut = !value.copied || value.copied->end > value.value.size();
  const std::size_t compared_max = !cut ? SIZE_MAX : value.copied ? text.size() : kValueShownMax;
  std::vector<std::uint64_t> events = value.from;
  if (value.origin == flow::Origin::user && events.empty()) events = prompts_;
  std::vector<FlowPlace> places;
  for (const auto seq : events) {
    if (places.size() >= kPlacesMax) break;
    const flow::Reading* read = reading(seq);
    if (read == nullptr) continue;
    for (const auto& one : read->find(text, kPlacesMax - places.size(), compared_max))
      places.push_back(place_of(seq, *read, one));
  }
  return places;
}

}  // namespace weir::guard
