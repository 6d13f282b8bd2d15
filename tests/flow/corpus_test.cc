// Values are found where they stand and nowhere else, and hostile content bounds what a look-up costs.
#include "flow/corpus.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "base/bytes.h"
#include "base/limits.h"
#include "flow/characters.h"
#include "flow/shingles.h"

namespace weir::flow {
namespace {

std::vector<std::uint32_t> texts(const Corpus::Found& found) {
  std::vector<std::uint32_t> out;
  for (const auto& hit : found.hits)
    out.push_back(hit.text);
  return out;
}

TEST(Corpus, FindsValuesAtWordBorders) {
  Corpus corpus;
  EXPECT_EQ(corpus.add("send it to ann@x.org, please"), 0u);
  EXPECT_EQ(corpus.add("ann@x.org"), 1u);
  EXPECT_EQ(corpus.add("joann@x.org and ann@x.organic"), 2u);
  const auto found = corpus.find("ann@x.org");
  ASSERT_EQ(found.hits.size(), 2u);
  EXPECT_TRUE(found.complete);
  EXPECT_EQ(found.hits[0].text, 0u);
  EXPECT_EQ(found.hits[0].begin, 11u);
  EXPECT_FALSE(found.hits[0].whole);
  EXPECT_EQ(found.hits[1].text, 1u);
  EXPECT_TRUE(found.hits[1].whole);
  EXPECT_TRUE(corpus.find("x.org").hits.empty());  // behind "@"
  EXPECT_TRUE(corpus.find("ann").hits.empty());    // before "@"
  EXPECT_TRUE(corpus.find("").hits.empty());
  EXPECT_TRUE(corpus.find("nobody").hits.empty());
  EXPECT_EQ(corpus.text(1), "ann@x.org");
  EXPECT_EQ(corpus.text(9), "");
}

TEST(Corpus, BordersOfOtherScripts) {
  Corpus corpus;
  corpus.add("去\u5317\u4EAC吧");
  corpus.add("\u0441\u043E\u0440\u0430 \u0441\u043E\u0440");
  corpus.add("caf\u00E9s caf\u00E9");
  corpus.add("see \u201Cplan\u201D");
  corpus.add("abc\u5317");
  EXPECT_EQ(texts(corpus.find("\u5317\u4EAC")), (std::vector<std::uint32_t>{0}));
  ASSERT_EQ(corpus.find("\u0441\u043E\u0440").hits.size(), 1u);
  EXPECT_EQ(corpus.find("\u0441\u043E\u0440").hits[0].begin, 9u);
  EXPECT_EQ(corpus.find("caf\u00E9").hits[0].begin, 7u);
  EXPECT_TRUE(corpus.find("caf").hits.empty());
  EXPECT_EQ(texts(corpus.find("plan")), (std::vector<std::uint32_t>{3}));
  EXPECT_EQ(texts(corpus.find("abc")), (std::vector<std::uint32_t>{4}));
  EXPECT_EQ(corpus.find("\u5317").hits.size(), 2u);
}

TEST(Corpus, SignsAndPathsAreValuesToo) {
  Corpus corpus;
  corpus.add("run ls /etc/passwd now");
  corpus.add("x/etc/passwd");
  corpus.add("a -- b");
  EXPECT_EQ(texts(corpus.find("/etc/passwd")), (std::vector<std::uint32_t>{0}));
  EXPECT_EQ(texts(corpus.find("--")), (std::vector<std::uint32_t>{2}));
}

TEST(Corpus, EqualTextsShareStorageAndAreAllFound) {
  Corpus corpus;
  corpus.add("page one about zurich");
  const std::size_t content = corpus.content_bytes();
  EXPECT_EQ(corpus.add("other"), 1u);
  EXPECT_EQ(corpus.add("page one about zurich"), 2u);
  EXPECT_EQ(corpus.add("page one about zurich"), 3u);
  EXPECT_EQ(corpus.content_bytes(), content + 5);
  EXPECT_EQ(texts(corpus.find("zurich")), (std::vector<std::uint32_t>{0, 2, 3}));
  const auto some = corpus.find("zurich", 2);
  EXPECT_EQ(some.hits.size(), 2u);
  EXPECT_FALSE(some.complete);
  EXPECT_TRUE(corpus.find("zurich", 3).complete);
}

TEST(Corpus, ATextDoesNotRunIntoTheNext) {
  Corpus corpus;
  corpus.add("the end");
  corpus.add("begin here");
  corpus.add("");
  corpus.add("x");
  EXPECT_TRUE(corpus.find("endbegin").hits.empty());
  EXPECT_EQ(texts(corpus.find("end")), (std::vector<std::uint32_t>{0}));
  EXPECT_EQ(texts(corpus.find("x")), (std::vector<std::uint32_t>{3}));
}

// The index against reading everything: words of a small and of a large vocabulary, values of one word to
// long ones over the borders of blocks.
TEST(Corpus, FindsWhatReadingEverythingFinds) {
  std::mt19937 random(3);
  const std::vector<std::string> odd = {"ann@x.org", "/a/b", "\u5317\u4EAC", "caf\u00E9", "--", "x_1"};
  for (int round = 0; round < 6; ++round) {
    Corpus corpus;
    std::vector<std::string> all;
    for (int i = 0; i < 120; ++i) {
      std::string text;
      for (std::size_t words = random() % 400 + 1; words-- > 0;) {
        text += random() % 20 == 0 ? odd[random() % odd.size()]
                                   : "w" + std::to_string(random() % (round % 2 == 0 ? 60 : 100'000));
        if (words > 0) text += random() % 6 == 0 ? ", " : " ";
      }
      all.push_back(text);
      ASSERT_EQ(corpus.add(text), static_cast<std::uint32_t>(i));
    }
    for (int query = 0; query < 400; ++query) {
      const std::string& from = all[random() % all.size()];
      std::size_t begin = random() % from.size();
      while (begin > 0 && from[begin - 1] != ' ')
        --begin;
      std::size_t end = std::min(from.size(), begin + 1 + random() % (query % 4 == 0 ? 3000 : 30));
      while (end < from.size() && from[end] != ' ' && from[end] != ',')
        ++end;
      const std::string value = from.substr(begin, end - begin);
      std::vector<std::uint32_t> expected;
      for (std::uint32_t i = 0; i < all.size(); ++i) {
        const std::string& text = all[i];
        bool stands = false;
        for (std::size_t at = text.find(value); at != std::string::npos && !stands;
             at = text.find(value, at + 1)) {
          const auto joins = [](char32_t code) { return code == '@' || kind_of(code) == Kind::word; };
          const std::size_t stop = at + value.size();
          stands = (at == 0 || !joins(character_before(text, at).code)) &&
                   (stop == text.size() || !joins(character_at(text, stop).code));
        }
        if (stands) expected.push_back(i);
      }
      const auto found = corpus.find(value, 1000);
      EXPECT_TRUE(found.complete);
      EXPECT_EQ(texts(found), expected) << printable(value, 200);
    }
  }
}

TEST(Corpus, MemoryStaysBelowThreeTimesTheContent) {
  std::mt19937 random(5);
  for (const std::size_t size : {40, 200, 4000}) {
    Corpus corpus;
    while (corpus.content_bytes() < 4 * limits::kMiB) {
      std::string text;
      while (text.size() < size)
        text += "w" + std::to_string(random() % 1'000'000) + " ";
      corpus.add(text);
    }
    EXPECT_LT(corpus.bytes(), 3 * corpus.content_bytes()) << size;
  }
  Corpus small;
  small.add("one short text");
  EXPECT_LT(small.bytes(), 32 * limits::kKiB);
}

TEST(Corpus, HostileContentIsBounded) {
  Corpus words;
  std::string text;
  for (int i = 0; i < 1'000'000; ++i)
    text += "the ";
  words.add(text);
  EXPECT_EQ(words.find("the").hits.size(), 1u);
  EXPECT_TRUE(words.find("absent").hits.empty());
  // The value is all but there, everywhere: more than may be looked at.
  const auto found = words.find(text.substr(0, 100'000) + "end");
  EXPECT_TRUE(found.hits.empty());
  EXPECT_FALSE(found.complete);

  Corpus letters;
  letters.add(std::string(8 * limits::kMiB, 'a'));
  EXPECT_TRUE(letters.find("aaaa").hits.empty());
  std::string singles;
  for (int i = 0; i < 500'000; ++i)
    singles += ". ";
  letters.add(singles);
  EXPECT_EQ(letters.find(".").hits.size(), 1u);

  Corpus signs;
  signs.add(std::string(12 * limits::kMiB, '-'));
  EXPECT_FALSE(signs.find("-+").complete);  // no word to look up, and more bytes than may be read
}

TEST(Corpus, AMillionTinyTexts) {
  Corpus corpus;
  for (int i = 0; i < 1'000'000; ++i)
    ASSERT_EQ(corpus.add(std::to_string(i % 300'000)), static_cast<std::uint32_t>(i));
  EXPECT_EQ(texts(corpus.find("299999")), (std::vector<std::uint32_t>{299'999, 599'999, 899'999}));
  EXPECT_TRUE(corpus.find("300000").hits.empty());
  EXPECT_LT(corpus.bytes(), 40 * limits::kMiB);
}

TEST(Corpus, BeyondTheBudgetNothingIsCompleteAgain) {
  Corpus corpus;
  EXPECT_EQ(corpus.add("ann@x.org"), 0u);
  EXPECT_EQ(corpus.add(std::string(limits::kFlowContentMax + 1, 'x')), Corpus::kNotKept);
  EXPECT_TRUE(corpus.full());
  EXPECT_EQ(corpus.add("later"), Corpus::kNotKept);
  EXPECT_FALSE(corpus.find("ann@x.org").complete);
  EXPECT_EQ(corpus.find("ann@x.org").hits.size(), 1u);
  EXPECT_FALSE(corpus.find("later").complete);
  EXPECT_LT(corpus.content_bytes(), 100u);
}

TEST(Corpus, FiftyMegabytesInOneText) {
  Corpus corpus;
  std::string text;
  for (int i = 0; text.size() < 50 * limits::kMiB; ++i)
    text += "w" + std::to_string(i) + " ";
  const std::string last = text.substr(text.rfind('w'));
  text.pop_back();
  corpus.add(text);
  EXPECT_EQ(corpus.find(trim(last)).hits.size(), 1u);
  EXPECT_LT(corpus.bytes(), 2 * text.size());
}

// --- copies ------------------------------------------------------------------------------------------------

std::string noise(std::mt19937& random, std::size_t size) {
  std::string out;
  while (out.size() < size)
    out += static_cast<char>('a' + random() % 26);
  return out;
}

TEST(Shingles, NoticeEveryCopyOfNineteenBytes) {
  std::mt19937 random(17);
  Corpus corpus;
  Shingles shingles;
  std::vector<std::string> all;
  for (int i = 0; i < 50; ++i) {
    all.push_back(noise(random, 3000));
    shingles.add(corpus, corpus.add(all.back()));
  }
  for (int round = 0; round < 1000; ++round) {
    const std::size_t which = random() % all.size();
    const std::size_t size = 19 + random() % 60;
    const std::size_t begin = random() % (all[which].size() - size);
    const std::string before = noise(random, random() % 100);
    const std::string argument =
        before + "." + all[which].substr(begin, size) + "." + noise(random, random() % 100);
    const auto overlaps = shingles.overlaps(corpus, argument);
    ASSERT_EQ(overlaps.size(), 1u);
    EXPECT_EQ(overlaps[0].text, which);
    EXPECT_EQ(overlaps[0].bytes, size);
    EXPECT_EQ(overlaps[0].longest, size);
    EXPECT_EQ(overlaps[0].at, before.size() + 1);
    EXPECT_EQ(overlaps[0].begin, begin);
  }
  EXPECT_TRUE(shingles.overlaps(corpus, noise(random, 5000)).empty());
}

TEST(Shingles, CountPiecesFromSeveralTexts) {
  std::mt19937 random(19);
  Corpus corpus;
  Shingles shingles;
  const std::string a = noise(random, 500);
  const std::string b = noise(random, 500);
  shingles.add(corpus, corpus.add(a));
  shingles.add(corpus, corpus.add(b));
  shingles.add(corpus, corpus.add(a));
  const auto overlaps =
      shingles.overlaps(corpus, a.substr(0, 40) + "?" + b.substr(100, 50) + "!" + a.substr(200, 30));
  ASSERT_EQ(overlaps.size(), 2u);
  EXPECT_EQ(overlaps[0].text, 0u);
  EXPECT_EQ(overlaps[0].bytes, 70u);
  EXPECT_EQ(overlaps[0].longest, 40u);
  EXPECT_EQ(overlaps[1].text, 1u);
  EXPECT_EQ(overlaps[1].bytes, 50u);
}

TEST(Shingles, ShortTextsAndArguments) {
  Corpus corpus;
  Shingles shingles;
  EXPECT_TRUE(shingles.overlaps(corpus, "anything at all").empty());
  shingles.add(corpus, corpus.add("elevenbytes"));
  shingles.add(corpus, corpus.add("twelve bytes"));
  shingles.add(corpus, Corpus::kNotKept);
  EXPECT_TRUE(shingles.overlaps(corpus, "elevenbytes").empty());
  ASSERT_EQ(shingles.overlaps(corpus, "twelve bytes").size(), 1u);
  EXPECT_EQ(shingles.overlaps(corpus, "twelve bytes")[0].bytes, 12u);
}

TEST(Shingles, RepetitionCostsLittle) {
  Corpus corpus;
  Shingles shingles;
  std::string text;
  for (int i = 0; i < 300'000; ++i)
    text += "abc";
  shingles.add(corpus, corpus.add(text));
  EXPECT_LT(shingles.bytes(), text.size() * 2);
  const auto overlaps = shingles.overlaps(corpus, text.substr(0, 500'000));
  ASSERT_EQ(overlaps.size(), 1u);
  EXPECT_EQ(overlaps[0].bytes, 500'000u);
  // The same gram in very many texts: the earliest are remembered.
  for (int i = 0; i < 20'000; ++i)
    shingles.add(corpus, corpus.add("the same words in every text " + std::to_string(i)));
  EXPECT_LE(shingles.overlaps(corpus, "the same words in every text").size(), 64u);
}

}  // namespace
}  // namespace weir::flow
