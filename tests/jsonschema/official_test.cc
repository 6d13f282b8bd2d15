// The official JSON Schema Test Suite (tests/cases/jsonschema/official), every required test of three drafts.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "jsonschema/schema.h"

namespace weir::jsonschema {
namespace {

namespace fs = std::filesystem;

Json file_json(const fs::path& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  auto json = parse_json(text.str());
  EXPECT_TRUE(json) << path << (json ? "" : json.error().message());
  return json ? *std::move(json) : Json();
}

// Each draft's tests say what they are written in; those of draft 7 do not.
Json with_draft(Json schema, const std::string& draft) {
  if (draft != "draft7" || !schema.is_object() || schema.has("$schema")) return schema;
  schema.set("$schema", "http://json-schema.org/draft-07/schema#");
  return schema;
}

struct Outcome {
  std::size_t right = 0;
  std::size_t outside = 0;  // refers to a schema, or is of a draft, that would have to be fetched
  std::string wrong;
};

void run_group(const std::string& draft, const fs::path& file, const Json& group, Outcome& out) {
  const std::string title = draft + "/" + file.filename().string() + ": " + group["description"].as_string();
  const auto schema = Schema::compile(with_draft(group["schema"], draft));
  if (!schema) {
    if (schema.error().code == ErrorCode::denied)
      out.outside += group["tests"].as_array().size();
    else
      out.wrong += title + ": " + schema.error().message() + "\n";
    return;
  }
  for (const auto& test : group["tests"].as_array()) {
    const auto violations = schema->check(test["data"]);
    const bool valid = violations && violations->empty();
    if (violations && valid == test["valid"].as_bool())
      ++out.right;
    else
      out.wrong += title + " / " + test["description"].as_string() + "\n";
  }
}

Outcome run_draft(const std::string& draft) {
  Outcome out;
  std::vector<fs::path> files;
  for (const auto& entry :
       fs::directory_iterator(WEIR_SOURCE_DIR "/tests/cases/jsonschema/official/" + draft))
    files.push_back(entry.path());
  std::ranges::sort(files);
  for (const auto& file : files) {
    const Json groups = file_json(file);
    for (const auto& group : groups.as_array())
      run_group(draft, file, group, out);
  }
  return out;
}

TEST(Official, Draft2020) {
  const Outcome out = run_draft("draft2020-12");
  EXPECT_EQ(out.wrong, "");
  EXPECT_EQ(out.right, 1246u);
  EXPECT_EQ(out.outside, 53u);
}

TEST(Official, Draft2019) {
  const Outcome out = run_draft("draft2019-09");
  EXPECT_EQ(out.wrong, "");
  EXPECT_EQ(out.right, 1219u);
  EXPECT_EQ(out.outside, 40u);
}

TEST(Official, Draft7) {
  const Outcome out = run_draft("draft7");
  EXPECT_EQ(out.wrong, "");
  EXPECT_EQ(out.right, 900u);
  EXPECT_EQ(out.outside, 27u);
}

}  // namespace
}  // namespace weir::jsonschema
