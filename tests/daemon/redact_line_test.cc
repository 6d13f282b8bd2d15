// Lines without their secrets: still JSON of the same shape, all else byte-equal.
#include "daemon/redact_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "daemon/pack_loader.h"

namespace weir::daemon {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kToken = std::string("gh") + "p_" + "q7Zb3kXw9RtY2mNc5VdJ8sLf4HgA1pKe6UoT";

// The same members and types everywhere, whatever the texts are.
bool same_shape(const Json& a, const Json& b) {
  if (a.is_string() || b.is_string()) return a.is_string() && b.is_string();
  if (a.is_array() && b.is_array()) {
    if (a.as_array().size() != b.as_array().size()) return false;
    for (std::size_t i = 0; i < a.as_array().size(); ++i)
      if (!same_shape(a.as_array()[i], b.as_array()[i])) return false;
    return true;
  }
  if (a.is_object() && b.is_object()) {
    if (a.as_object().size() != b.as_object().size()) return false;
    for (std::size_t i = 0; i < a.as_object().size(); ++i)
      if (!same_shape(a.as_object()[i].second, b.as_object()[i].second)) return false;
    return true;
  }
  return a == b;
}

class RedactLineTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto pack = load_pack({.detectors = true});
    ASSERT_TRUE(pack) << pack.error().message();
    pack_ = *pack;
  }
  static void TearDownTestSuite() { pack_.reset(); }

  static std::string cleaned(const std::string& line) {
    LineRedactor redactor(*pack_->detectors());
    return redactor.redact(line).value_or(line);
  }

  static std::shared_ptr<const guard::Pack> pack_;
};
std::shared_ptr<const guard::Pack> RedactLineTest::pack_;

TEST_F(RedactLineTest, ALineWithoutSecretsIsLeftAlone) {
  LineRedactor redactor(*pack_->detectors());
  for (const std::string line : {"", "{}", R"({"a": [1, 2.50, "caf\u00e9\n", null] ,"b":"x"})",
                                 "no json at all", R"({"command":"npm test -- --token $TOKEN"})"})
    EXPECT_FALSE(redactor.redact(line)) << line;
  EXPECT_TRUE(redactor.counts().empty());
}

TEST_F(RedactLineTest, ASecretBecomesItsTypeAndAllElseStays) {
  const std::string before = R"({ "a":"caf\u00e9 \"q\" \/ ","n":1.50, "text":"token )";
  const std::string after = R"( end\n"  ,"z":[true]})";
  const std::string line = before + kToken + after;
  const std::string out = cleaned(line);
  EXPECT_TRUE(out.starts_with(before + "[redacted:github-token]")) << out;
  EXPECT_TRUE(out.ends_with(after)) << out;
}

TEST_F(RedactLineTest, EscapesBeforeAndInsideASecretAreUnderstood) {
  std::string escaped;  // every character of the token as \uXXXX
  for (const char c : kToken) {
    const char* const kHex = "0123456789abcdef";
    escaped += std::string("\\u00") + kHex[c >> 4] + kHex[c & 15];
  }
  const std::string out = cleaned(R"({"t":"\ud83d\ude00\t)" + escaped + R"(\n\"end\""})");
  EXPECT_EQ(out, R"({"t":"\ud83d\ude00\t[redacted:github-token]\n\"end\""})");
}

TEST_F(RedactLineTest, JsonInsideAStringStaysJson) {
  const Json inner = Json::object({{"cmd", "export GITHUB_TOKEN=" + kToken + "\necho \"done\""}, {"n", 1}});
  const Json outer = Json::object({{"arguments", compact(inner)}});
  const std::string out = cleaned(compact(outer));
  EXPECT_THAT(out, Not(HasSubstr(kToken)));
  const auto read = parse_json(out);
  ASSERT_TRUE(read) << out;
  const auto again = parse_json((*read)["arguments"].text_or(""));
  ASSERT_TRUE(again) << out;
  EXPECT_EQ((*again)["n"], Json(1));
  EXPECT_THAT(std::string((*again)["cmd"].text_or("")), HasSubstr("echo \"done\""));
}

TEST_F(RedactLineTest, AValueIsKnownByItsName) {
  const std::string out =
      cleaned(R"({"password":"hunter2-long","port":5432,"env":{"API_TOKEN":"zxcvb-12345-qwert"}})");
  EXPECT_THAT(out, Not(HasSubstr("hunter2")));
  EXPECT_THAT(out, HasSubstr(R"("password":"[redacted:)"));
  EXPECT_THAT(out, HasSubstr(R"("port":5432)"));
  EXPECT_TRUE(parse_json(out)) << out;
}

TEST_F(RedactLineTest, NamesThatAreSecretsStayApart) {
  const std::string other = std::string("gh") + "p_" + "A1pKe6UoTq7Zb3kXw9RtY2mNc5VdJ8sLf4Hg";
  const std::string out = cleaned("{\"" + kToken + "\":1,\"" + other + "\":2}");
  const auto read = parse_json(out);
  ASSERT_TRUE(read) << out;
  EXPECT_EQ(read->as_object().size(), 2u);
  EXPECT_THAT(out, Not(HasSubstr(kToken)));
}

TEST_F(RedactLineTest, ALineThatIsNoJsonIsCleanedAsText) {
  EXPECT_EQ(cleaned("{\"cut\": \"" + kToken), "{\"cut\": \"[redacted:github-token]");
}

TEST_F(RedactLineTest, CleaningACleanedLineChangesNothing) {
  const std::string once =
      cleaned(R"({"a":"export GITHUB_TOKEN=)" + kToken + R"(","password":"hunter2-long"})");
  EXPECT_EQ(cleaned(once), once);
}

// Random strings with secrets among all kinds of escapes: valid, of the same shape, without the secret.
TEST_F(RedactLineTest, AnyMixtureStaysValid) {
  std::mt19937 random(7);
  const std::vector<std::string> parts = {
      "plain ",   "\\n",     "\\\\",     "\\\"", "\\u00e9",    "\\ud83d\\ude00", "\\/",
      kToken,     " ",       "{",        "}",    "password=",  "hunter2-long",   "\\t",
      "--token ", "Bearer ", "\\\\\\\"", ":",    "caf\xc3\xa9"};
  for (int round = 0; round < 400; ++round) {
    std::string line = "{";
    for (int member = 0; member < 3; ++member) {
      line += (member == 0 ? "\"m" : ",\"m") + std::to_string(member) + "\":\"";
      for (unsigned i = random() % 12; i > 0; --i)
        line += parts[random() % parts.size()];
      line += "\"";
    }
    line += "}";
    const auto before = parse_json(line);
    ASSERT_TRUE(before) << line;
    const std::string out = cleaned(line);
    const auto after = parse_json(out);
    ASSERT_TRUE(after) << line << "\n" << out;
    EXPECT_TRUE(same_shape(*before, *after)) << out;
  }
}

}  // namespace
}  // namespace weir::daemon
