#include "facts/monitor.h"

#include <algorithm>
#include <list>

#include "base/limits.h"
#include "facts/evaluate.h"

namespace weir::facts {
namespace {

// The slices that an instant belongs to, as one text each: values with their lengths before them.
void keys_of(const Slicing& slicing, const Reading& reading, std::vector<std::string>& keys) {
  constexpr std::size_t kSlicesOfOneInstantMax = 16;
  keys.assign(1, "");
  for (const std::uint32_t field : slicing.by) {
    const auto& values = reading.values[field];
    if (values.empty()) {
      keys.clear();
      return;
    }
    const std::size_t before = keys.size();
    for (std::size_t v = 1; v < values.size() && keys.size() + before <= kSlicesOfOneInstantMax; ++v)
      for (std::size_t k = 0; k < before; ++k)
        keys.push_back(keys[k] + std::to_string(values[v].size()) + ':' + std::string(values[v]));
    for (std::size_t k = 0; k < before; ++k) {
      keys[k] += std::to_string(values[0].size());
      keys[k] += ':';
      keys[k] += values[0];
    }
  }
}

void note(const FactSet& set, const Slicing& slicing, const Reading& reading, Truths& truths) {
  for (const auto& output : slicing.outputs) {
    const std::int64_t value = reading.truth[output.node];
    if (!set.facts()[output.fact].is_integer()) {
      if (value != 0) truths.facts.push_back(output.fact);
      continue;
    }
    const auto same = std::find_if(truths.measures.begin(), truths.measures.end(),
                                   [&](const auto& one) { return one.fact == output.fact; });
    if (same == truths.measures.end())
      truths.measures.push_back({output.fact, value});
    else
      same->value = std::max(same->value, value);
  }
}

}  // namespace

std::vector<std::string> Truths::names(const FactSet& set) const {
  std::vector<std::string> out;
  out.reserve(facts.size());
  for (const std::uint32_t fact : facts)
    out.push_back(set.facts()[fact].name);
  return out;
}

Monitor::Monitor(std::shared_ptr<const FactSet> set)
    : set_(std::move(set)), slices_(set_->slicings().size()), reading_(std::make_unique<Reading>()) {}
Monitor::Monitor(Monitor&&) noexcept = default;
Monitor& Monitor::operator=(Monitor&&) noexcept = default;
Monitor::~Monitor() = default;

template <class SliceOf>
void Monitor::step(std::int64_t time_ns, Truths& truths, std::uint64_t& forgotten, SliceOf&& slice_of) const {
  truths.facts.clear();
  truths.measures.clear();
  Reading& reading = *reading_;
  for (std::size_t i = 0; i < set_->slicings().size(); ++i) {
    const Slicing& slicing = set_->slicings()[i];
    keys_of(slicing, reading, reading.keys);
    for (const auto& key : reading.keys) {
      forgotten += advance(slicing, set_->atoms(), reading, slice_of(i, key), time_ns);
      note(*set_, slicing, reading, truths);
    }
  }
  std::sort(truths.facts.begin(), truths.facts.end());
  truths.facts.erase(std::unique(truths.facts.begin(), truths.facts.end()), truths.facts.end());
  std::sort(truths.measures.begin(), truths.measures.end(),
            [](const auto& a, const auto& b) { return a.fact < b.fact; });
}

void Monitor::commit(const Instant& instant, Truths& truths) {
  reading_->read(*set_, instant);
  step(instant.time_ns, truths, forgotten_, [&](std::size_t slicing, const std::string& key) -> Slice& {
    return kept_slice(slicing, key, instant.time_ns);
  });
}

std::vector<Truths> Monitor::commit(std::span<const Instant> instants) {
  std::vector<Truths> out(instants.size());
  for (std::size_t i = 0; i < instants.size(); ++i)
    commit(instants[i], out[i]);
  return out;
}

namespace {

// Copies of the slices that a peek concerns; later instants see what earlier ones would have done.
class Copies {
 public:
  Copies(const SliceStore<Slice>& kept, std::size_t slicings) : kept_(kept), copies_(slicings) {}

  Slice& operator()(std::size_t slicing, const std::string& key) {
    auto& mine = copies_[slicing];
    for (auto& [name, slice] : mine)  // nearly always one
      if (name == key) return slice;
    const Slice* kept = kept_.find(slicing, key);
    return mine.emplace_back(key, kept == nullptr ? Slice{} : *kept).second;
  }

 private:
  const SliceStore<Slice>& kept_;
  std::vector<std::list<std::pair<std::string, Slice>>> copies_;  // by slicing; they must stay in place
};

}  // namespace

std::vector<Truths> Monitor::peek(std::span<const Instant> instants) const {
  std::vector<Truths> out(instants.size());
  Copies copies(slices_, set_->slicings().size());
  std::uint64_t forgotten = 0;
  for (std::size_t i = 0; i < instants.size(); ++i) {
    reading_->read(*set_, instants[i]);
    step(instants[i].time_ns, out[i], forgotten, copies);
  }
  return out;
}

std::vector<Truths> Monitor::peek(const Happening& happening) const {
  std::vector<Truths> out(std::max<std::size_t>(1, happening.actions.size()));
  Copies copies(slices_, set_->slicings().size());
  std::uint64_t forgotten = 0;
  reading_->begin(*set_, happening);
  for (std::size_t i = 0; i < out.size(); ++i) {
    reading_->next(*set_, happening.actions.empty() ? nullptr : &happening.actions[i]);
    step(happening.event.time.wall_ns, out[i], forgotten, copies);
  }
  return out;
}

void Monitor::commit(const Happening& happening) {
  const std::int64_t time_ns = happening.event.time.wall_ns;
  Truths truths;
  reading_->begin(*set_, happening);
  for (std::size_t i = 0; i < std::max<std::size_t>(1, happening.actions.size()); ++i) {
    reading_->next(*set_, happening.actions.empty() ? nullptr : &happening.actions[i]);
    step(time_ns, truths, forgotten_, [&](std::size_t slicing, const std::string& key) -> Slice& {
      return kept_slice(slicing, key, time_ns);
    });
  }
}

Slice& Monitor::kept_slice(std::size_t slicing, const std::string& key, std::int64_t now_ns) {
  if (Slice* known = slices_.touch(slicing, key)) return *known;
  make_room(now_ns);
  return slices_.add(slicing, key);
}

void Monitor::make_room(std::int64_t now_ns) {
  if (slices_.size() < limits::kFactSlicesMax) return;
  const auto& oldest = slices_.idle_longest();
  const std::int64_t horizon_ns = set_->slicings()[oldest.kind].horizon_ns;
  const bool past = horizon_ns != Interval::kForever && oldest.state.last_ns < now_ns - horizon_ns;
  if (!past) ++forgotten_;
  slices_.forget_idle_longest();
}

std::size_t Monitor::bytes() const {
  constexpr std::size_t kMapNodeBytes = 64;
  std::size_t sum = 0;
  for (const auto& kept : slices_.all()) {
    sum += sizeof(kept) + 2 * kept.key.size() + kMapNodeBytes;
    for (const auto& cell : kept.state.cells)
      sum +=
          sizeof(Cell) + cell.window.size() * sizeof(Window::Entry) + cell.last_seen.size() * kMapNodeBytes;
  }
  return sum;
}

}  // namespace weir::facts
