// Patches: `git apply` is the judge. And the edit they are made of: right, and the shortest.
#include "changes/patch_text.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "changes/line_diff.h"
#include "changes/overlay_pod.h"

namespace weir::changes::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string applied(const std::string& before, const std::string& after, std::size_t edits_max = 1500) {
  const auto a = lines_of(before);
  const auto b = lines_of(after);
  std::string old_text;
  std::string new_text;
  std::size_t i = 0;
  std::size_t k = 0;
  for (const char mark : edit_script(a, b, edits_max)) {
    if (mark == ' ') {
      EXPECT_EQ(a.at(i), b.at(k));
    }
    if (mark != '+') old_text += a.at(i++);
    if (mark != '-') new_text += b.at(k++);
  }
  EXPECT_EQ(old_text, before);
  return new_text;
}

// By the table of the longest common subsequence, an independent way.
std::size_t shortest(const std::vector<std::string_view>& a, const std::vector<std::string_view>& b) {
  std::vector<std::vector<std::size_t>> common(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = a.size(); i-- > 0;)
    for (std::size_t k = b.size(); k-- > 0;)
      common[i][k] = a[i] == b[k] ? common[i + 1][k + 1] + 1 : std::max(common[i + 1][k], common[i][k + 1]);
  return a.size() + b.size() - 2 * common[0][0];
}

std::string random_text(std::mt19937& random, std::size_t lines_max) {
  std::string text;
  for (std::size_t n = random() % (lines_max + 1); n > 0; --n)
    text += std::string(1, static_cast<char>('a' + random() % 5)) + "\n";
  if (!text.empty() && random() % 4 == 0) text.pop_back();
  return text;
}

TEST(LineDiff, IsRightAndTheShortest) {
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    const std::string a = random_text(random, 14);
    const std::string b = random_text(random, 14);
    ASSERT_EQ(applied(a, b), b);
    const auto script = edit_script(lines_of(a), lines_of(b));
    const auto edits = static_cast<std::size_t>(
        std::count_if(script.begin(), script.end(), [](char c) { return c != ' '; }));
    ASSERT_EQ(edits, shortest(lines_of(a), lines_of(b))) << a << "---\n" << b;
    ASSERT_EQ(applied(a, b, 2), b);  // past its limit it is still right
  }
}

TEST(LineDiff, TwoTextsWithNothingInCommonAreAReplacement) {
  std::string a;
  std::string b;
  for (int i = 0; i < 50'000; ++i) {
    a += "a" + std::to_string(i) + "\n";
    b += "b" + std::to_string(i) + "\n";
  }
  EXPECT_EQ(applied(a, b), b);
}

class PatchTest : public OverlayPodTest {
 protected:
  // Lets git apply the patch in a directory that holds `before`; what stands there afterwards, "(none)" if
  // nothing.
  std::string apply(const std::string& path, const std::optional<std::string>& before,
                    const std::string& patch) const {
    const std::string top = dir_ + "/g" + std::to_string(++round_);
    write(top + "/.keep", "");
    if (before) write(top + "/" + path, *before);
    const auto ran = os::run_child({.argv = {"git", "apply", "--whitespace=nowarn", "-"},
                                    .env = std::nullopt,
                                    .cwd = top,
                                    .input = patch});
    EXPECT_TRUE(ran && ran->exit.code == 0) << (ran ? ran->err : ran.error().message()) << patch;
    return os::exists(top + "/" + path) ? read(top + "/" + path) : "(none)";
  }
  static Patch patch_of(const std::string& path, const std::optional<std::string>& before,
                        const std::optional<std::string>& after, PatchBytes bytes = PatchBytes::escaped) {
    const auto side = [](const std::optional<std::string>& text) {
      return text ? PatchSide{.kind = NodeKind::file, .mode = 0644, .text = *text} : PatchSide{};
    };
    return git_patch(path, side(before), side(after), bytes);
  }
  mutable int round_ = 0;
};

TEST_F(PatchTest, GitAppliesIt) {
  std::mt19937 random(11);
  for (int round = 0; round < 60; ++round) {
    std::string a = random_text(random, 40);
    std::string b = random_text(random, 40);
    if (a == b) continue;
    ASSERT_EQ(apply("x.txt", a, patch_of("x.txt", a, b).text), b);
  }
}

TEST_F(PatchTest, GitAppliesTheEdges) {
  const std::string long_text = [] {
    std::string text;
    for (int i = 0; i < 100; ++i)
      text += std::to_string(i) + "\n";
    return text;
  }();
  std::string changed = long_text;
  changed.replace(changed.find("50\n"), 3, "fifty\n");
  changed += "end";
  EXPECT_EQ(apply("a/b c.txt", long_text, patch_of("a/b c.txt", long_text, changed).text), changed);
  EXPECT_EQ(apply("new", std::nullopt, patch_of("new", std::nullopt, "one\n").text), "one\n");
  EXPECT_EQ(apply("empty", std::nullopt, patch_of("empty", std::nullopt, "").text), "");
  EXPECT_EQ(apply("gone", "one\ntwo", patch_of("gone", "one\ntwo", std::nullopt).text), "(none)");
  EXPECT_EQ(apply("crlf", "a\r\nb\r\n", patch_of("crlf", "a\r\nb\r\n", "a\r\nc\r\n").text), "a\r\nc\r\n");
  EXPECT_EQ(apply("tab\t\"q\"\n.txt", "1\n", patch_of("tab\t\"q\"\n.txt", "1\n", "2\n").text), "2\n");
  EXPECT_EQ(apply("gr\xc3\xbc\xc3\x9f", "1\n", patch_of("gr\xc3\xbc\xc3\x9f", "1\n", "2\n").text), "2\n");
  EXPECT_EQ(apply("x\xff", "1\n", patch_of("x\xff", "1\n", "2\n").text), "2\n");
}

TEST_F(PatchTest, EscapesWhatATerminalWouldObey) {
  const std::string evil =
      "ok\n\x1b]0;title\x07 \x1b[2K safe\x9b\n\xe2\x80\xae"
      "reversed\n";
  const Patch shown = patch_of("a\x1b[31m", "ok\n", evil);
  EXPECT_TRUE(shown.escaped);
  for (const char c : shown.text)
    EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << static_cast<int>(c);
  EXPECT_THAT(shown.text, Not(HasSubstr("\xe2\x80\xae")));
  const Patch raw = patch_of("x", "ok\n", evil, PatchBytes::raw);
  EXPECT_FALSE(raw.escaped);
  EXPECT_EQ(apply("x", "ok\n", raw.text), evil);
}

TEST_F(PatchTest, SaysWhenItIsBinary) {
  const std::string binary("a\0b", 3);
  const Patch patch = patch_of("x", "text\n", binary);
  EXPECT_TRUE(patch.binary);
  EXPECT_THAT(patch.text, HasSubstr("Binary files a/x and b/x differ"));
  EXPECT_TRUE(is_binary("x\x01+)JMU\x04\x11QH\xd4+\xa9(\x1c\x02"));
  EXPECT_FALSE(is_binary("caf\xe9 in Latin-1, with one \x1b escape in a line that is long enough\n"));
  EXPECT_FALSE(is_binary(""));
}

TEST_F(PatchTest, WritesModesAndLinksAsGitDoes) {
  const Patch mode = git_patch("s", {NodeKind::file, 0644, "x\n"}, {NodeKind::file, 0755, "x\n"});
  EXPECT_EQ(mode.text, "diff --git a/s b/s\nold mode 100644\nnew mode 100755\n");
  const Patch link = git_patch("l", {}, {NodeKind::symlink, 0777, "to/there"});
  EXPECT_EQ(link.text,
            "diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+to/there\n"
            "\\ No newline at end of file\n");
  EXPECT_EQ(git_patch("s", {NodeKind::file, 0644, "x"}, {NodeKind::file, 0600, "x"}).text, "");
}

}  // namespace
}  // namespace weir::changes::testing
