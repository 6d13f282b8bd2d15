#include "gateway/masker.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/bytes.h"

namespace weir::gateway {
namespace {

const std::string kValue = "ghp_R3al/V4lue+99";
const std::string kShown = "ghp_XXXX/YYYYY+00";

Masker::Texts texts() {
  return std::make_shared<const std::vector<MaskedText>>(forms_of(kValue, kShown));
}

std::string in_pieces(std::string_view bytes, std::size_t piece) {
  Masker masker(texts());
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += piece)
    masker.take(bytes.substr(at, piece), out);
  masker.finish(out);
  return out;
}

TEST(Masker, PutsThePlaceholderInPlaceHoweverTheBytesAreCut) {
  const std::string text = "ghp_ says " + kValue + kValue + ", not ghp_R3al/V4lue+9 " + kValue.substr(0, 9);
  const std::string expected =
      "ghp_ says " + kShown + kShown + ", not ghp_R3al/V4lue+9 " + kValue.substr(0, 9);
  for (std::size_t piece = 1; piece < text.size(); ++piece)
    EXPECT_EQ(in_pieces(text, piece), expected) << piece;
}

TEST(Masker, KnowsTheFormsOfAValue) {
  for (const std::string& form :
       std::vector<std::string>{std::string("GHP_R3AL/V4LUE+99"), std::string("ghp_R3al%2FV4lue%2B99"),
                                std::string("ghp_R3al\\/V4lue+99"), to_hex(as_bytes(kValue)),
                                std::string(kValue.rbegin(), kValue.rend())})
    EXPECT_EQ(in_pieces("<" + form + ">", 3).find(form), std::string::npos) << form;
  for (const char* before : {"", "u:", "user:", "me:"}) {
    const auto decoded = from_base64(in_pieces(to_base64(as_bytes(std::string(before) + kValue)), 5));
    ASSERT_TRUE(decoded) << before;
    EXPECT_EQ(std::string(as_text(*decoded)).find("R3al/V4lue"), std::string::npos) << before;
  }
}

TEST(Masker, HoldsBackNothingThatIsNoBeginning) {
  Masker masker(texts());
  std::string out;
  masker.take("data: {}\n\n", out);
  EXPECT_EQ(out, "data: {}\n\n");
  EXPECT_EQ(masker.found(), nullptr);
  masker.take("token ghp_R3", out);
  EXPECT_EQ(masker.held(), 6U);
  masker.take("al/V4lue+99", out);
  EXPECT_EQ(out, "data: {}\n\ntoken " + kShown);
  ASSERT_NE(masker.found(), nullptr);
}

TEST(Masker, WithoutTextsEverythingPasses) {
  EXPECT_EQ(masked(std::make_shared<const std::vector<MaskedText>>(), "as it is"), "as it is");
}

}  // namespace
}  // namespace weir::gateway
