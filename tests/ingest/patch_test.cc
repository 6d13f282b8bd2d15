#include "ingest/patch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"

namespace weir::ingest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ParsePatch, ReadsEveryKindOfSection) {
  const auto files = parse_patch(
      "*** Begin Patch\n*** Add File: a/new.txt\n+one\n+two\n*** Update File: b.py\n*** Move to: c.py\n@@ "
      "def f():\n"
      "-x\n+y\n z\n\n*** End of File\n*** Delete File: d\n*** End Patch\n");
  ASSERT_TRUE(files) << files.error().message();
  EXPECT_THAT(*files,
              ElementsAre(PatchFile{PatchOp::add, "a/new.txt", ""},
                          PatchFile{PatchOp::update, "b.py", "c.py"}, PatchFile{PatchOp::remove, "d", ""}));
}

TEST(ParsePatch, TakesCarriageReturnsBlanksAndHereDocuments) {
  for (const char* text : {"*** Begin Patch\r\n*** Delete File: d \r\n*** End Patch\r\n",
                           "  *** Begin Patch \n *** Delete File: d\n*** End Patch  \n\n",
                           "<<'EOF'\n*** Begin Patch\n*** Delete File: d\n*** End Patch\nEOF\n",
                           "*** Begin Patch\n*** Environment ID: local\n*** Delete File: d\n*** End Patch"}) {
    const auto files = parse_patch(text);
    ASSERT_TRUE(files) << text << files.error().message();
    EXPECT_THAT(*files, ElementsAre(PatchFile{PatchOp::remove, "d", ""})) << text;
  }
}

// A context line that looks like a header belongs to its hunk; added text never names a file.
TEST(ParsePatch, HeadersInsideContentAreContent) {
  const auto files = parse_patch(
      "*** Begin Patch\n*** Update File: a\n@@\n *** Delete File: b\n+*** Add File: c\n*** Add File: d\n+*** "
      "End Patch\n"
      "*** End Patch");
  ASSERT_TRUE(files);
  EXPECT_THAT(*files, ElementsAre(PatchFile{PatchOp::update, "a", ""}, PatchFile{PatchOp::add, "d", ""}));
}

TEST(ParsePatch, RefusesWhatTheGrammarRefuses) {
  for (const char* text :
       {"", "\n\n", "*** Begin Patch", "*** Begin Patch\n*** End Patch", "*** End Patch\n*** Begin Patch",
        "*** Begin Patch\n*** Add File: \n+x\n*** End Patch",
        "*** Begin Patch\n*** Add File: a\nx\n*** End Patch",
        "*** Begin Patch\n*** Update File: a\n*** Move to: \n*** End Patch",
        "*** Begin Patch\n*** Update File: a\n*** Frob\n*** End Patch",
        "*** Begin Patch\n*** Update File: a\nno change\n*** End Patch", "<<EOF",
        "*** Begin Patch\n+\n*** End Patch"})
    EXPECT_FALSE(parse_patch(text)) << text;
  const auto bad = parse_patch("*** Begin Patch\n*** Add File: a\n+x\nstray\n*** End Patch");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().where, "line 4");
}

TEST(ParsePatch, LimitsTheNumberOfFiles) {
  std::string text = "*** Begin Patch\n";
  for (std::size_t i = 0; i <= limits::kPatchFilesMax; ++i)
    text += "*** Delete File: f" + std::to_string(i) + '\n';
  const auto files = parse_patch(text + "*** End Patch");
  ASSERT_FALSE(files);
  EXPECT_EQ(files.error().code, ErrorCode::limit);
}

Embedding found_in(std::string_view command) {
  EmbeddedPatch patch;
  return find_embedded_patch(command, patch);
}

TEST(EmbeddedPatch, IsCertainOrUnclear) {
  const std::string body = "*** Begin Patch\n*** Delete File: x\n*** End Patch\n";
  EXPECT_EQ(found_in("apply_patch <<EOF\n" + body + "EOF"), Embedding::patch);
  EXPECT_EQ(found_in("applypatch <<'E'\n" + body + "E\n"), Embedding::patch);
  EXPECT_EQ(found_in("cd 'a b' && apply_patch <<-\"E\"\n" + body + "E\n"), Embedding::patch);
  EXPECT_EQ(found_in("apply_patch <<EOF\n" + body + "EOF\nrm -rf x"), Embedding::unclear);
  EXPECT_EQ(found_in("rm y; apply_patch <<EOF\n" + body + "EOF"), Embedding::unclear);
  EXPECT_EQ(found_in("cd $HOME && apply_patch <<EOF\n" + body + "EOF"), Embedding::unclear);
  EXPECT_EQ(found_in("apply_patch '" + body + "'"), Embedding::unclear);
  EXPECT_EQ(found_in("apply_patch <<EOF\n*** Begin Patch\n"), Embedding::unclear);
  EXPECT_EQ(found_in("cat <<EOF\n" + body + "EOF"), Embedding::none);
  EXPECT_EQ(found_in("echo hi"), Embedding::none);
}

}  // namespace
}  // namespace weir::ingest
