// What looks the same folds to the same, what differs does not, and no bytes are an error.
#include "flow/fold.h"

#include <gtest/gtest.h>

#include <random>

#include "base/bytes.h"

namespace weir::flow {
namespace {

TEST(Fold, UndoesCaseBlanksAndForms) {
  EXPECT_EQ(fold("  Ann \t\r\n  SMITH  "), "ann smith");
  EXPECT_EQ(fold("ＡＮＮ＠ｘ．org"), "ann@x.org");
  EXPECT_EQ(fold("𝓪𝓷𝓷"), "ann");
  EXPECT_EQ(fold("Caf\u00C9"), fold("cafe\u0301"));
  EXPECT_EQ(fold("STRASSE"), fold("straße"));
  EXPECT_EQ(fold("a\u00A0b\u2003c\u2028d"), "a b c d");
  EXPECT_EQ(fold("=\u0338"), "≠");
  EXPECT_EQ(fold("\uFB01le"), "file");
  EXPECT_EQ(fold(""), "");
  EXPECT_EQ(fold(" \n\t "), "");
  EXPECT_EQ(fold("\u2003"), "");
}

TEST(Fold, InvisibleCharactersGo) {
  EXPECT_EQ(fold("pay\u200Bpal\u00AD.c\u202Eom\uFE0F"), "paypal.com");
  EXPECT_EQ(fold("id\U000E0041\U000E0042 7"), "id 7");
  EXPECT_EQ(fold(std::string_view("a\0b\x1B[0m", 7)), "ab[0m");
}

TEST(Fold, LookAlikesBecomeLatinOnlyBesideLatin) {
  EXPECT_EQ(fold("p\u0430ypal"), "paypal");
  EXPECT_EQ(fold("\u0412ank"), "bank");                         // Cyrillic Ve
  EXPECT_EQ(fold("g\u03BFogle"), "google");                     // Greek omicron
  EXPECT_EQ(fold("\u0441\u043E\u0440"), "\u0441\u043E\u0440");  // a Russian word stays one
  EXPECT_EQ(fold("\u0441\u043E\u0440 latin"), "\u0441\u043E\u0440 latin");
  EXPECT_NE(fold("\u0441\u043E\u0440"), fold("cop"));
}

TEST(Fold, TellsWhatWasDisguised) {
  for (const char* plain :
       {"ann@x.org", "Jos\u00E9 GARC\u00CDA", "\u5317\u4EAC 7", "a\u00A0b", "\u0441\u043E\u0440"})
    EXPECT_FALSE(fold_watched(plain).disguised) << plain;
  for (const char* disguised : {"p\u0430ypal", "pay\u200Bpal", "\uFF50aypal", "\u212Aelvin",
                                "a\x01"
                                "b"})
    EXPECT_TRUE(fold_watched(disguised).disguised) << disguised;
  EXPECT_EQ(fold_watched("p\u0430ypal").text, fold("p\u0430ypal"));
}

TEST(Fold, InvalidBytesAreReplaced) {
  EXPECT_EQ(fold("a\xFF"
                 "b"),
            "a\uFFFD"
            "b");
  EXPECT_EQ(fold("\xE2\x82"), "\uFFFD\uFFFD");
  EXPECT_EQ(fold("\xC0\x80"), "\uFFFD\uFFFD");
}

// A value folded alone stands, as it is, in the fold of a text that has it between blanks.
TEST(Fold, AWordDoesNotDependOnItsNeighbours) {
  const std::vector<std::string> words = {"p\u0430ypal",  "caf\u00E9", "\u0441\u043E\u0440", "A\u0301B",
                                          "\u5317\u4EAC", "x\u200By",  "\uFF21nn",           "\xFF",
                                          "=\u0338",      "plain",     "\u0E01\u0E33"};
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    std::string expected;
    for (int i = 0; i < 5; ++i) {
      const std::string& word = words[random() % words.size()];
      text += (i > 0 ? " " : "") + word;
      expected += (i > 0 ? " " : "") + fold(word);
    }
    EXPECT_EQ(fold(text), expected) << printable(text);
  }
}

TEST(Fold, AnyBytesFoldToTidyText) {
  std::mt19937 random(11);
  const std::string alphabet = "aZ \n\t\xC3\xA9\xCC\x81\xE2\x80\x8B\xD0\xB0\xF3\xA0\x81\x81=_@";
  for (int round = 0; round < 5000; ++round) {
    std::string text;
    for (std::size_t size = random() % 40; text.size() < size;)
      text += random() % 4 == 0 ? static_cast<char>(random()) : alphabet[random() % alphabet.size()];
    const std::string folded = fold(text);
    EXPECT_TRUE(valid_utf8(folded));
    EXPECT_EQ(folded.find("  "), std::string::npos);
    EXPECT_TRUE(folded.empty() || (folded.front() != ' ' && folded.back() != ' ')) << printable(text);
    EXPECT_EQ(fold_watched(text).text, folded);
  }
}

// Marks in the worst order, one word of a megabyte, one sign with a megabyte of marks: linear all the same.
TEST(Fold, HostileTextsStayLinear) {
  std::string marks = "a";
  for (int i = 0; i < 300'000; ++i)
    marks += i % 2 == 0 ? "\u0301" : "\u0323";
  EXPECT_LT(fold(marks).size(), 200u);
  std::string word(1'000'000, 'x');
  word += "\u0430";
  EXPECT_EQ(fold(word).size(), 1'000'001u);
  std::string han;
  for (int i = 0; i < 300'000; ++i)
    han += "\u5317";
  EXPECT_EQ(fold(han), han);
  std::string wide;  // one character that becomes eighteen
  for (int i = 0; i < 50'000; ++i)
    wide += "\uFDFA";
  EXPECT_LT(fold(wide).size(), wide.size() * 12);
}

}  // namespace
}  // namespace weir::flow
