// The entity store: attributes, tags and the hierarchy, which is closed once when the store is made.
//
//   TRY(Entities entities, Entities::make({{EntityUid("User", "alice"), attributes, {}, {staff}}, ...}));
//   entities.is_in(EntityUid("User", "alice"), staff);     // also through parents of parents
//
// Immutable and shared: copies are cheap and threads may read the same store. An entity that is only named
// as a parent is no entity of the store (it has no attributes, not even none), yet others may be in it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "cedar/value.h"

namespace weir::cedar {

struct Entity {
  EntityUid uid;
  Record attributes;
  Record tags;
  std::vector<EntityUid> parents;
};

class Entities {
 public:
  Entities();  // empty

  // Errors: the same entity twice with different content, a cycle of parents (`invalid`); more than
  // kCedarEntitiesMax entities or kCedarAncestorsMax links to follow (`limit`).
  static Result<Entities> make(std::vector<Entity> entities);

  // These and one more, which costs no more than that one: for a store that is the same from request to
  // request but for the resource. Errors: as make().
  Result<Entities> with(Entity entity) const;

  const Entity* find(const EntityUid& uid) const;  // nullptr when it is not in the store
  // Whether `uid` is `ancestor` or below it. Needs neither to be in the store.
  bool is_in(const EntityUid& uid, const EntityUid& ancestor) const;
  // All entities above `uid`, without order.
  std::vector<const EntityUid*> ancestors(const EntityUid& uid) const;
  // The same without memory of its own: numbers that uid_of() names, good while any copy of the store lives.
  std::span<const std::uint32_t> ancestor_numbers(const EntityUid& uid) const;
  const EntityUid& uid_of(std::uint32_t number) const;
  // Of a store made by with() only the one that was added.
  std::span<const Entity> all() const;

 private:
  struct Store;
  explicit Entities(std::shared_ptr<const Store> store) : store_(std::move(store)) {}
  static Status take_entities(Store& store, std::vector<Entity> entities);
  std::shared_ptr<const Store> store_;
};

}  // namespace weir::cedar
