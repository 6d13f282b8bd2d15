// What a gate's request is made of: the engine's context, entities with their attributes, and where policies
// cut the numbers they are given.
#include <algorithm>

#include "flow/propagation.h"

#include "prove/model_gate.h"

namespace weir::prove {
namespace {

using cedar::EntityUid;
using cedar::Record;
using cedar::Value;

constexpr std::array<std::string_view, 7> kSessionCounters = {"calls",  "refusals", "asks",  "deletes",
                                                              "writes", "connects", "spawns"};

std::string before_slash(const std::string& text) {
  return text.substr(0, text.find('/'));
}

std::string last_part(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

void fill(Record& attributes, std::string_view name, Value value) {
  if (attributes.find(name) == nullptr) attributes.set(name, std::move(value));
}

// content/policies/weir.cedarschema: what the types declare as required.
void fill_attributes(const EntityUid& uid, Record& attributes) {
  const std::string& type = uid.type();
  if (type == "SubAgent") {
    fill(attributes, "name", Value(before_slash(uid.id())));
    fill(attributes, "type", Value(last_part(uid.id())));
  } else if (type == "Path") {
    fill(attributes, "path", Value(uid.id()));
    fill(attributes, "name", Value(last_part(uid.id())));
    fill(attributes, "relative", Value(""));
    fill(attributes, "known", Value(true));
    for (const std::string_view name : {"in_workspace", "is_workspace", "exists"})
      fill(attributes, name, Value(false));
  } else if (type == "Host" || type == "Url") {
    fill(attributes, "host", Value(uid.id()));
    fill(attributes, "loopback", Value(false));
  } else if (type == "Tool") {
    const auto slash = uid.id().find('/');
    fill(attributes, "name", Value(uid.id()));
    fill(attributes, "server", Value(slash == std::string::npos ? std::string() : before_slash(uid.id())));
  } else {
    fill(attributes, "name", Value(uid.id()));
  }
}

// An action and the groups above it, as the schema has them, else as the model says.
Status add_actions(const ModelGateSpec& spec, const ModelPolicies& policies,
                   std::vector<cedar::Entity>& entities) {
  if (!policies.schema) {
    entities.push_back({spec.action, {}, {}, spec.action_parents});
    return {};
  }
  std::vector<EntityUid> open = {spec.action};
  std::vector<EntityUid> seen;
  while (!open.empty()) {
    const EntityUid uid = open.back();
    open.pop_back();
    if (std::find(seen.begin(), seen.end(), uid) != seen.end()) continue;
    seen.push_back(uid);
    const cedar::ActionDeclaration* declared = policies.schema->action(uid);
    if (declared == nullptr) return fail("the schema has no action " + uid.text());
    entities.push_back({uid, {}, {}, declared->parents});
    open.insert(open.end(), declared->parents.begin(), declared->parents.end());
  }
  return {};
}

class CutFinder {
 public:
  explicit CutFinder(const std::vector<std::string>& path) : path_(path) {}

  // True when the expression is exactly the path.
  bool is_path(const cedar::Expression& expression, std::size_t length) const {
    if (length == 0)
      return expression.op == cedar::Op::variable && expression.variable == cedar::Variable::context;
    return expression.op == cedar::Op::attribute && expression.names.size() == 1 &&
           expression.names[0] == path_[length - 1] && is_path(expression.args[0], length - 1);
  }

  // Collects integers compared with the path; false when the number is used in any other way.
  bool visit(const cedar::Expression& expression) {
    using cedar::Op;
    for (std::size_t length = 0; length <= path_.size(); ++length)
      if (is_path(expression, length)) return false;  // the number itself, or a record that holds it
    if (expression.op == Op::has) return inside(expression.args[0]) || visit(expression.args[0]);
    if (expression.op == Op::attribute && inside(expression.args[0])) return true;  // another member
    if (is_comparison(expression.op)) {
      for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
        if (!is_path(expression.args[side], path_.size())) continue;
        const auto* number = expression.args[1 - side].value.get_if<std::int64_t>();
        if (!expression.args[1 - side].constant && expression.args[1 - side].op != Op::literal) return false;
        if (number == nullptr) return false;
        cuts.push_back(*number);
        return true;
      }
    }
    return std::all_of(expression.args.begin(), expression.args.end(),
                       [&](const auto& arg) { return visit(arg); });
  }

  std::vector<std::int64_t> cuts;

 private:
  static bool is_comparison(cedar::Op op) {
    using cedar::Op;
    return op == Op::equal || op == Op::not_equal || op == Op::less || op == Op::less_equal ||
           op == Op::greater || op == Op::greater_equal;
  }
  bool inside(const cedar::Expression& expression) const {
    for (std::size_t length = 0; length < path_.size(); ++length)
      if (is_path(expression, length)) return true;
    return false;
  }

  const std::vector<std::string>& path_;
};

}  // namespace

// What a rule says of its values in `flow` counts from the label on from which it does in the engine.
Json watched_of(const ModelRule& rule) {
  if (!rule.gate || !rule.gate->context["flow"].is_object()) return false;
  return Json::object(
      {{"if", "monitored.self.integrity <= " + std::string(flow::name(flow::kValuesCountFrom))},
       {"then", true},
       {"else", false}});
}

// Of a call whose values nobody looks at.
Json unwatched_flow() {
  return Json::object({{"watched", false},
                       {"effect", "other"},
                       {"changes", true},
                       {"makes_new", false},
                       {"asked", false},
                       {"values", 0},
                       {"attested", true},
                       {"typed", true},
                       {"unendorsed", Json::array()},
                       {"origins", Json::array()},
                       {"carries_link", false},
                       {"complete", true},
                       {"from_untrusted", Json::array()},
                       {"carried", false},
                       {"carried_runs", false},
                       {"cross_tenant", false},
                       {"kind", ""},
                       {"sink", "none"},
                       {"secret_bytes", 0}});
}

Json engine_context(const Model& model, const ModelRule& rule, const ModelAgent& agent) {
  Json session = Json::object({{"elapsed_s", 0}});
  for (const std::string_view name : kSessionCounters) {
    const auto it = std::find_if(model.counters.begin(), model.counters.end(),
                                 [&](const auto& counter) { return counter.name == name; });
    if (it == model.counters.end())
      session.set(name, 0);
    else
      session.set(name, (it->each_agent ? "=monitored.self." : "=monitored.") + it->name);
  }
  Json facts = Json::array();
  for (const ModelFact& fact : model.facts)
    if (!fact.hidden)
      facts.push(Json::object(
          {{"if", (fact.each_agent ? "monitored.self." : "monitored.") + fact.name}, {"then", fact.name}}));
  for (const auto& [name, condition] : rule.facts)
    facts.push(Json::object({{"if", condition}, {"then", name}}));
  Json approvals = 0;
  if (rule.approval >= 0)
    approvals = "=approvals." + model.approvals[static_cast<std::size_t>(rule.approval)].name;
  Json flow = unwatched_flow();
  flow.set("watched", watched_of(rule));
  const bool sub_agent = agent.principal.uid.type() == "SubAgent";
  return Json::object({{"flags", Json::array()},
                       {"attrs", Json::object()},
                       {"certainty", "certain"},
                       {"session", std::move(session)},
                       {"labels", Json::object({{"integrity", "=monitored.self.integrity"},
                                                {"confidentiality", "=monitored.self.confidentiality"},
                                                {"categories", Json::array()}})},
                       {"flow", std::move(flow)},
                       {"facts", std::move(facts)},
                       {"findings", Json::object({{"rules", Json::array()}, {"classes", Json::array()}})},
                       {"approvals", std::move(approvals)},
                       {"agent", before_slash(agent.principal.uid.id())},
                       {"sub_agent", sub_agent},
                       {"tool", rule.call["tool"].text_or(rule.name)},
                       {"command", rule.call["input"]["command"].text_or("")},
                       {"plane", "hook"},
                       {"assurance", "claimed"},
                       {"mode", "enforce"},
                       {"isolation", "same_user"},
                       {"level", "shim"},
                       {"level_requested", "hook"}});
}

Result<cedar::Entities> gate_entities(const ModelGateSpec& spec, const ModelAgent& agent,
                                      const ModelPolicies& policies) {
  std::vector<cedar::Entity> entities;
  TRY_STATUS(add_actions(spec, policies, entities));
  cedar::Entity principal{agent.principal.uid, agent.principal.attributes, {}, agent.principal.parents};
  if (principal.uid.type() == "SubAgent" && principal.parents.empty()) {
    const EntityUid main("Agent", before_slash(principal.uid.id()));
    principal.parents.push_back(main);
    entities.push_back({main, Record({{"name", Value(main.id())}}), {}, {}});
  }
  cedar::Entity resource{spec.resource.uid, spec.resource.attributes, {}, spec.resource.parents};
  if (policies.builtin_schema) {
    fill_attributes(principal.uid, principal.attributes);
    fill_attributes(resource.uid, resource.attributes);
  }
  if (!(resource.uid == principal.uid)) entities.push_back(std::move(resource));
  entities.push_back(std::move(principal));
  return cedar::Entities::make(std::move(entities));
}

Result<std::vector<std::int64_t>> context_cuts(const cedar::PolicySet& policies,
                                               const std::vector<std::string>& path) {
  CutFinder finder(path);
  for (const cedar::Policy& policy : policies.policies())
    for (const cedar::Condition& condition : policy.conditions)
      if (!finder.visit(condition.body))
        return fail("the policy \"" + policy.id +
                    "\" uses the number otherwise than by comparing it with a number");
  std::sort(finder.cuts.begin(), finder.cuts.end());
  finder.cuts.erase(std::unique(finder.cuts.begin(), finder.cuts.end()), finder.cuts.end());
  return finder.cuts;
}

}  // namespace weir::prove
