// Which policies' scopes admit a request, found without looking at the others.
//
//   ScopeIndex index(policies);
//   ScopeIndex::Scratch scratch;                                  // kept from request to request
//   for (std::uint32_t number : index.matching(request, entities, scratch)) ...
//
// Every constraint of a scope is a key: any, `is T`, `== E` or `in E`; a policy stands in the bucket of its
// three keys (in several when its action is in a list). A request holds few of the keys that occur: any, its
// entity's type, the entity, and the entity's ancestors. Buckets are sorted by action, resource, principal,
// so the work is bounded by the keys that the request holds and by the buckets that begin with them,
// whichever is less.
#pragma once

#include <cstdint>
#include <span>
#include <tuple>
#include <vector>

#include "cedar/entities.h"
#include "cedar/policy.h"
#include "cedar/request.h"

namespace weir::cedar {

class ScopeIndex {
 public:
  struct Scratch {
    std::vector<std::uint32_t> actions, resources, principals;  // keys that the request holds, sorted
    std::vector<std::uint32_t> found;
    std::vector<std::uint32_t> seen;  // by policy: the request that found it last
    std::uint32_t request = 0;
  };

  ScopeIndex() = default;
  // The policies are borrowed: they must stay where they are as long as the index.
  explicit ScopeIndex(std::span<const Policy> policies);

  // Numbers of policies, each once, in no particular order; good until the scratch is used again.
  std::span<const std::uint32_t> matching(const Request& request, const Entities& entities,
                                          Scratch& scratch) const;

 private:
  enum class KeyKind : std::uint8_t { is, equal, in };

  // The different keys of one of principal, action and resource. Number 0 is `any`, which needs no entry.
  class Keys {
   public:
    std::uint32_t number_of(const Scope& scope, std::size_t entity);  // adds the key when it is new
    // The keys that hold for an entity, sorted.
    void held(const EntityUid& uid, const Entities& entities, std::vector<std::uint32_t>& out) const;
    std::uint32_t size() const { return static_cast<std::uint32_t>(keys_.size()) + 1; }

   private:
    struct Key {
      std::uint64_t hash;
      KeyKind kind;
      const EntityUid* uid;     // equal, in
      const std::string* type;  // is
    };
    void grow();
    std::size_t place(const Key& key) const;
    void probe(const Key& key, std::vector<std::uint32_t>& out) const;

    std::vector<Key> keys_;             // key number n is keys_[n - 1]
    std::vector<std::uint32_t> table_;  // open addressing over numbers, 0 is free
    std::vector<std::uint32_t> in_;     // the numbers of `in` keys
  };

  struct Bucket {
    std::uint32_t action, resource, principal;
    std::uint32_t first;  // of numbers_
    auto order() const { return std::tie(action, resource, principal); }
  };

  void search(std::uint32_t action, Scratch& scratch) const;
  void take(const Bucket& bucket, Scratch& scratch) const;

  Keys principals_, actions_, resources_;
  std::vector<Bucket> buckets_;              // sorted by keys; the last one only ends the one before
  std::vector<std::uint32_t> first_bucket_;  // by action key, and one more
  std::vector<std::uint32_t> numbers_;
  std::vector<std::uint8_t> flags_;  // by policy: what its bucket does not tell
  bool any_repeated_ = false;
  std::span<const Policy> policies_;
};

}  // namespace weir::cedar
