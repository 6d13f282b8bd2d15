#include "flow/reading.h"

#include <gtest/gtest.h>

#include "flow/fold.h"
#include "flow/shape.h"

namespace weir::flow {
namespace {

std::string written(std::string_view text, std::string_view value) {
  const std::string folded = fold(text);
  const auto at = find_value(folded, value);
  if (at == std::string_view::npos) return "(nowhere)";
  const auto span = written_span(text, at, at + value.size());
  return std::string(text.substr(span.begin, span.end - span.begin));
}

TEST(FlowReading, give_the_bytes_as_they_were_written) {
  EXPECT_EQ(written("Write to Eve@Evil.EXAMPLE, please", "eve@evil.example"), "Eve@Evil.EXAMPLE");
  EXPECT_EQ(written("  spread \n\t over   Two Lines. ", "over two lines"), "over   Two Lines");
  EXPECT_EQ(written("a\u200Bb \uFF21\uFF2E\uFF2E@x.org!", "ann@x.org"), "\uFF21\uFF2E\uFF2E@x.org");
  EXPECT_EQ(written("(https://evil.example/Path)", "evil.example/path"), "evil.example/Path");
  EXPECT_EQ(written("first e\u0301te\u0301. last", "last"), "last");
  EXPECT_EQ(written("a \u200B \u200B b", "b"), "b");
}

TEST(FlowReading, take_whole_words_where_a_word_cannot_be_parted) {
  const std::string text = "p\u0430yp\u0430l.com and on";
  EXPECT_EQ(written(text, "paypal.com"), "p\u0430yp\u0430l.com");
  EXPECT_EQ(written(text, "on"), "on");
}

TEST(FlowReading, name_member_record_and_writer) {
  const Reading mails(
      "- sender: ann@x.org\n  subject: Lunch\n  body: Shall we meet on Friday, you and I, at noon?\n"
      "- sender: bob@x.org\n  subject: Rent\n  body: Please pay to DE89370400440532013000 before Friday.\n",
      Reading::As::result);
  const auto places = mails.find("de89370400440532013000", 4);
  ASSERT_EQ(places.size(), 1U);
  EXPECT_EQ(places[0].record, 1U);
  EXPECT_EQ(mails.member(places[0]), "body");
  EXPECT_EQ(mails.author(places[0]), "bob@x.org");
  EXPECT_FALSE(places[0].whole);
  EXPECT_EQ(mails.value(places[0]).substr(places[0].begin, places[0].end - places[0].begin),
            "DE89370400440532013000");
  const auto whole = mails.find("ann@x.org", 4);
  ASSERT_EQ(whole.size(), 1U);
  EXPECT_TRUE(whole[0].whole);
  EXPECT_EQ(mails.find("friday", 4).size(), 2U);
  EXPECT_EQ(mails.find("friday", 1).size(), 1U);
}

TEST(FlowReading, find_what_was_cut_and_only_that_inside_words) {
  const Reading page("see abcdefgh", Reading::As::prose);
  EXPECT_TRUE(page.find("abcd", 4).empty());
  EXPECT_EQ(page.find("abcd", 4, 4).size(), 1U);
  EXPECT_TRUE(page.find("", 4).empty());
}

// Whatever the bytes: spans lie inside, begin before they end and stand between characters.
TEST(FlowReading, stay_inside_hostile_texts) {
  const std::string text = std::string("\xFF\xFE a\u0301\u0301 \u202Ex\u202C ") + std::string(10'000, 'y') +
                           " \uFB01\uFB01 \xF0\x9F z";
  const std::string folded = fold(text);
  for (std::size_t begin = 0; begin < folded.size(); begin += begin < 60 ? 1 : 911)
    for (const std::size_t size : {1UL, 3UL, 50UL}) {
      const auto span = written_span(text, begin, std::min(begin + size, folded.size()));
      ASSERT_LE(span.begin, span.end);
      ASSERT_LE(span.end, text.size());
      if (span.end < text.size() && span.end > 2) {
        ASSERT_NE(static_cast<unsigned char>(text[span.end]) & 0xC0, 0x80) << begin;
      }
    }
}

}  // namespace
}  // namespace weir::flow
