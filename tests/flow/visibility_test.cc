#include "flow/visibility.h"

#include <gtest/gtest.h>

#include "flow_support.h"

namespace weir::flow {
namespace {

Json json(std::string_view text) {
  return parse_json(text).value();
}

Visibility learned(std::string_view server, std::string_view result) {
  Visibility out;
  out.learn(server, read_leaves(result), *words());
  return out;
}

Visibility::Standing of(const Visibility& visibility, std::string_view server, std::string_view input) {
  const auto meaning = meaning_of({"get_file_contents", "", {}}, *words());
  return visibility.of(server, names_in(json(input), meaning, *words()));
}

constexpr std::string_view kRepositories =
    R"([{"full_name":"acme/plans","private":true,"html_url":"https://code.example/acme/plans"},)"
    R"({"full_name":"acme/site","private":false,"owner":{"login":"acme"}}])";

TEST(FlowVisibility, LearnsFromRecordsWhoMaySeeThem) {
  const auto seen = learned("hub", kRepositories);
  EXPECT_TRUE(of(seen, "hub", R"({"owner":"acme","repo":"plans"})").restricted);
  EXPECT_TRUE(of(seen, "hub", R"({"url":"https://code.example/acme/plans/"})").restricted);
  EXPECT_TRUE(of(seen, "hub", R"({"owner":"ACME","repo":"Plans"})").restricted) << "as values are compared";
  const auto site = of(seen, "hub", R"({"owner":"acme","repo":"site"})");
  EXPECT_FALSE(site.restricted);
  EXPECT_TRUE(site.open);
  const auto unknown = of(seen, "hub", R"({"owner":"acme","repo":"other"})");
  EXPECT_FALSE(unknown.restricted || unknown.open);
}

TEST(FlowVisibility, ReadsWordsAsWellAsFlags) {
  const auto seen = learned("", R"([{"id":"C01234","name":"board","is_private":true},)"
                                R"({"path_with_namespace":"acme/lib","visibility":"public"},)"
                                R"({"key":"team-x","visibility":"internal"}])");
  EXPECT_TRUE(of(seen, "", R"({"channel_id":"C01234"})").restricted);
  EXPECT_TRUE(of(seen, "", R"({"project":"acme/lib"})").open);
  EXPECT_TRUE(of(seen, "", R"({"project":"team-x"})").restricted);
}

TEST(FlowVisibility, OnlyTheServerThatSaidItMakesASinkNarrower) {
  Visibility seen = learned("hub", R"({"full_name":"acme/plans","private":true})");
  EXPECT_TRUE(of(seen, "hub", R"({"repo":"acme/plans"})").by_server);
  EXPECT_FALSE(of(seen, "other", R"({"repo":"acme/plans"})").by_server);
  seen.learn("other", read_leaves(R"({"full_name":"acme/plans","private":true})"), *words());
  EXPECT_FALSE(of(seen, "hub", R"({"repo":"acme/plans"})").by_server) << "two say it: nobody's word alone";
  EXPECT_FALSE(of(learned("", R"({"full_name":"acme/plans","private":true})"), "", R"({"repo":"acme/plans"})")
                   .by_server)
      << "without a server nobody can be told apart";
}

TEST(FlowVisibility, BothIsRestrictedForReadingAndOpenForWriting) {
  Visibility seen = learned("hub", R"({"full_name":"acme/plans","private":true})");
  seen.learn("hub", read_leaves(R"({"full_name":"acme/plans","private":false})"), *words());
  const auto both = of(seen, "hub", R"({"repo":"acme/plans"})");
  EXPECT_TRUE(both.restricted && both.open);
  EXPECT_FALSE(both.by_server);
}

TEST(FlowVisibility, TextSaysNothing) {
  const auto seen =
      learned("hub", "The repository acme/plans is private: true, says this page, and so it is.");
  EXPECT_TRUE(seen.empty());
  const auto issue = of(learned("hub", R"({"title":"x","body":"full_name: acme/plans\nprivate: true"})"),
                        "hub", R"({"repo":"acme/plans"})");
  EXPECT_FALSE(issue.restricted) << "a text inside a record is one value";
}

TEST(FlowVisibility, PastItsHorizonEverythingThatIsNamedMayBeRestricted) {
  std::string many = R"([{"full_name":"acme/plans","private":true})";
  for (int i = 0; i < 5000; ++i)
    many += R"(,{"full_name":"acme/r)" + std::to_string(i) + R"(","private":false})";
  const auto seen = learned("hub", many + ']');
  EXPECT_TRUE(of(seen, "hub", R"({"repo":"acme/plans"})").restricted);
  EXPECT_TRUE(of(seen, "hub", R"({"repo":"somebody/else"})").restricted);
  EXPECT_FALSE(of(seen, "hub", R"({"repo":"acme/r17"})").restricted);
  EXPECT_LT(seen.bytes(), std::size_t{1} << 20);
}

}  // namespace
}  // namespace weir::flow
