// Cedar's public conformance data: every request must get the decision, the determining policies and the
// erroring policies that the reference implementation gave. The data lies beside the checkout and is not part
// of it; without it these tests are skipped, and the cases in tests/cases/cedar/ carry the room.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/json.h"
#include "cedar/authorize_row.h"
#include "cedar/entity_json.h"
#include "cedar/validate.h"
#include "cedar/validate_data.h"

namespace weir::cedar {
namespace {

namespace fs = std::filesystem;

fs::path data_directory() {
  return fs::path(WEIR_SOURCE_DIR) / ".." / "shared" / "data" / "cedar";
}

struct Tally {
  std::size_t requests = 0;
  std::size_t equal = 0;
  std::vector<std::string> unequal;  // "row id, request number"
};

// Sorted text of an array, for comparing as sets.
std::vector<std::string> as_set(const Json& array) {
  std::vector<std::string> out;
  if (array.is_array())
    for (const auto& item : array.as_array())
      out.emplace_back(item.text_or("?"));
  std::sort(out.begin(), out.end());
  return out;
}

// Decides the row and compares with what its requests expect.
void judge(const Json& row, const std::string& id, Tally& tally) {
  const Json answer = authorize_line(compact(row));
  const auto& requests = row["requests"].as_array();
  for (std::size_t i = 0; i < requests.size(); ++i) {
    ++tally.requests;
    const Json* given = nullptr;
    if (answer["responses"].is_array()) given = &answer["responses"].as_array()[i];
    const bool equal = given != nullptr && (*given)["decision"] == requests[i]["decision"] &&
                       as_set((*given)["reason"]) == as_set(requests[i]["reason"]) &&
                       as_set((*given)["errors"]) == as_set(requests[i]["errors"]);
    if (equal)
      ++tally.equal;
    else
      tally.unequal.push_back(id + " request " + std::to_string(i) + " " +
                              compact(given != nullptr ? *given : answer["error"]));
  }
}

// Validates the row's policies and compares the verdict as a whole, and for each policy where it is given.
void judge_validation(const Json& row, const Json& schema_form, const std::string& id, Tally& tally) {
  const Json* expected = row.find("shouldValidate_4_13");
  if (expected == nullptr) expected = row.find("shouldValidate");
  if (expected == nullptr) return;
  ++tally.requests;
  const auto schema =
      schema_form.is_string() ? Schema::parse(schema_form.as_string()) : Schema::from_json(schema_form);
  const auto policies = PolicySet::parse(row["policies"].as_string());
  if (!schema || !policies) {
    tally.unequal.push_back(id + " " + (schema ? policies.error() : schema.error()).message());
    return;
  }
  const ValidationResult result = validate(*policies, *schema);
  bool equal = result.valid() == expected->as_bool();
  // The reference for single policies is older than 4.13, in which a policy that applies nowhere became
  // valid.
  if (const Json& each = row["validation"]["perPolicyStrict"];
      each.is_object() && !row.has("shouldValidate_4_13"))
    for (const auto& [policy, valid] : each.as_object()) {
      const bool given = std::none_of(result.errors.begin(), result.errors.end(),
                                      [&](const Diagnostic& error) { return error.policy == policy; });
      equal = equal && given == valid.as_bool();
    }
  if (equal)
    ++tally.equal;
  else
    tally.unequal.push_back(id + (result.valid() ? " is valid for us" : " " + result.errors.front().message));
}

// The row's entities and requests against its schema. The data names a verdict for each.
void judge_data(const Json& row, const std::string& id, Tally& entities_tally, Tally& requests_tally) {
  const Json& validation = row["validation"];
  if (!validation.is_object()) return;
  const auto schema = Schema::parse(row["schema"].as_string());
  const auto entities = schema ? read_entities(row["entities"], &*schema) : read_entities(row["entities"]);
  ASSERT_TRUE(schema && entities) << id;
  const auto problems = validate_entities(*entities, *schema);
  for (const auto& entity : entities->all()) {
    const Json* expected = validation["perEntity"].find(entity.uid.type() + "::" + entity.uid.id());
    if (expected == nullptr) continue;  // an action that the schema added
    ++entities_tally.requests;
    const auto problem = std::find_if(problems.begin(), problems.end(), [&](const DataProblem& each) {
      return each.where.starts_with(printable(entity.uid.text(), 200));
    });
    const bool valid = problem == problems.end();
    if (valid == expected->as_object().empty())  // an object of errors
      ++entities_tally.equal;
    else
      entities_tally.unequal.push_back(id + " " + entity.uid.text() + (valid ? "" : ": " + problem->message));
  }
  const auto& requests = row["requests"].as_array();
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const Json::Array& verdicts = validation["requestsStrict"].as_array();
    if (i >= verdicts.size()) continue;
    ++requests_tally.requests;
    const auto request = read_request(requests[i], &*schema);
    const bool valid = request && validate_request(*request, *schema).empty();
    if (valid == verdicts[i].as_bool())
      ++requests_tally.equal;
    else
      requests_tally.unequal.push_back(id + " request " + std::to_string(i) + (valid ? " valid for us" : ""));
  }
}

void report(const Tally& tally) {
  std::printf("%zu of %zu equal\n", tally.equal, tally.requests);
  for (const auto& line : tally.unequal)
    std::printf("  differs: %s\n", line.c_str());
  ASSERT_GT(tally.requests, 0u);
  EXPECT_GE(static_cast<double>(tally.equal), 0.995 * static_cast<double>(tally.requests));
}

std::string read_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

template <class Visit>
void for_each_row(const fs::path& file, Visit visit) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(("zcat '" + file.string() + "'").c_str(), "r"),
                                                   pclose);
  ASSERT_TRUE(pipe);
  char* line = nullptr;
  std::size_t capacity = 0;
  while (true) {
    const ssize_t length = getline(&line, &capacity, pipe.get());
    if (length < 0) break;
    const auto row = parse_json({line, static_cast<std::size_t>(length)});
    ASSERT_TRUE(row) << row.error().message();
    visit(*row, std::string((*row)["id"].text_or("")));
  }
  free(line);
}

TEST(Conformance, PublicCorpus) {
  const fs::path file = data_directory() / "cedar-authz-dev.jsonl.gz";
  if (!fs::exists(file)) GTEST_SKIP() << "no conformance data beside the checkout";
  Tally tally, tally_json;
  for_each_row(file, [&](const Json& row, const std::string& id) {
    judge(row, id, tally);
    if (!row.has("schemaJson")) return;
    Json with_json_schema = row;
    with_json_schema.set("schema", row["schemaJson"]);
    judge(with_json_schema, id + " with the JSON schema", tally_json);
  });
  report(tally);
  report(tally_json);
}

TEST(Conformance, ValidationOfPublicCorpus) {
  const fs::path file = data_directory() / "cedar-authz-dev.jsonl.gz";
  if (!fs::exists(file)) GTEST_SKIP() << "no conformance data beside the checkout";
  Tally tally, tally_json, entities, requests;
  for_each_row(file, [&](const Json& row, const std::string& id) {
    judge_data(row, id, entities, requests);
    judge_validation(row, row["schema"], id, tally);
    if (row.has("schemaJson"))
      judge_validation(row, row["schemaJson"], id + " with the JSON schema", tally_json);
  });
  report(tally);
  report(tally_json);
  report(entities);
  report(requests);
}

TEST(Conformance, HandwrittenTests) {
  const fs::path root = data_directory() / "handwritten";
  if (!fs::exists(root)) GTEST_SKIP() << "no conformance data beside the checkout";
  Tally tally, validations;
  for (const auto& entry : fs::recursive_directory_iterator(root / "tests")) {
    if (entry.path().extension() != ".json") continue;
    auto row = parse_json(read_text(entry.path()));
    ASSERT_TRUE(row) << entry.path();
    const auto text_of = [&](const char* member) {
      return read_text(root / std::string((*row)[member].text_or("")));
    };
    const auto entities = parse_json(text_of("entities"));
    ASSERT_TRUE(entities) << entry.path();
    row->set("policies", text_of("policies")).set("schema", text_of("schema")).set("entities", *entities);
    judge(*row, entry.path().filename().string(), tally);
    judge_validation(*row, (*row)["schema"], entry.path().filename().string(), validations);
  }
  report(tally);
  report(validations);
}

}  // namespace
}  // namespace weir::cedar
