#include "prove/flip.h"

#include <algorithm>
#include <optional>

#include "base/bytes.h"

namespace weir::prove {
namespace {

using cedar::Record;
using cedar::Value;

constexpr std::size_t kFactsMax = 60;  // of one request; pairs of them are tried

// What a path names within a record: "branch", "address.city"; "branch?" is whether it is there.
std::optional<Value> at_path(const Record& record, std::string_view path) {
  const bool presence = path.ends_with('?');
  if (presence) path.remove_suffix(1);
  const Record* here = &record;
  for (;;) {
    const auto dot = path.find('.');
    const auto step = path.substr(0, dot);
    const Value* found = nullptr;
    for (const auto& [name, value] : here->fields())
      if (smt_name(name) == step) found = &value;
    if (dot == std::string_view::npos) {
      if (presence) return Value(found != nullptr);
      return found == nullptr ? std::nullopt : std::optional(*found);
    }
    here = found == nullptr ? nullptr : found->get_if<Record>();
    if (here == nullptr) return presence ? std::optional(Value(false)) : std::nullopt;
    path.remove_prefix(dot + 1);
  }
}

// The facts of one request as terms and values.
class Facts {
 public:
  Facts(Encoder& encoder, const Example& example) : terms_(encoder.terms()), example_(example) {}

  // None: it has no value in this request (an attribute that is absent), or none that can be told.
  std::optional<Value> value(Term term) const {
    const TermNode& node = terms_.node(term);
    const auto& request = example_.request;
    if (node.op == TermOp::entity) return Value(cedar::EntityUid(node.sort->name, node.text));
    if (node.op == TermOp::symbol) {
      if (node.text == "principal") return request.principal_value();
      if (node.text == "resource") return request.resource_value();
      return at_path(request.context(),
                     std::string_view(node.text).substr(std::string_view("context.").size()));
    }
    if (node.op != TermOp::function && node.op != TermOp::ancestors) return std::nullopt;
    const auto owner = value(node.args[0]);
    if (!owner || owner->get_if<cedar::EntityUid>() == nullptr) return std::nullopt;
    const auto& uid = *owner->get_if<cedar::EntityUid>();
    if (node.op == TermOp::ancestors) return ancestors(uid, node.sort->element->name);
    const cedar::Entity* entity = example_.entities.find(uid);
    if (entity == nullptr || node.args.size() != 1) return std::nullopt;
    if (node.text == kTagKeys) return tag_keys(*entity);
    return at_path(entity->attributes, node.text);
  }

  // Value as a constant term of a sort; none where it cannot be written as one.
  std::optional<Term> constant(const Value& value, const SortPtr& sort) {
    if (const auto* flag = value.get_if<bool>()) return terms_.boolean(*flag);
    if (const auto* number = value.get_if<std::int64_t>()) return terms_.number(*number, sort);
    if (const auto* text = value.get_if<std::string>())
      return fits_smt(*text) ? std::optional(terms_.string(*text)) : std::nullopt;
    if (const auto* decimal = value.get_if<cedar::Decimal>())
      return terms_.number(decimal->ten_thousandths, sort);
    if (const auto* time = value.get_if<cedar::Datetime>()) return terms_.number(time->unix_ms, sort);
    if (const auto* length = value.get_if<cedar::Duration>()) return terms_.number(length->ms, sort);
    if (const auto* address = value.get_if<cedar::IpAddr>()) return terms_.address(*address);
    if (const auto* uid = value.get_if<cedar::EntityUid>()) {
      const bool known =
          !sort->closed || std::binary_search(sort->choices.begin(), sort->choices.end(), uid->id());
      return known && fits_smt(uid->id()) ? std::optional(terms_.entity(sort, uid->id())) : std::nullopt;
    }
    const auto* set = value.get_if<cedar::Set>();
    if (set == nullptr || sort->kind != Sort::Kind::set) return std::nullopt;
    std::vector<Term> elements;
    for (const Value& element : set->elements()) {
      const auto term = constant(element, sort->element);
      if (!term) return std::nullopt;
      elements.push_back(*term);
    }
    return terms_.set(sort, std::move(elements));
  }

  // "context.approved", "resource.path", "the ancestors of resource (PathClass)".
  std::string label(Term term) const {
    const TermNode& node = terms_.node(term);
    if (node.op == TermOp::entity) return cedar::EntityUid(node.sort->name, node.text).text();
    if (node.op == TermOp::symbol) return node.text.ends_with('?') ? "has " + node.text : node.text;
    if (node.op == TermOp::ancestors)
      return "the ancestors of " + label(node.args[0]) + " (" + node.sort->element->name + ")";
    return label(node.args[0]) + "." + node.text;
  }

 private:
  Value ancestors(const cedar::EntityUid& uid, const std::string& type) const {
    std::vector<Value> out;
    for (const auto* ancestor : example_.entities.ancestors(uid))
      if (ancestor->type() == type) out.emplace_back(*ancestor);
    return Value(cedar::Set(std::move(out)));
  }
  static Value tag_keys(const cedar::Entity& entity) {
    std::vector<Value> out;
    for (const auto& [key, value] : entity.tags.fields())
      out.emplace_back(key);
    return Value(cedar::Set(std::move(out)));
  }

  Terms& terms_;
  const Example& example_;
};

struct Fact {
  Term term;
  Term holds;  // it is as it is in the request
};

class FlipSearch {
 public:
  FlipSearch(const cedar::PolicySet& policies, const Example& example, Semantics semantics, Encoder& encoder,
             Prover& prover, Explanation& out)
      : policies_(policies),
        example_(example),
        semantics_(semantics),
        encoder_(encoder),
        prover_(prover),
        out_(out),
        facts_(encoder, example) {}

  Status run() {
    now_ = strength(semantics_, policies_, example_);
    Terms& terms = encoder_.terms();
    TRY(const Term strong, at_least(semantics_, std::max(now_, 1), policies_, encoder_));
    goal_ = now_ > 0 ? terms.negate(strong) : strong;
    for (const Term term : encoder_.reachable({goal_})) {
      const TermOp op = terms.node(term).op;
      if (op != TermOp::symbol && op != TermOp::function && op != TermOp::ancestors) continue;
      const auto value = facts_.value(term);
      if (!value) continue;
      const auto constant = facts_.constant(*value, terms.sort(term));
      if (!constant) return not_searched("a fact of the request cannot be written for the solver");
      list_.push_back({term, terms.equal(term, *constant)});
    }
    if (list_.size() > kFactsMax) return not_searched("the answer depends on too many facts");
    std::sort(list_.begin(), list_.end(), [](const auto& a, const auto& b) { return a.term < b.term; });
    out_.searched = true;
    for (std::size_t i = 0; i < list_.size() && out_.flips.size() < kFlipsMax; ++i)
      TRY_STATUS(attempt({i}));
    for (std::size_t i = 0; out_.flips.empty() && i < list_.size(); ++i)
      for (std::size_t j = i + 1; j < list_.size() && out_.flips.size() < kFlipsMax; ++j)
        TRY_STATUS(attempt({i, j}));
    return {};
  }

 private:
  Status not_searched(std::string why) {
    out_.why = std::move(why);
    return {};
  }

  // Whether the answer changes when these facts may change and no others do.
  Status attempt(const std::vector<std::size_t>& free) {
    std::vector<Term> parts{goal_};
    for (std::size_t i = 0; i < list_.size(); ++i)
      if (std::find(free.begin(), free.end(), i) == free.end()) parts.push_back(list_[i].holds);
    TRY(const Search found,
        prover_.find(encoder_, encoder_.terms().all(std::move(parts)), "the nearest change"));
    if (found.answer == Answer::unknown) out_.searched = false;
    if (found.answer != Answer::sat) return {};
    const int then = strength(semantics_, policies_, *found.example);
    if (now_ > 0 ? then >= now_ : then <= now_) return {};  // does not replay: not shown
    Flip flip;
    flip.answer = strength_name(semantics_, then);
    const Facts after(encoder_, *found.example);
    for (const std::size_t i : free) {
      const auto was = facts_.value(list_[i].term);
      const auto is = after.value(list_[i].term);
      flip.what.push_back(facts_.label(list_[i].term));
      flip.before.push_back(was ? printable(was->text(), 300) : "absent");
      flip.after.push_back(is ? printable(is->text(), 300) : "absent");
    }
    out_.flips.push_back(std::move(flip));
    return {};
  }

  const cedar::PolicySet& policies_;
  const Example& example_;
  Semantics semantics_;
  Encoder& encoder_;
  Prover& prover_;
  Explanation& out_;
  Facts facts_;
  int now_ = 0;
  Term goal_;
  std::vector<Fact> list_;
};

}  // namespace

Status find_flips(const cedar::PolicySet& policies, const cedar::Schema& schema, const Example& example,
                  Semantics semantics, Prover& prover, Explanation& out) {
  const cedar::RequestEnvironment environment{example.request.principal().type(), example.request.action(),
                                              example.request.resource().type()};
  const auto all = schema.environments();
  if (std::find(all.begin(), all.end(), environment) == all.end()) {
    out.why = "the schema allows no such request";
    return {};
  }
  const Sorts sorts(schema);
  TRY(auto encoder, Encoder::make(sorts, environment));
  const Status done = FlipSearch(policies, example, semantics, *encoder, prover, out).run();
  if (!done) {
    out.searched = false;
    out.why = done.error().message();
  }
  return {};
}

}  // namespace weir::prove
