// The commands of `weir cedar` that read and write policies: what they print, and their exit codes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "cli/cedar_commands.h"
#include "cli/command_line.h"
#include "os/files.h"
#include "support/throwaway_dir.h"

namespace weir::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Ran run(std::vector<std::string> words, const std::string& input = "") {
  words.insert(words.begin(), "cedar");
  return run_commands(cedar_commands(), words, input);
}

class CedarCommands : public testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& text) {
    std::string path = directory_ / name;
    EXPECT_TRUE(os::write_file_atomic(path, text));
    return path;
  }
  std::string read(const std::string& path) { return os::read_file(path, 1 << 20).value_or("(missing)"); }

  const support::ThrowawayDir directory_;
};

constexpr const char* kShare =
    "@id(\"share\")permit(principal==?principal,action,resource);\n"
    "@id(\"open\")permit(principal,action,resource)when{resource==File::\"public\"};\n";

TEST_F(CedarCommands, CheckParseShowsEveryMistake) {
  const std::string bad =
      "permt(principal, action, resource);\npermit(principal, action, resource) when { usr };\n";
  const Ran shown = run({"check-parse", file("a.cedar", bad)});
  EXPECT_EQ(shown.code, exit_code::kFindings);
  EXPECT_EQ(shown.out, "");
  EXPECT_THAT(shown.err, HasSubstr("did you mean `permit`?"));
  EXPECT_THAT(shown.err, HasSubstr("a.cedar:2:44"));
  EXPECT_THAT(shown.err, HasSubstr("2 mistakes"));
  const Ran json = run({"check-parse", "--json"}, bad);
  EXPECT_EQ(json.code, exit_code::kFindings);
  const auto answer = parse_json(json.out);
  ASSERT_TRUE(answer);
  EXPECT_FALSE((*answer)["valid"].as_bool());
  EXPECT_EQ((*answer)["errors"].as_array().size(), 2u);
  EXPECT_EQ(run({"check-parse"}, kShare).code, exit_code::kFine);
  EXPECT_EQ(run({"check-parse", "--expression", "1 +"}).code, exit_code::kFindings);
  EXPECT_EQ(run({"check-parse", "-s", file("s.cedarschema", "entity")}).code, exit_code::kFindings);
  EXPECT_EQ(run({"check-parse", "-s", file("s.cedarschema", "entity User;"), "--entities",
                 file("e.json", R"([{"uid":{"type":"User","id":"a"}}])")})
                .code,
            exit_code::kFine);
}

TEST_F(CedarCommands, EvaluatePrintsTheValue) {
  EXPECT_EQ(run({"evaluate", "[1, 2].contains(1 + 1)"}).out, "true\n");
  EXPECT_EQ(run({"evaluate", "--json", "{a: 9223372036854775807}"}).out,
            "{\"value\":{\"a\":9223372036854775807},\"text\":\"{a: 9223372036854775807}\"}\n");
  const std::vector<std::string> request = {"-l", "User::\"a\"", "-a", "Action::\"x\"", "-r", "File::\"f\""};
  std::vector<std::string> words = {"evaluate", "principal == User::\"a\""};
  EXPECT_EQ(run(words).code, exit_code::kUsage);  // no request
  words.insert(words.end(), request.begin(), request.end());
  EXPECT_EQ(run(words).out, "true\n");
  EXPECT_EQ(run({"evaluate", "9223372036854775807 + 1"}).code, exit_code::kFindings);
  EXPECT_EQ(run({"evaluate", "1 +"}).code, exit_code::kFindings);
}

TEST_F(CedarCommands, FormatPrintsChecksAndWrites) {
  const std::string path = file("a.cedar", kShare);
  const Ran printed = run({"format", "-p", path});
  EXPECT_EQ(printed.code, exit_code::kFine);
  EXPECT_THAT(printed.out, StartsWith("@id(\"share\")\npermit (\n  principal == ?principal,\n"));
  EXPECT_EQ(read(path), kShare);
  EXPECT_EQ(run({"format", "--check", path}).code, exit_code::kFindings);
  EXPECT_EQ(run({"format", "--write", path}).code, exit_code::kFine);
  EXPECT_EQ(read(path), printed.out);
  EXPECT_EQ(run({"format", "--check", path}).code, exit_code::kFine);
  EXPECT_THAT(run({"format", "-i", "4"}, kShare).out, HasSubstr("\n    principal == ?principal,\n"));
  EXPECT_EQ(run({"format", "-l", "wide"}, kShare).code, exit_code::kUsage);
  EXPECT_EQ(run({"format", "--write"}, kShare).code, exit_code::kUsage);
  EXPECT_EQ(run({"format"}, "permit(").code, exit_code::kUsage);
  EXPECT_EQ(run({"format", "--jsonl"}, R"({"id":1,"policies":"permit(principal,action,resource);"})").out,
            "{\"id\":1,\"policies\":\"permit (principal, action, resource);\\n\"}\n");
}

TEST_F(CedarCommands, TranslateGoesBothWays) {
  const Ran json = run({"translate-policy", "--direction", "cedar-to-json", "--json"}, kShare);
  ASSERT_EQ(json.code, exit_code::kFine);
  const Ran text = run({"translate-policy", "--direction", "json-to-cedar"}, json.out);
  ASSERT_EQ(text.code, exit_code::kFine) << text.err;
  EXPECT_EQ(run({"translate-policy", "--direction", "cedar-to-json", "--json"}, text.out).out, json.out);
  EXPECT_EQ(run({"translate-policy"}, kShare).code, exit_code::kUsage);
  const Ran bad =
      run({"translate-policy", "--direction", "json-to-cedar", "-p", file("a.json", "{\"effect\":1}")});
  EXPECT_EQ(bad.code, exit_code::kUsage);
  EXPECT_THAT(bad.err, HasSubstr("a.json"));
  const Ran rows = run({"translate-policy", "--jsonl"},
                       "{\"id\":1,\"policies\":\"permit(\"}\n{\"id\":2,\"policies\":\"\"}");
  EXPECT_EQ(rows.code, exit_code::kFindings);
  EXPECT_THAT(rows.out, HasSubstr("{\"id\":1,\"error\":{\"what\":"));
  EXPECT_THAT(rows.out,
              HasSubstr("{\"id\":2,\"json\":{\"templates\":{},\"staticPolicies\":{},\"templateLinks\":[]}}"));
}

TEST_F(CedarCommands, LinksAreKeptAndDecideRequests) {
  const std::string policies = file("a.cedar", kShare), links = directory_ / "links.json";
  const std::vector<std::string> request = {"-l", "User::\"alice\"", "-a", "Action::\"read\"",
                                            "-r", "File::\"f\""};
  const auto authorize = [&](std::vector<std::string> more) {
    std::vector<std::string> words = {"authorize", "-p", policies};
    words.insert(words.end(), request.begin(), request.end());
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  };
  const auto link = [&](const char* arguments) {
    return run({"link", "-p", policies, "-k", links, "--template-id", "share", "-n", "share-alice", "-a",
                arguments});
  };
  EXPECT_EQ(authorize({}).code, exit_code::kFindings);
  EXPECT_EQ(authorize({}).out, "DENY\n");
  EXPECT_EQ(link("{}").code, exit_code::kUsage);
  const Ran linked = link("{\"?principal\": \"User::\\\"alice\\\"\"}");
  ASSERT_EQ(linked.code, exit_code::kFine) << linked.err;
  EXPECT_THAT(linked.out, HasSubstr("permit(principal == User::\"alice\", action, resource);"));
  EXPECT_EQ(link("{\"?principal\": \"User::\\\"alice\\\"\"}").code, exit_code::kUsage);  // the id is taken
  EXPECT_EQ(read(links),
            R"([{"template_id":"share","link_id":"share-alice","args":{"?principal":"User::\"alice\""}}])");
  const Ran allowed = authorize({"-k", links, "-v"});
  EXPECT_EQ(allowed.code, exit_code::kFine);
  EXPECT_THAT(allowed.out, HasSubstr("ALLOW\n"));
  EXPECT_THAT(allowed.out, HasSubstr("share-alice"));
  EXPECT_EQ(authorize({"-k", links, "--json"}).out,
            "{\"decision\":\"allow\",\"reason\":[\"share-alice\"],\"errors\":[]}\n");
}

TEST_F(CedarCommands, RowsTakePoliciesInEitherForm) {
  const std::string requests =
      R"("requests":[{"principal":"U::\"a\"","action":"Action::\"a\"","resource":"R::\"r\""}]})";
  const std::string policy =
      R"({"effect":"permit","principal":{"op":"All"},"action":{"op":"All"},"resource":{"op":"All"},"conditions":[]})";
  const std::string answer =
      "{\"id\":1,\"responses\":[{\"decision\":\"allow\",\"reason\":[\"p\"],\"errors\":[]}]}\n";
  EXPECT_EQ(run({"authorize", "--jsonl"},
                R"({"id":1,"policies":"@id(\"p\") permit(principal, action, resource);",)" + requests)
                .out,
            answer);
  EXPECT_EQ(run({"authorize", "--jsonl"},
                R"({"id":1,"policies":{"staticPolicies":{"p":)" + policy + "}}," + requests)
                .out,
            answer);
  EXPECT_THAT(run({"authorize", "--jsonl"}, R"({"id":1,"policies":7,)" + requests).out,
              HasSubstr("\"where\":\"policies\""));
}

TEST_F(CedarCommands, EveryCommandHasExamples) {
  for (const auto& command : cedar_commands()) {
    EXPECT_FALSE(command.examples.empty()) << command.name;
    EXPECT_EQ(run({command.name.substr(6), "--help"}).code, exit_code::kFine) << command.name;
  }
}

}  // namespace
}  // namespace weir::cli
