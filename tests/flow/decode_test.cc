// What an encoding hides comes out, to a depth of three and a bounded size.
#include "flow/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/limits.h"

namespace weir::flow {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;

std::string hex(std::string_view text) {
  return to_hex(as_bytes(text));
}
std::string base64(std::string_view text) {
  return to_base64(as_bytes(text));
}

TEST(Undressed, UndoesEveryEncoding) {
  EXPECT_THAT(undressed("to=ann%40x.org"), Contains("to=ann@x.org"));
  EXPECT_THAT(undressed("ann&commat;x&#46;o&#x72;g &amp; co"), Contains("ann@x.org & co"));
  EXPECT_THAT(undressed(R"(say \"hi\"\nann\u0040x.org \x41\101 \ud83d\ude00 \u{1F600})"),
              Contains("say \"hi\"\nann@x.org AA \U0001F600 \U0001F600"));
  EXPECT_THAT(undressed("x " + base64("ann@x.org reads") + " y"), Contains("ann@x.org reads"));
  EXPECT_THAT(undressed("-_-_ YW5uQHgub3JnPz8_Pj4-"), Contains("ann@x.org\?\?\?>>>"));
  EXPECT_THAT(undressed("q=" + hex("ann@x.org") + "&"), Contains("ann@x.org"));
  EXPECT_THAT(undressed("61 6e 6e 40 78 2e 6f 72 67"), Contains("ann@x.org"));
  EXPECT_THAT(undressed("61:6E:6E:40:78:2E:6F:72:67."), Contains("ann@x.org"));
  EXPECT_THAT(undressed("hi\U000E0061\U000E006E\U000E006E!"), Contains("hiann!"));
}

TEST(Undressed, FindsRunsInsideNamesAndPaths) {
  EXPECT_THAT(undressed("https://x.org/" + base64("the secret plan of ann") + "/a"),
              Contains("the secret plan of ann"));
  EXPECT_THAT(undressed("ab" + base64("a longer secret of ann@x.org")),
              Contains("a longer secret of ann@x.org"));
  std::string wrapped = base64(std::string(90, 'k') + " ann@x.org");
  wrapped.insert(76, "\r\n");
  EXPECT_THAT(undressed(wrapped), Contains(std::string(90, 'k') + " ann@x.org"));
  std::string wide;
  for (const char c : std::string("ann@x.org"))
    wide += {c, '\0'};
  EXPECT_THAT(undressed(base64(wide)), Contains("ann@x.org"));
}

TEST(Undressed, OpensThreeLayers) {
  const std::string twice = base64(hex("ann@x.org"));
  EXPECT_THAT(undressed(twice), Contains("ann@x.org"));
  EXPECT_THAT(undressed(base64(twice)), Contains("ann@x.org"));
  EXPECT_THAT(undressed(base64(base64(twice))), testing::Not(Contains("ann@x.org")));
  EXPECT_THAT(undressed("ann%2540x.org"), Contains("ann@x.org"));
}

TEST(Undressed, LeavesOrdinaryTextAlone) {
  for (const char* text :
       {"", "Just words and internationalization of /usr/share/doc/package names.", "100% sure & so on; a\\",
        "commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "202405151630 %zz &unknown; &#;", "my-long-file-name-here.docx and some_other_identifier_name"})
    EXPECT_THAT(undressed(text), IsEmpty()) << text;
}

TEST(Undressed, OnlyTheLinesThatOpenedAreRepeated) {
  EXPECT_THAT(undressed("first line\nann%40x.org\nlast line\n%41"), testing::ElementsAre("ann@x.org\nA"));
}

TEST(Undressed, StaysBoundedAndLinear) {
  const auto total = [](const std::vector<std::string>& texts) {
    std::size_t bytes = 0;
    for (const auto& text : texts)
      bytes += text.size();
    return bytes;
  };
  std::string runs;
  std::string percent;
  std::string pairs;
  for (int i = 0; i < 60'000; ++i) {
    runs += base64("word number " + std::to_string(i)) + " ";
    percent += "%41%42\n";
    pairs += "a%4";
  }
  for (const std::string& text :
       {runs, percent, pairs, std::string(500'000, '\\'), std::string(500'000, 'A'),
        std::string(500'000, '&'), std::string(500'000, '6'), std::string(500'000, '%')})
    EXPECT_LE(total(undressed(text)), limits::kFlowDecodedMax);
}

}  // namespace
}  // namespace weir::flow
