#include "cedar/entities.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/limits.h"

namespace weir::cedar {

// Every uid of the store, as entity or as parent, has a number; entities come first, in their order. The
// numbers are found through an open-addressed table of them, a power of two in size and at most half full.
struct Entities::Store {
  std::vector<Entity> entities;
  std::vector<const EntityUid*> uids;  // by number; each points into `entities`
  std::vector<std::uint32_t> table;
  // The ancestors of number n, sorted: links[first_link[n]] to links[first_link[n + 1]].
  std::vector<std::uint32_t> first_link;
  std::vector<std::uint32_t> links;
  // Of a store made by with(): what it stands on, whose numbers come first. Its own are few: the one entity
  // and the parents that nobody below names; it needs no table, and `links` are that entity's.
  std::shared_ptr<const Store> below;
  std::uint32_t first_number = 0;

  static constexpr std::uint32_t kFree = UINT32_MAX;

  void reserve(std::size_t count) {
    std::size_t size = 8;
    while (size < count * 2)
      size *= 2;
    table.assign(size, kFree);
    uids.reserve(count);
  }
  // The place in the table of a uid, or the free place where it would stand.
  std::size_t place_of(const EntityUid& uid) const {
    const std::size_t mask = table.size() - 1;
    std::size_t at = uid.hash() & mask;
    while (table[at] != kFree && !(*uids[table[at]] == uid))
      at = (at + 1) & mask;
    return at;
  }
  std::uint32_t find(const EntityUid& uid) const {
    if (below == nullptr) return table.empty() ? kFree : table[place_of(uid)];
    for (std::uint32_t i = 0; i < uids.size(); ++i)
      if (*uids[i] == uid) return first_number + i;
    return below->find(uid);
  }
  const Entity* entity(std::uint32_t number) const {
    if (number < first_number) return below->entity(number);
    return number - first_number < entities.size() ? &entities[number - first_number] : nullptr;
  }
  const EntityUid& uid(std::uint32_t number) const {
    return number < first_number ? below->uid(number) : *uids[number - first_number];
  }
  // `uid` must stay where it is when it is new.
  std::uint32_t number_of(const EntityUid& uid) {
    std::uint32_t& number = table[place_of(uid)];
    if (number == kFree) {
      number = static_cast<std::uint32_t>(uids.size());
      uids.push_back(&uid);
    }
    return number;
  }
  std::span<const std::uint32_t> ancestors(std::uint32_t number) const {
    if (number < first_number) return below->ancestors(number);
    if (below != nullptr) return number == first_number ? std::span(links) : std::span<const std::uint32_t>();
    return std::span(links).subspan(first_link[number], first_link[number + 1] - first_link[number]);
  }
};

namespace {

// Closes the hierarchy depth first, without recursion: a chain of parents may be as long as the store.
class Closure {
 public:
  // The parents of number n are parents[first_parent[n]] to parents[first_parent[n + 1]].
  Closure(const std::vector<const EntityUid*>& uids, const std::vector<std::uint32_t>& first_parent,
          const std::vector<std::uint32_t>& parents)
      : uids_(uids),
        first_parent_(first_parent),
        parents_(parents),
        ancestors_(uids.size()),
        state_(uids.size(), State::fresh) {}

  // Afterwards the ancestors of number n are links[first_link[n]] to links[first_link[n + 1]].
  Status run(std::vector<std::uint32_t>& first_link, std::vector<std::uint32_t>& links) {
    for (std::uint32_t start = 0; start < uids_.size(); ++start)
      if (state_[start] == State::fresh) TRY_STATUS(visit(start));
    std::size_t total = 0;
    for (const auto& list : ancestors_)
      total += list.size();
    links.reserve(total);
    first_link.reserve(ancestors_.size() + 1);
    for (const auto& list : ancestors_) {
      first_link.push_back(static_cast<std::uint32_t>(links.size()));
      links.insert(links.end(), list.begin(), list.end());
    }
    first_link.push_back(static_cast<std::uint32_t>(links.size()));
    return {};
  }

 private:
  enum class State : std::uint8_t { fresh, open, done };
  struct Step {
    std::uint32_t number;
    std::uint32_t next_parent;
  };

  Status visit(std::uint32_t start) {
    path_.assign(1, {start, first_parent_[start]});
    state_[start] = State::open;
    while (!path_.empty()) {
      Step& step = path_.back();
      if (step.next_parent == first_parent_[step.number + 1]) {
        TRY_STATUS(finish(step.number));
        path_.pop_back();
        continue;
      }
      const std::uint32_t parent = parents_[step.next_parent++];
      if (state_[parent] == State::open)
        return fail("the parents of an entity lead back to it", printable(uids_[parent]->text(), 200),
                    "remove one parent of the cycle");
      if (state_[parent] == State::done) continue;
      state_[parent] = State::open;
      path_.push_back({parent, first_parent_[parent]});
    }
    return {};
  }

  // All parents are done: their ancestors and they themselves are the ancestors.
  Status finish(std::uint32_t number) {
    auto& out = ancestors_[number];
    for (std::uint32_t i = first_parent_[number]; i < first_parent_[number + 1]; ++i) {
      const std::uint32_t parent = parents_[i];
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
  const std::vector<std::uint32_t>& first_parent_;
  const std::vector<std::uint32_t>& parents_;
  std::vector<std::vector<std::uint32_t>> ancestors_;
  std::vector<State> state_;
  std::vector<Step> path_;
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
  TRY_STATUS(take_entities(*store, std::move(entities)));
  std::vector<std::uint32_t> first_parent, parents;
  first_parent.reserve(store->entities.size() + 1);
  for (const auto& entity : store->entities) {
    first_parent.push_back(static_cast<std::uint32_t>(parents.size()));
    for (const auto& parent : entity.parents)
      parents.push_back(store->number_of(parent));
  }
  first_parent.resize(store->uids.size() + 1, static_cast<std::uint32_t>(parents.size()));
  TRY_STATUS(Closure(store->uids, first_parent, parents).run(store->first_link, store->links));
  return Entities(std::move(store));
}

// Numbers the entities; one that comes again with the same content is dropped. The place is reserved first,
// since uids are pointed to where they stand.
Status Entities::take_entities(Store& store, std::vector<Entity> entities) {
  std::size_t named = entities.size();
  for (const auto& entity : entities)
    named += entity.parents.size();
  store.reserve(named);
  store.entities.reserve(entities.size());
  for (auto& entity : entities) {
    const std::uint32_t earlier = store.find(entity.uid);
    if (earlier == Store::kFree) {
      store.entities.push_back(std::move(entity));
      store.number_of(store.entities.back().uid);
    } else if (!same_content(store.entities[earlier], entity)) {
      return fail("the same entity comes twice with different content", printable(entity.uid.text(), 200),
                  "keep one of them");
    }
  }
  return {};
}

Result<Entities> Entities::with(Entity entity) const {
  const std::uint32_t known = store_->find(entity.uid);
  const bool own_parent =
      std::find(entity.parents.begin(), entity.parents.end(), entity.uid) != entity.parents.end();
  if (known != Store::kFree || own_parent) {
    // Somebody names it already, so it may be above others: the hierarchy is closed anew.
    std::vector<Entity> all;
    for (const Store* store = store_.get(); store != nullptr; store = store->below.get())
      all.insert(all.end(), store->entities.begin(), store->entities.end());
    all.push_back(std::move(entity));
    return make(std::move(all));
  }
  auto store = std::make_shared<Store>();
  store->below = store_;
  store->first_number = store_->first_number + static_cast<std::uint32_t>(store_->uids.size());
  store->entities.push_back(std::move(entity));
  const Entity& added = store->entities.back();
  store->uids.reserve(1 + added.parents.size());
  store->uids.push_back(&added.uid);
  for (const auto& parent : added.parents) {
    std::uint32_t number = store->find(parent);
    if (number == Store::kFree) {
      number = store->first_number + static_cast<std::uint32_t>(store->uids.size());
      store->uids.push_back(&parent);
    }
    store->links.push_back(number);
    if (number >= store->first_number) continue;
    const auto above = store_->ancestors(number);
    store->links.insert(store->links.end(), above.begin(), above.end());
  }
  if (store->links.size() > limits::kCedarAncestorsMax)
    return fail(ErrorCode::limit,
                fmt::format("the hierarchy has more than {} links", limits::kCedarAncestorsMax),
                printable(added.uid.text(), 200), "flatten the hierarchy or leave entities out");
  std::sort(store->links.begin(), store->links.end());
  store->links.erase(std::unique(store->links.begin(), store->links.end()), store->links.end());
  return Entities(std::move(store));
}

const Entity* Entities::find(const EntityUid& uid) const {
  const std::uint32_t number = store_->find(uid);
  return number == Store::kFree ? nullptr : store_->entity(number);
}

bool Entities::is_in(const EntityUid& uid, const EntityUid& ancestor) const {
  if (uid == ancestor) return true;
  const auto above = ancestor_numbers(uid);
  return !above.empty() && std::binary_search(above.begin(), above.end(), store_->find(ancestor));
}

std::span<const std::uint32_t> Entities::ancestor_numbers(const EntityUid& uid) const {
  const std::uint32_t number = store_->find(uid);
  if (number == Store::kFree) return {};
  return store_->ancestors(number);
}

const EntityUid& Entities::uid_of(std::uint32_t number) const {
  return store_->uid(number);
}

std::vector<const EntityUid*> Entities::ancestors(const EntityUid& uid) const {
  std::vector<const EntityUid*> out;
  for (const std::uint32_t number : ancestor_numbers(uid))
    out.push_back(&store_->uid(number));
  return out;
}

std::span<const Entity> Entities::all() const {
  return store_->entities;
}

}  // namespace weir::cedar
