#include "cedar/compiled_index.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace weir::cedar {
namespace {

// Below this many buckets for each key to look up, reading them in order is cheaper than searching.
constexpr std::size_t kSearchCost = 8;

// Flags of a policy.
constexpr std::uint8_t kRepeated = 1;  // stands in several buckets
constexpr std::uint8_t kTyped = 2;     // an `is T in E` is kept under its `in E`

std::uint64_t mixed(std::uint64_t hash, std::uint8_t kind) {
  return hash * 4 + kind;
}

bool type_agrees(const Scope& scope, const EntityUid& uid) {
  return scope.kind != Scope::Kind::is_in || uid.type() == scope.entity_type;
}

bool holds(const std::vector<std::uint32_t>& sorted, std::uint32_t number) {
  return std::binary_search(sorted.begin(), sorted.end(), number);
}

}  // namespace

std::size_t ScopeIndex::Keys::place(const Key& key) const {
  const std::size_t mask = table_.size() - 1;
  std::size_t at = (key.hash ^ key.hash >> 32) & mask;
  for (; table_[at] != 0; at = (at + 1) & mask) {
    const Key& other = keys_[table_[at] - 1];
    if (other.hash != key.hash || other.kind != key.kind) continue;
    if (key.kind == KeyKind::is ? *other.type == *key.type : *other.uid == *key.uid) break;
  }
  return at;
}

void ScopeIndex::Keys::grow() {
  table_.assign(std::max<std::size_t>(16, table_.size() * 2), 0);
  for (std::uint32_t number = 1; number <= keys_.size(); ++number)
    table_[place(keys_[number - 1])] = number;
}

std::uint32_t ScopeIndex::Keys::number_of(const Scope& scope, std::size_t entity) {
  Key key{0, KeyKind::in, nullptr, nullptr};
  if (scope.kind == Scope::Kind::any) return 0;
  if (scope.kind == Scope::Kind::is) {
    key = {mixed(hash_of_type(scope.entity_type), 0), KeyKind::is, nullptr, &scope.entity_type};
  } else {
    const EntityUid& uid = scope.entities[entity];
    const KeyKind kind = scope.kind == Scope::Kind::equal ? KeyKind::equal : KeyKind::in;
    key = {mixed(uid.hash(), static_cast<std::uint8_t>(kind)), kind, &uid, nullptr};
  }
  if (keys_.size() * 2 >= table_.size()) grow();
  std::uint32_t& number = table_[place(key)];
  if (number == 0) {
    keys_.push_back(key);
    number = static_cast<std::uint32_t>(keys_.size());
    if (key.kind == KeyKind::in) in_.push_back(number);
  }
  return number;
}

void ScopeIndex::Keys::probe(const Key& key, std::vector<std::uint32_t>& out) const {
  if (const std::uint32_t number = table_[place(key)]; number != 0) out.push_back(number);
}

void ScopeIndex::Keys::held(const EntityUid& uid, const Entities& entities,
                            std::vector<std::uint32_t>& out) const {
  out.reserve(16);  // what most requests hold, in one piece
  out.assign(1, 0);
  if (keys_.empty()) return;
  probe({mixed(uid.type_hash(), 0), KeyKind::is, nullptr, &uid.type()}, out);
  probe({mixed(uid.hash(), 1), KeyKind::equal, &uid, nullptr}, out);
  if (!in_.empty()) {
    probe({mixed(uid.hash(), 2), KeyKind::in, &uid, nullptr}, out);
    const auto above = entities.ancestor_numbers(uid);
    if (above.size() <= in_.size()) {
      for (const std::uint32_t number : above) {
        const EntityUid& ancestor = entities.uid_of(number);
        probe({mixed(ancestor.hash(), 2), KeyKind::in, &ancestor, nullptr}, out);
      }
    } else {
      for (const std::uint32_t number : in_)
        if (const EntityUid& key = *keys_[number - 1].uid; !(key == uid) && entities.is_in(uid, key))
          out.push_back(number);
    }
  }
  std::sort(out.begin(), out.end());
}

ScopeIndex::ScopeIndex(std::span<const Policy> policies) : policies_(policies) {
  struct Entry {
    Bucket bucket;
    std::uint32_t policy;
  };
  std::vector<Entry> entries;
  entries.reserve(policies.size());
  flags_.resize(policies.size());
  for (std::uint32_t number = 0; number < policies.size(); ++number) {
    const Policy& policy = policies[number];
    if (policy.is_template()) continue;  // admits nothing until it is linked
    Bucket bucket{0, resources_.number_of(policy.resource, 0), principals_.number_of(policy.principal, 0), 0};
    const bool any = policy.action.kind == Scope::Kind::any;
    for (std::size_t i = 0; i < (any ? 1 : policy.action.entities.size()); ++i) {
      bucket.action = actions_.number_of(policy.action, i);
      entries.push_back({bucket, number});
    }
    const bool typed =
        policy.resource.kind == Scope::Kind::is_in || policy.principal.kind == Scope::Kind::is_in;
    const bool repeated = policy.action.entities.size() > 1;
    flags_[number] = static_cast<std::uint8_t>((typed ? kTyped : 0) | (repeated ? kRepeated : 0));
    any_repeated_ = any_repeated_ || repeated;
  }
  const auto order = [](const Entry& entry) {
    return std::tuple_cat(entry.bucket.order(), std::tie(entry.policy));
  };
  std::sort(entries.begin(), entries.end(),
            [&](const Entry& a, const Entry& b) { return order(a) < order(b); });
  first_bucket_.resize(actions_.size() + 1);
  for (const Entry& entry : entries) {
    if (buckets_.empty() || buckets_.back().order() != entry.bucket.order()) {
      buckets_.push_back(entry.bucket);
      buckets_.back().first = static_cast<std::uint32_t>(numbers_.size());
      ++first_bucket_[entry.bucket.action + 1];
    }
    numbers_.push_back(entry.policy);
  }
  for (std::size_t i = 1; i < first_bucket_.size(); ++i)
    first_bucket_[i] += first_bucket_[i - 1];
  buckets_.push_back({0, 0, 0, static_cast<std::uint32_t>(numbers_.size())});
}

void ScopeIndex::take(const Bucket& bucket, Scratch& scratch) const {
  const Bucket& next = *(&bucket + 1);
  const auto numbers = std::span(numbers_).subspan(bucket.first, next.first - bucket.first);
  scratch.found.insert(scratch.found.end(), numbers.begin(), numbers.end());
}

// The buckets of one action key.
void ScopeIndex::search(std::uint32_t action, Scratch& scratch) const {
  const auto all =
      std::span(buckets_).subspan(first_bucket_[action], first_bucket_[action + 1] - first_bucket_[action]);
  if (all.size() <= scratch.resources.size() * scratch.principals.size() * kSearchCost) {
    for (const Bucket& bucket : all)
      if (holds(scratch.resources, bucket.resource) && holds(scratch.principals, bucket.principal))
        take(bucket, scratch);
    return;
  }
  for (const std::uint32_t resource : scratch.resources)
    for (const std::uint32_t principal : scratch.principals) {
      const auto wanted = std::tie(action, resource, principal);
      const auto at =
          std::lower_bound(all.begin(), all.end(), wanted,
                           [](const Bucket& bucket, const auto& key) { return bucket.order() < key; });
      if (at != all.end() && at->order() == wanted) take(*at, scratch);
    }
}

std::span<const std::uint32_t> ScopeIndex::matching(const Request& request, const Entities& entities,
                                                    Scratch& scratch) const {
  scratch.found.clear();
  scratch.found.reserve(std::min<std::size_t>(policies_.size(), 64));
  if (policies_.empty()) return {};
  actions_.held(request.action(), entities, scratch.actions);
  resources_.held(request.resource(), entities, scratch.resources);
  principals_.held(request.principal(), entities, scratch.principals);
  for (const std::uint32_t action : scratch.actions)
    search(action, scratch);
  if (any_repeated_) {
    if (scratch.seen.size() < policies_.size()) scratch.seen.resize(policies_.size());
    if (++scratch.request == 0) {  // after 2^32 requests old marks could be taken for new ones
      std::fill(scratch.seen.begin(), scratch.seen.end(), 0);
      scratch.request = 1;
    }
  }
  std::erase_if(scratch.found, [&](std::uint32_t number) {
    if (flags_[number] == 0) return false;
    const Policy& policy = policies_[number];
    if (!type_agrees(policy.resource, request.resource()) ||
        !type_agrees(policy.principal, request.principal()))
      return true;
    return (flags_[number] & kRepeated) != 0 &&
           std::exchange(scratch.seen[number], scratch.request) == scratch.request;
  });
  return scratch.found;
}

}  // namespace weir::cedar
