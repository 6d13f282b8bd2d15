// Rules -> tests, one graph, and the tests through which each rule is entered.
#include <algorithm>
#include <limits>

#include "base/limits.h"
#include "sigma/program.h"

namespace weir::sigma {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();  // nothing that is scanned leads there

class Compiler {
 public:
  explicit Compiler(std::span<const Rule> rules) : program_(std::make_shared<Program>()) {
    program_->rules.assign(rules.begin(), rules.end());
  }

  Result<std::shared_ptr<Program>> run(match::DatabaseStore* kept) {
    Program& program = *program_;
    for (const Rule& rule : program.rules) {
      program.roots.push_back(node_of(rule.condition));
      if (program.nodes.size() > kNodesMax)
        return fail(ErrorCode::limit, "the rules together have too many values", rule.meta.where,
                    "load fewer");
    }
    gather_tests();
    TRY_STATUS(compile_databases(program, make_patterns(program), kept));
    weigh_tests();
    choose_entries();
    return std::move(program_);
  }

 private:
  static constexpr std::size_t kNodesMax = 8'000'000;

  std::uint32_t field_of(const std::string& name) {
    if (name.empty()) return kAnyField;
    return program_->fields.try_emplace(name, static_cast<std::uint32_t>(program_->fields.size()))
        .first->second;
  }

  std::uint32_t test_of(const Test& test) {
    const auto [found, is_new] =
        tests_.try_emplace(key(test), static_cast<std::uint32_t>(program_->tests.size()));
    if (!is_new) return found->second;
    CompiledTest compiled{.field = field_of(test.field), .test = &test};
    if (const auto* same = std::get_if<SameAs>(&test.check)) compiled.other_field = field_of(same->field);
    program_->tests.push_back(compiled);
    return found->second;
  }

  // Equal parts become one node: the key is the kind and the numbers of the parts.
  std::uint32_t node_of(const Expr& expr) {
    std::vector<std::uint32_t> parts;
    Node::Kind kind = Node::Kind::test;
    if (expr.kind == Expr::Kind::test) {
      parts.push_back(test_of(*expr.test));
    } else {
      kind = expr.kind == Expr::Kind::all   ? Node::Kind::all
             : expr.kind == Expr::Kind::any ? Node::Kind::any
                                            : Node::Kind::negation;
      for (const Expr& part : expr.parts)
        parts.push_back(node_of(part));
      std::sort(parts.begin(), parts.end());
      parts.erase(std::unique(parts.begin(), parts.end()), parts.end());
      if (parts.size() == 1 && kind != Node::Kind::negation) return parts.front();
    }
    std::string name(1, static_cast<char>('0' + static_cast<int>(kind)));
    name.append(reinterpret_cast<const char*>(parts.data()), parts.size() * sizeof(parts[0]));
    const auto [found, is_new] =
        nodes_.try_emplace(std::move(name), static_cast<std::uint32_t>(program_->nodes.size()));
    if (!is_new) return found->second;
    Node node{.kind = kind, .first = parts.front(), .count = static_cast<std::uint32_t>(parts.size())};
    if (kind != Node::Kind::test) {
      node.first = static_cast<std::uint32_t>(program_->children.size());
      program_->children.insert(program_->children.end(), parts.begin(), parts.end());
    }
    program_->nodes.push_back(node);
    return found->second;
  }

  std::span<const std::uint32_t> parts_of(const Node& node) const {
    return std::span(program_->children).subspan(node.first, node.count);
  }

  // Which tests each rule has.
  void gather_tests() {
    Program& program = *program_;
    std::vector<std::uint32_t> seen(program.nodes.size(), 0);
    program.rule_tests.resize(program.rules.size());
    for (std::uint32_t rule = 0; rule < program.rules.size(); ++rule) {
      std::vector<std::uint32_t> open = {program.roots[rule]};
      while (!open.empty()) {
        const std::uint32_t at = open.back();
        open.pop_back();
        if (seen[at] == rule + 1) continue;
        seen[at] = rule + 1;
        const Node& node = program.nodes[at];
        if (node.kind == Node::Kind::test) {
          program.rule_tests[rule].push_back(node.first);
        } else {
          const auto parts = parts_of(node);
          open.insert(open.end(), parts.begin(), parts.end());
        }
      }
    }
  }

  // In how many rules each scanned test is: what many rules look for is what many records have.
  void weigh_tests() {
    Program& program = *program_;
    std::vector<std::uint32_t> users(program.tests.size(), 0);
    for (auto& tests : program.rule_tests) {
      std::erase_if(tests, [&](std::uint32_t test) { return !program.tests[test].scanned; });
      for (const std::uint32_t test : tests)
        ++users[test];
    }
    for (std::size_t i = 0; i < users.size(); ++i)
      program.tests[i].weight *= users[i];
  }

  void choose_entries() {
    Program& program = *program_;
    // Parts stand before what is made of them.
    cost_.resize(program.nodes.size());
    for (std::size_t i = 0; i < program.nodes.size(); ++i)
      cost_[i] = cost_of(program.nodes[i]);
    entered_by_.resize(program.tests.size());
    for (std::uint32_t rule = 0; rule < program.rules.size(); ++rule) {
      if (cost_[program.roots[rule]] == kNever)
        program.always.push_back(rule);
      else
        enter(program.roots[rule], rule);
    }
    program.entered_by.assign(entered_by_);
  }

  double cost_of(const Node& node) const {
    if (node.kind == Node::Kind::test) {
      const CompiledTest& test = program_->tests[node.first];
      return test.scanned ? test.weight : kNever;
    }
    if (node.kind == Node::Kind::negation) return kNever;
    double sum = 0, least = kNever;
    for (const std::uint32_t part : parts_of(node)) {
      sum += cost_[part];
      least = std::min(least, cost_[part]);
    }
    return node.kind == Node::Kind::any ? sum : least;
  }

  void enter(std::uint32_t at, std::uint32_t rule) {
    const Node& node = program_->nodes[at];
    if (node.kind == Node::Kind::test) {
      auto& rules = entered_by_[node.first];
      if (rules.empty() || rules.back() != rule) rules.push_back(rule);
    } else if (node.kind == Node::Kind::any) {
      for (const std::uint32_t part : parts_of(node))
        enter(part, rule);
    } else {
      const auto parts = parts_of(node);
      enter(*std::min_element(parts.begin(), parts.end(),
                              [&](std::uint32_t a, std::uint32_t b) { return cost_[a] < cost_[b]; }),
            rule);
    }
  }

  std::shared_ptr<Program> program_;
  std::unordered_map<std::string, std::uint32_t> tests_, nodes_;
  std::vector<double> cost_;
  std::vector<std::vector<std::uint32_t>> entered_by_;
};

}  // namespace

Engine::Engine() : program_(std::make_shared<Program>()) {}

Result<Engine> Engine::compile(std::span<const Rule> rules, match::DatabaseStore* kept) {
  TRY(auto program, Compiler(rules).run(kept));
  Engine engine;
  engine.program_ = std::move(program);
  return engine;
}

bool Engine::covers(const LogSource& logsource) const {
  return std::any_of(program_->rules.begin(), program_->rules.end(),
                     [&](const Rule& rule) { return sigma::covers(rule.logsource, logsource); });
}

bool Engine::looks_at(std::string_view field) const {
  const auto is_part = [&](const std::string& name) {
    return name.starts_with(field) && (name.size() == field.size() || name[field.size()] == '.');
  };
  return std::any_of(program_->tests.begin(), program_->tests.end(),
                     [](const CompiledTest& test) { return test.field == kAnyField; }) ||
         std::any_of(program_->fields.begin(), program_->fields.end(),
                     [&](const auto& entry) { return is_part(entry.first); });
}

Engine::Size Engine::size() const {
  const Program& program = *program_;
  Size size{.rules = program.rules.size(),
            .tests = program.tests.size(),
            .nodes = program.nodes.size(),
            .literals = program.literal_shapes.size(),
            .expressions = program.expression_tests.size(),
            .always = program.always.size(),
            .database_bytes = program.expressions.bytes()};
  for (const Shard& shard : program.shards)
    size.database_bytes += shard.literals.bytes();
  size.unscanned_tests = static_cast<std::size_t>(std::count_if(
      program.tests.begin(), program.tests.end(), [](const auto& test) { return !test.scanned; }));
  return size;
}

}  // namespace weir::sigma
