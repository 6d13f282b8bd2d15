// Runs tests/cases/cedar/*.case; tests/cases/cedar/README.md says how they are written.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/json.h"
#include "cedar/authorizer.h"
#include "cedar/entity_json.h"
#include "cedar/evaluator.h"
#include "cedar/parser.h"

namespace weir::cedar {
namespace {

namespace fs = std::filesystem;

struct Section {
  std::string name;
  std::string body;
  int line = 0;  // of the first line of the body
};

std::vector<Section> read_case(const fs::path& path) {
  std::ifstream in(path);
  std::vector<Section> out;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.starts_with("--- "))
      out.push_back({std::string(trim(line.substr(4))), "", number + 1});
    else if (!out.empty())
      out.back().body += line + "\n";
  }
  return out;
}

std::vector<fs::path> case_files(std::string_view prefix) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(fs::path(WEIR_SOURCE_DIR) / "tests/cases/cedar"))
    if (entry.path().extension() == ".case" && entry.path().filename().string().starts_with(prefix))
      out.push_back(entry.path());
  std::sort(out.begin(), out.end());
  return out;
}

std::string kind_name(EvaluationError::Kind kind) {
  static constexpr const char* kNames[] = {"type",        "overflow", "entity_missing", "attribute_missing",
                                           "tag_missing", "extension"};
  return kNames[static_cast<std::size_t>(kind)];
}

template <class T>
T must(Result<T> result) {
  if (!result) ADD_FAILURE() << result.error().message();
  CHECK(result);
  return *std::move(result);
}

// What a case has said so far: each section replaces the earlier one of its name.
struct World {
  PolicySet policies;
  std::optional<Schema> schema;
  Entities entities;
  Json request = Json(Json::Object{});
  Record context;

  const Schema* types() const { return schema ? &*schema : nullptr; }
};

// "allow", "reason a b", "errors c", in lines; compared as text with sorted ids.
std::string outcome(const Response& response) {
  const auto line = [](std::string_view word, std::vector<std::string> ids) {
    std::sort(ids.begin(), ids.end());
    std::string out(word);
    for (const auto& id : ids)
      out += " " + id;
    return out + "\n";
  };
  std::vector<std::string> reason, errors, permits;
  for (const auto* policy : response.reason())
    reason.push_back(policy->id);
  for (const auto* policy : response.satisfied_permits)
    permits.push_back(policy->id);
  for (const auto& error : response.errors)
    errors.push_back(error.policy->id + ":" + kind_name(error.error.kind));
  std::string out(name(response.decision));
  out += "\n";
  if (!reason.empty()) out += line("reason", reason);
  if (!errors.empty()) out += line("errors", errors);
  if (!permits.empty() && response.decision == Decision::deny) out += line("overridden", permits);
  return out;
}

void apply(const Section& section, World& world) {
  if (section.name == "policies") world.policies = must(PolicySet::parse(section.body));
  if (section.name == "schema") world.schema = must(Schema::parse(section.body));
  if (section.name == "entities")
    world.entities = must(read_entities(must(parse_json(section.body)), world.types()));
  if (section.name == "request") world.request = must(parse_json(section.body));
  if (section.name == "context") world.context = must(read_record(must(parse_json(section.body))));
}

TEST(Cases, Decisions) {
  int decided = 0;
  for (const auto& path : case_files("decide_")) {
    World world;
    for (const auto& section : read_case(path)) {
      SCOPED_TRACE(path.filename().string() + ":" + std::to_string(section.line));
      apply(section, world);
      if (section.name != "expect") continue;
      const Request request = must(read_request(world.request, world.types()));
      EXPECT_EQ(outcome(authorize(world.policies, request, world.entities)),
                std::string(trim(section.body)) + "\n");
      ++decided;
    }
  }
  EXPECT_GE(decided, 17);
}

// The value of an expression in Cedar's syntax, or "error KIND".
std::string value_of(std::string_view text, const World& world) {
  const auto expression = parse_expression(text);
  if (!expression) return "does not parse: " + expression.error().what;
  const Request request(EntityUid("User", "alice"), EntityUid("Action", "read"), EntityUid("File", "a.txt"),
                        world.context);
  Evaluator evaluator(request, world.entities);
  const Value* value = evaluator.evaluate(*expression);
  return value != nullptr ? value->text() : "error " + kind_name(evaluator.error().kind);
}

TEST(Cases, Expressions) {
  int evaluated = 0;
  for (const auto& path : case_files("evaluate_")) {
    World world;
    for (const auto& section : read_case(path)) {
      apply(section, world);
      if (section.name != "expressions") continue;
      int line = section.line - 1;
      for (const auto row : split(section.body, '\n')) {
        ++line;
        const auto arrow = row.find("==>");
        if (arrow == std::string_view::npos) continue;
        SCOPED_TRACE(path.filename().string() + ":" + std::to_string(line));
        EXPECT_EQ(value_of(trim(row.substr(0, arrow)), world), trim(row.substr(arrow + 3)));
        ++evaluated;
      }
    }
  }
  EXPECT_GT(evaluated, 200);
}

TEST(Cases, Mistakes) {
  int refused = 0;
  for (const auto& path : case_files("refuse_")) {
    std::string text;
    for (const auto& section : read_case(path)) {
      SCOPED_TRACE(path.filename().string() + ":" + std::to_string(section.line));
      if (section.name == "policies") text = section.body;
      if (section.name != "error") continue;
      const auto policies = PolicySet::parse(text, "x.cedar");
      ASSERT_FALSE(policies) << "accepted:\n" << text;
      const std::string message = policies.error().message();
      for (const auto part : split(trim(section.body), '\n'))
        EXPECT_NE(message.find(trim(part)), std::string::npos) << message;
      ++refused;
    }
  }
  EXPECT_GT(refused, 30);
}

}  // namespace
}  // namespace weir::cedar
