// What rules find and what they leave: each part of a rule is seen to matter.
#include "detect/secrets.h"

#include <gmock/gmock.h>

#include "content.h"
#include "detect/redact.h"
#include "detect/verify.h"

namespace weir::detect {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

SecretDetector made_of(std::string_view toml) {
  auto rules = parse_gitleaks(toml, "test");
  EXPECT_TRUE(rules) << rules.error().message();
  auto detector = SecretDetector::compile(*std::move(rules));
  EXPECT_TRUE(detector) << detector.error().message();
  return *std::move(detector);
}

std::vector<std::string> found(const SecretDetector& detector, std::string_view text,
                               std::string_view path = {}) {
  SecretWorkspace workspace;
  std::vector<std::string> out;
  const auto reports = detector.scan(text, workspace, path);
  EXPECT_TRUE(reports);
  for (const Report& report : *reports)
    out.push_back(std::string(
        text.substr(report.finding.span.begin, report.finding.span.end - report.finding.span.begin)));
  return out;
}

const SecretDetector& built_in() {
  static const SecretDetector kDetector = [] {
    SecretRules rules;
    for (const auto& file : content_files()) {
      if (!file.name.starts_with("rules/secrets/")) continue;
      auto more = parse_gitleaks(file.bytes, file.name);
      EXPECT_TRUE(more) << more.error().message();
      join(rules, *std::move(more));
    }
    return *SecretDetector::compile(std::move(rules));
  }();
  return kDetector;
}

TEST(Secrets, GroupEntropyAndKeywordDecide) {
  const auto detector = made_of(
      "[[rules]]\nid='a'\nregex='''key=(x)?([a-z0-9]{6,20})'''\nsecretGroup=2\nentropy=2\nkeywords=['KEY']"
      "\n");
  EXPECT_THAT(found(detector, "Key=no key=abc123"), ElementsAre("abc123"));
  EXPECT_THAT(found(detector, "key=aaaaaaaa"), IsEmpty());
}

TEST(Secrets, RulesWithoutKeywordsAndWithOpenEndsReachAnywhere) {
  const auto detector = made_of(
      "[[rules]]\nid='a'\nregex='''q[0-9]{8,}z'''\n[[rules]]\nid='b'\nregex='''BEGIN[\\s\\S]+?END'''"
      "\nkeywords=['begin']\n");
  EXPECT_THAT(found(detector, "q12345678z"), ElementsAre("q12345678z"));
  const std::string body(100'000, '-');
  EXPECT_EQ(found(detector, "BEGIN" + body + "END")[0].size(), body.size() + 8);
}

TEST(Secrets, AKeywordElsewhereInTheTextIsEnoughAsForGitleaks) {
  const auto detector = made_of("[[rules]]\nid='a'\nregex='''[0-9]{10}'''\nkeywords=['vendor']\n");
  EXPECT_THAT(found(detector, "1234567890" + std::string(5000, ' ') + "vendor"), ElementsAre("1234567890"));
  EXPECT_THAT(found(detector, "1234567890"), IsEmpty());
}

TEST(Secrets, AllowlistsJudgeSecretMatchLineAndPath) {
  const auto detector = made_of(R"(
[[rules]]
id = "a"
regex = '''tok_([a-z0-9]{6})'''
[[rules.allowlists]]
stopwords = ["stop"]
[[rules.allowlists]]
regexTarget = "line"
regexes = ['''# fine''']
[[rules.allowlists]]
condition = "AND"
regexTarget = "match"
regexes = ['''^tok_z''']
paths = ['''\.md$''']
[[allowlists]]
targetRules = ["a"]
regexes = ['''^global$''']
)");
  EXPECT_THAT(found(detector, "tok_abc123"), ElementsAre("abc123"));
  EXPECT_THAT(found(detector, "tok_stop12"), IsEmpty());
  EXPECT_THAT(found(detector, "tok_abc123 # fine\ntok_def456"), ElementsAre("def456"));
  EXPECT_THAT(found(detector, "tok_zzz123", "a.md"), IsEmpty());
  EXPECT_THAT(found(detector, "tok_zzz123", "a.txt"), ElementsAre("zzz123"));
  EXPECT_THAT(found(detector, "tok_global"), IsEmpty());
}

TEST(Secrets, CompositeRulesWantTheirPartsNear) {
  const auto detector = made_of(R"(
[[rules]]
id = "id"
regex = '''ID[0-9]{4}'''
[[rules.required]]
id = "secret"
withinLines = 2
[[rules]]
id = "secret"
regex = '''SEC[0-9]{4}'''
skipReport = true
)");
  EXPECT_THAT(found(detector, "ID1234\n\nSEC1234"), ElementsAre("ID1234"));
  EXPECT_THAT(found(detector, "ID1234\n\n\n\nSEC1234"), IsEmpty());
  EXPECT_THAT(found(detector, "ID1234"), IsEmpty());
}

TEST(Secrets, ABadRuleIsNamedAndTheOthersWork) {
  const auto detector =
      made_of("[[rules]]\nid='bad'\nregex='''(?=x)'''\n[[rules]]\nid='good'\nregex='''good[0-9]'''\n");
  ASSERT_EQ(detector.problems().size(), 1u);
  EXPECT_EQ(detector.problems()[0].rule, "bad");
  EXPECT_THAT(found(detector, "good1"), ElementsAre("good1"));
}

TEST(Secrets, BuiltInRulesAllCompile) {
  EXPECT_GT(built_in().rules(), 200u);
  for (const auto& problem : built_in().problems())
    ADD_FAILURE() << problem.rule << ": " << problem.error.message();
}

// Tokens are put together here, so that no scanner takes this file for a leak.
TEST(Secrets, BuiltInRulesFindMarkedTokens) {
  const std::string body = "aZ3kQ9mT1xV7bN5cR2wE8yU4iO6pL0";
  const std::string github = std::string("ghp_") + body + crc32_base62(body);
  EXPECT_THAT(found(built_in(), "push with " + github), ElementsAre(github));
  const std::string slack = std::string("xoxb-") + "123456789012-123456789012-" + body.substr(0, 24);
  EXPECT_THAT(found(built_in(), "SLACK=" + slack), ElementsAre(slack));
  const std::string url = "postgres://app:" + body.substr(0, 12) + "@db.internal/x";
  EXPECT_THAT(found(built_in(), url), ElementsAre(body.substr(0, 12)));
  EXPECT_THAT(found(built_in(), "DB_PASSWORD = \"" + body.substr(0, 16) + "\""),
              ElementsAre(body.substr(0, 16)));
}

TEST(Secrets, CheckDigitsMoveTheSeverity) {
  const std::string body = "aZ3kQ9mT1xV7bN5cR2wE8yU4iO6pL0";
  SecretWorkspace workspace;
  const auto good = built_in().scan("ghp_" + body + crc32_base62(body), workspace);
  const auto bad = built_in().scan("ghp_" + body + "00aaZZ", workspace);
  ASSERT_EQ(good->size(), 1u);
  ASSERT_EQ(bad->size(), 1u);
  EXPECT_EQ((*good)[0].finding.severity, event::Severity::critical);
  EXPECT_EQ((*bad)[0].finding.severity, event::Severity::medium);
  EXPECT_THAT((*bad)[0].finding.message, HasSubstr("do not agree"));
}

TEST(Secrets, PlaceholdersDigestsAndReferencesAreNone) {
  for (const char* text :
       {"API_KEY=your-api-key-here", "export T=\"$GITHUB_TOKEN\"", "token = os.environ[\"GITHUB_TOKEN\"]",
        "password: ${DB_PASSWORD}", "api_key = \"<your key>\"", "secret: xxxxxxxxxxxxxxxx",
        "\"integrity\": "
        "\"sha512-Uhdk5sfqcee/9H/rCOJikYz67o0a2Tw2hGRPOG2Y1R2dg7brRe1uG0yaNQDHu+TO/uQPF/5eCapvYSmHUjt7JQ==\"",
        "commit 24b08f8ba4a26fc224519dff0ccd1864e980b55c", "token_id = 2cc52102-820f-4946-abfd-e13e05409c81",
        "github.com/creack/pty v1.1.9/go.mod h1:oKZEueFk5CKHvIhNR5MUki03XCEU+Q6VDXinZuGJ33E=",
        "const key = KeyEvent.VK_RETURN", "publicKey: \"9Cnzj4p4WGeKLs1Pt8QuKUpRKfFLfRYC9AIKjbJTWit\""})
    EXPECT_THAT(found(built_in(), text), IsEmpty()) << text;
}

TEST(Secrets, RedactionCutsThemOut) {
  SecretWorkspace workspace;
  const std::string body = "aZ3kQ9mT1xV7bN5cR2wE8yU4iO6pL0";
  const std::string shown =
      redact("key npm_" + body + crc32_base62(body) + " and --password hunter2x", built_in(), workspace);
  EXPECT_THAT(shown, Not(HasSubstr(body)));
  EXPECT_THAT(shown, Not(HasSubstr("hunter2x")));
  EXPECT_THAT(shown, HasSubstr("key "));
}

TEST(Secrets, HostileRepetitionIsLinearAndBounded) {
  std::string text;
  for (int i = 0; i < 200'000; ++i)
    text += "key=";
  EXPECT_LE(found(built_in(), text).size(), limits::kDetectFindingsMax);
}

}  // namespace
}  // namespace weir::detect
