#include "cedar/entities.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/bytes.h"
#include "base/limits.h"

namespace weir::cedar {

// Every uid of the store, as entity or as parent, has a number; entities come first, in their order.
struct Entities::Store {
  std::vector<Entity> entities;
  std::vector<const EntityUid*> uids;                                   // by number
  std::unordered_map<EntityUid, std::uint32_t, EntityUidHash> numbers;  // owns the uids of `uids`
  std::vector<std::vector<std::uint32_t>> ancestors;                    // by number; sorted

  std::uint32_t number_of(const EntityUid& uid) {
    const auto [at, added] = numbers.try_emplace(uid, static_cast<std::uint32_t>(uids.size()));
    if (added) uids.push_back(&at->first);
    return at->second;
  }
  const std::vector<std::uint32_t>* ancestors_of(const EntityUid& uid) const {
    const auto at = numbers.find(uid);
    return at == numbers.end() ? nullptr : &ancestors[at->second];
  }
};

namespace {

// Closes the hierarchy depth first, without recursion: a chain of parents may be as long as the store.
class Closure {
 public:
  Closure(const std::vector<const EntityUid*>& uids, const std::vector<std::vector<std::uint32_t>>& parents)
      : uids_(uids), parents_(parents), ancestors_(parents.size()), state_(parents.size(), State::fresh) {}

  Result<std::vector<std::vector<std::uint32_t>>> run() {
    for (std::uint32_t start = 0; start < parents_.size(); ++start)
      if (state_[start] == State::fresh) TRY_STATUS(visit(start));
    return std::move(ancestors_);
  }

 private:
  enum class State : std::uint8_t { fresh, open, done };
  struct Step {
    std::uint32_t number;
    std::size_t next_parent;
  };

  Status visit(std::uint32_t start) {
    std::vector<Step> path{{start, 0}};
    state_[start] = State::open;
    while (!path.empty()) {
      Step& step = path.back();
      if (step.next_parent == parents_[step.number].size()) {
        TRY_STATUS(finish(step.number));
        path.pop_back();
        continue;
      }
      const std::uint32_t parent = parents_[step.number][step.next_parent++];
      if (state_[parent] == State::open)
        return fail("the parents of an entity lead back to it", printable(uids_[parent]->text(), 200),
                    "remove one parent of the cycle");
      if (state_[parent] == State::done) continue;
      state_[parent] = State::open;
      path.push_back({parent, 0});
    }
    return {};
  }

  // All parents are done: their ancestors and they themselves are the ancestors.
  Status finish(std::uint32_t number) {
    auto& out = ancestors_[number];
    for (const std::uint32_t parent : parents_[number]) {
      links_ += ancestors_[parent].size() + 1;
      if (links_ > limits::kCedarAncestorsMax)
        return fail(ErrorCode::limit,
                    fmt::format("the hierarchy has more than {} links", limits::kCedarAncestorsMax),
                    printable(uids_[number]->text(), 200), "flatten the hierarchy or leave entities out");
      out.push_back(parent);
      out.insert(out.end(), ancestors_[parent].begin(), ancestors_[parent].end());
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    state_[number] = State::done;
    return {};
  }

  const std::vector<const EntityUid*>& uids_;
  const std::vector<std::vector<std::uint32_t>>& parents_;
  std::vector<std::vector<std::uint32_t>> ancestors_;
  std::vector<State> state_;
  std::size_t links_ = 0;
};

bool same_content(const Entity& a, const Entity& b) {
  auto sorted = [](std::vector<EntityUid> uids) {
    std::sort(uids.begin(), uids.end());
    return uids;
  };
  return a.attributes.fields() == b.attributes.fields() && a.tags.fields() == b.tags.fields() &&
         sorted(a.parents) == sorted(b.parents);
}

}  // namespace

Entities::Entities() {
  static const auto kEmpty = std::make_shared<const Store>();
  store_ = kEmpty;
}

Result<Entities> Entities::make(std::vector<Entity> entities) {
  if (entities.size() > limits::kCedarEntitiesMax)
    return fail(ErrorCode::limit, fmt::format("more than {} entities", limits::kCedarEntitiesMax), {},
                "give only the entities that the request can reach");
  auto store = std::make_shared<Store>();
  store->entities.reserve(entities.size());
  store->numbers.reserve(entities.size() * 2);
  for (auto& entity : entities) {
    const std::uint32_t number = store->number_of(entity.uid);
    if (number == store->entities.size())
      store->entities.push_back(std::move(entity));
    else if (!same_content(store->entities[number], entity))
      return fail("the same entity comes twice with different content", printable(entity.uid.text(), 200),
                  "keep one of them");
  }
  std::vector<std::vector<std::uint32_t>> parents(store->entities.size());
  for (std::size_t i = 0; i < store->entities.size(); ++i)
    for (const auto& parent : store->entities[i].parents)
      parents[i].push_back(store->number_of(parent));
  parents.resize(store->uids.size());
  TRY(store->ancestors, Closure(store->uids, parents).run());
  Entities out;
  out.store_ = std::move(store);
  return out;
}

const Entity* Entities::find(const EntityUid& uid) const {
  const auto at = store_->numbers.find(uid);
  if (at == store_->numbers.end() || at->second >= store_->entities.size()) return nullptr;
  return &store_->entities[at->second];
}

bool Entities::is_in(const EntityUid& uid, const EntityUid& ancestor) const {
  if (uid == ancestor) return true;
  const auto* above = store_->ancestors_of(uid);
  if (above == nullptr || above->empty()) return false;
  const auto at = store_->numbers.find(ancestor);
  return at != store_->numbers.end() && std::binary_search(above->begin(), above->end(), at->second);
}

std::vector<const EntityUid*> Entities::ancestors(const EntityUid& uid) const {
  std::vector<const EntityUid*> out;
  if (const auto* above = store_->ancestors_of(uid))
    for (const std::uint32_t number : *above)
      out.push_back(store_->uids[number]);
  return out;
}

std::span<const Entity> Entities::all() const {
  return store_->entities;
}

}  // namespace weir::cedar
