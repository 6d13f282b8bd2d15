// What people are shown holds no secrets, of whatever rule, and stays readable.
#include "cli/redactor.h"

#include <gmock/gmock.h>

namespace weir::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Redactor, KnowsTheRulesThatShip) {
  Redactor redactor;
  const std::string key = "rnd_q7Rt2xW9zK4mB1vN8cL5pS3dF6gH0jYa";
  const std::string shown = redactor.line("deploy " + key + " now", 100);
  EXPECT_THAT(shown, Not(HasSubstr(key)));
  EXPECT_THAT(shown, HasSubstr("deploy "));
  EXPECT_THAT(shown, HasSubstr(" now"));
}

TEST(Redactor, LeavesOrdinaryTextAlone) {
  Redactor redactor;
  for (const char* text : {"git commit -m 'fix the parser'", "ls -la /usr/share/doc/libvectorscan5/examples",
                           "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"})
    EXPECT_EQ(redactor.text(text), text);
}

TEST(Redactor, GoesThroughDocuments) {
  Redactor redactor;
  const Json shown = redactor.json(Json::object(
      {{"a", Json::array({"export PASSWORD=q7Rt2xW9zK4mB1vN", 7})}, {"b", Json::object({{"c", "plain"}})}}));
  EXPECT_THAT(compact(shown), Not(HasSubstr("q7Rt2xW9zK4mB1vN")));
  EXPECT_EQ(shown["a"].as_array()[1], Json(7));
  EXPECT_EQ(shown["b"]["c"].text_or(""), "plain");
}

}  // namespace
}  // namespace weir::cli
