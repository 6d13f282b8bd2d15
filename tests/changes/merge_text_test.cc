// Edits of one text by two, and where they cannot both be had.
#include "changes/merge_text.h"

#include <gtest/gtest.h>

namespace weir::changes {
namespace {

constexpr const char* kBase = "a\nb\nc\nd\ne\n";

TEST(MergeText, EditsApartAreBothThere) {
  EXPECT_EQ(merge_texts(kBase, "A\nb\nc\nd\ne\n", "a\nb\nc\nd\nE\n"), "A\nb\nc\nd\nE\n");
  EXPECT_EQ(merge_texts(kBase, "new\na\nb\nc\nd\ne\n", "a\nb\nd\ne\n"), "new\na\nb\nd\ne\n");
  EXPECT_EQ(merge_texts(kBase, "a\nb\nc\nd\ne\nend\n", "b\nc\nd\ne\n"), "b\nc\nd\ne\nend\n");
}

TEST(MergeText, OneEditAloneIsThatText) {
  EXPECT_EQ(merge_texts(kBase, "x", kBase), "x");
  EXPECT_EQ(merge_texts(kBase, kBase, ""), "");
  EXPECT_EQ(merge_texts("", "", "x\n"), "x\n");
}

TEST(MergeText, WhatBothDidIsDoneOnce) {
  EXPECT_EQ(merge_texts(kBase, "a\nB\nc\nd\ne\n", "a\nB\nc\nd\nE\n"), "a\nB\nc\nd\nE\n");
  EXPECT_EQ(merge_texts(kBase, "a\nb\nc\nd\ne\nsame\n", "a\nb\nc\nd\ne\nsame\n"), "a\nb\nc\nd\ne\nsame\n");
}

TEST(MergeText, TheSameLinesDifferentlyAreAConflict) {
  EXPECT_FALSE(merge_texts(kBase, "a\nB\nc\nd\ne\n", "a\nX\nc\nd\ne\n"));
  EXPECT_FALSE(merge_texts(kBase, "a\nc\nd\ne\n", "a\nX\nc\nd\ne\n"));
  EXPECT_FALSE(merge_texts(kBase, "a\nb\nc\nd\ne\none\n", "a\nb\nc\nd\ne\ntwo\n"));
  EXPECT_FALSE(merge_texts("", "one\n", "two\n"));
}

TEST(MergeText, LinesThatTouchAreAConflict) {
  EXPECT_FALSE(merge_texts(kBase, "a\nB\nc\nd\ne\n", "a\nb\nC\nd\ne\n"));
  EXPECT_FALSE(merge_texts(kBase, "a\nb\nnew\nc\nd\ne\n", "a\nb\nC\nd\ne\n"));
}

TEST(MergeText, ALastLineWithoutItsEndIsAnotherLine) {
  EXPECT_EQ(merge_texts("a\nb\nc", "A\nb\nc", "a\nb\nc\n"), "A\nb\nc\n");
  EXPECT_FALSE(merge_texts("a\nb", "a\nb\n", "a\nb\nx"));
}

}  // namespace
}  // namespace weir::changes
