#include "pod/provenance.h"

#include <algorithm>
#include <utility>

namespace weir::pod {
namespace {

constexpr std::size_t kNewsMax = 4096;

}  // namespace

Provenance::Node& Provenance::node(Program program) {
  auto& node = programs_[program];
  if (!node) node = std::make_unique<Node>();
  return *node;
}

Provenance::Node* Provenance::place(const std::string& name) {
  if (const auto found = places_.find(name); found != places_.end()) return found->second.get();
  if (places_.size() >= kPlacesMax) drop_idle_places();
  if (places_.size() >= kPlacesMax) {
    complete_ = false;
    return nullptr;
  }
  auto& node = places_[name];
  node = std::make_unique<Node>();
  node->name = name;
  node->is_place = true;
  return node.get();
}

// Gets there once: the first way is the one that is told. Not by recursion: a program can make a long chain.
void Provenance::give(Node& to, const Key& origin, std::shared_ptr<const Step> by) {
  std::vector<std::pair<Node*, std::shared_ptr<const Step>>> left = {{&to, std::move(by)}};
  while (!left.empty()) {
    auto [node, before] = std::move(left.back());
    left.pop_back();
    if (node->held.contains(origin)) continue;
    if (node->held.size() >= kOriginsMax) {
      complete_ = false;
      continue;
    }
    const auto step = step_to(*node, std::move(before));
    node->held.emplace(origin, step);
    if (node->is_place && news_.size() < kNewsMax)
      news_.emplace_back(node->name, Origin{.kind = origin.first, .name = origin.second, .steps = {}});
    if (node->closed) continue;
    for (Node* next : node->to)
      left.emplace_back(next, step);
  }
}

std::shared_ptr<const Provenance::Step> Provenance::step_to(const Node& node,
                                                            std::shared_ptr<const Step> before) {
  const std::size_t length = before ? before->length + 1 : 1;
  if (before && (before->name == node.name || length > kStepsMax)) return before;
  return std::make_shared<const Step>(Step{node.name, std::move(before), length});
}

void Provenance::pass(Node& from, Node& to) {
  if (from.closed) return;
  for (const auto& [origin, step] : from.held)
    give(to, origin, step);
}

void Provenance::link(Node& from, Node& to) {
  from.to.insert(&to);
  if (!to.is_place) to.from.insert(&from);
  pass(from, to);
}

void Provenance::started(Program program, Program parent, std::string_view name) {
  Node& child = node(program);
  child.name = name;
  if (const auto found = programs_.find(parent); found != programs_.end() && found->second.get() != &child)
    pass(*found->second, child);
}

void Provenance::forked(Program copy, Program of) {
  const auto found = programs_.find(of);
  if (found == programs_.end() || copy == of) return;
  Node& original = *found->second;
  Node& child = node(copy);
  child.name = original.name;
  pass(original, child);
  for (Node* from : original.from)
    link(*from, child);
  for (Node* to : original.to)
    link(child, *to);
}

void Provenance::reads(Program program, const std::string& place) {
  if (Node* from = this->place(place)) link(*from, node(program));
}

void Provenance::writes(Program program, const std::string& place) {
  if (Node* to = this->place(place)) link(node(program), *to);
}

void Provenance::copied(const std::string& from, const std::string& to) {
  const auto found = places_.find(from);
  if (found == places_.end() || from == to) return;
  Node* const source = found->second.get();
  if (Node* target = place(to)) pass(*source, *target);
}

void Provenance::came_from(Program program, const Origin& origin) {
  give(node(program), {origin.kind, origin.name}, nullptr);
}

void Provenance::is_origin(const std::string& place, const Origin& origin) {
  if (Node* node = this->place(place)) give(*node, {origin.kind, origin.name}, nullptr);
}

void Provenance::close(Program program) {
  node(program).closed = true;
}

std::vector<Origin> Provenance::of(Program program) const {
  std::vector<Origin> origins;
  const auto found = programs_.find(program);
  if (found == programs_.end()) return origins;
  for (const auto& [key, last] : found->second->held) {
    Origin origin{.kind = key.first, .name = key.second, .steps = {}};
    for (auto step = last; step; step = step->before)
      origin.steps.push_back(step->name);
    std::ranges::reverse(origin.steps);
    origins.push_back(std::move(origin));
  }
  return origins;
}

std::vector<std::pair<std::string, Origin>> Provenance::news() {
  return std::exchange(news_, {});
}

void Provenance::keep(const std::function<bool(Program)>& lives) {
  std::set<const Node*> ended;
  for (const auto& [program, node] : programs_)
    if (!lives(program)) ended.insert(node.get());
  for (const auto& [program, node] : programs_)
    if (ended.contains(node.get()))
      for (Node* from : node->from)
        from->to.erase(node.get());
  std::erase_if(programs_, [&](const auto& entry) { return ended.contains(entry.second.get()); });
}

// Places that hold nothing and that no living program writes to or reads from can begin anew.
void Provenance::drop_idle_places() {
  std::set<const Node*> written;
  for (const auto& [program, node] : programs_)
    written.insert(node->to.begin(), node->to.end());
  std::erase_if(places_, [&](const auto& entry) {
    const Node& node = *entry.second;
    return node.held.empty() && node.to.empty() && !written.contains(&node);
  });
}

}  // namespace weir::pod
