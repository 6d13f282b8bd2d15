// Expansion, seen through the arguments that analyze() reports.
#include "shell/expand.h"

#include "shell/glob.h"
#include "shell/parser.h"
#include "support.h"

namespace weir::shell {
namespace {

using Words = std::vector<std::string>;

struct Row {
  const char* script;
  Words argv;  // of the last command
};

TEST(Expand, DecodesWords) {
  const Row rows[] = {
      {"c''url -s", {"curl", "-s"}},
      {"cu\\rl", {"curl"}},
      {"\"r\"'m' $'\\x2drf' $'a\\tb'", {"rm", "-rf", "a\tb"}},
      {"$'\\162\\155'", {"rm"}},
      {"a{b,c}d {1..3} {a..c} {03..1}", {"abd", "acd", "1", "2", "3", "a", "b", "c", "03", "02", "01"}},
      {"{rm,-rf,/}", {"rm", "-rf", "/"}},
      {"echo \"{a,b}\" {a} {,}x", {"echo", "{a,b}", "{a}", "x", "x"}},
      {"x=curl; $x -s", {"curl", "-s"}},
      {"x='rm -rf'; $x \"$x\"", {"rm", "-rf", "rm -rf"}},
      {"cat$IFS/etc/passwd", {"cat", "/etc/passwd"}},
      {"cat${IFS%??}/etc/passwd", {"cat", "/etc/passwd"}},
      {"IFS=,; x=a,b; echo $x", {"echo", "a", "b"}},
      {"echo ~ ~/x \"~\" $HOME ${PWD}", {"echo", "/home/dev", "/home/dev/x", "~", "/home/dev", "/workspace"}},
      {"x=abc.tar.gz; echo ${x%.gz} ${x%%.*} ${x#a} ${x##*.} ${x/b/X} ${x:1:2} ${#x} ${x^^}",
       {"echo", "abc.tar", "abc", "bc.tar.gz", "gz", "aXc.tar.gz", "bc", "10", "ABC.TAR.GZ"}},
      {"x=; echo ${x:-d} ${y-e} ${x:+f} end", {"echo", "d", "e", "end"}},
      {"x=n; n=v; echo ${!x}", {"echo", "v"}},
      {"echo $(echo a b) \"$(printf '%s-%s' c d)\" `echo e`", {"echo", "a", "b", "c-d", "e"}},
      {"a=(x 'y z'); echo ${a[1]} \"${a[@]}\"", {"echo", "y", "z", "x", "y z"}},
      {"set -- p q; echo $2 \"$@\"", {"echo", "q", "p", "q"}},
      {"x=a; x+=b; echo $x", {"echo", "ab"}},
      {"export x=1; echo $x", {"echo", "1"}},
      {"echo $((7))", {"echo", "7"}},
      {"echo $(base64 -d <<< Y3VybA==)", {"echo", "curl"}},
  };
  for (const Row& row : rows) {
    const Analysis analysis = analyze_here(row.script);
    ASSERT_FALSE(analysis.commands.empty()) << row.script;
    Words last;
    for (const Arg& arg : analysis.commands.back().argv)
      last.push_back(arg.text);
    // Substitutions are reported before the command they stand in.
    EXPECT_EQ(last, row.argv) << row.script;
  }
}

TEST(Expand, KeepsKnownPrefixAndSuffix) {
  const Analysis analysis = analyze_here("ls \"$DIR\"/build/* /tmp/$X");
  const std::vector<Arg>& argv = analysis.commands[0].argv;
  EXPECT_FALSE(argv[1].known());
  EXPECT_EQ(argv[1].prefix(), "");
  EXPECT_EQ(argv[1].suffix(), "/build/*");
  EXPECT_TRUE(argv[1].glob);
  EXPECT_FALSE(argv[1].splits);  // quoted
  EXPECT_EQ(argv[2].prefix(), "/tmp/");
  EXPECT_TRUE(argv[2].splits);
}

TEST(Expand, GivesEveryValueAVariableMayHave) {
  const Analysis analysis = analyze_here("x=a; if t; then x=b; fi; rm $x");
  EXPECT_NE(effect_of(analysis, verbs::kFileDelete, "/workspace/a"), nullptr);
  EXPECT_NE(effect_of(analysis, verbs::kFileDelete, "/workspace/b"), nullptr);
}

TEST(Expand, HoldsItsBudgets) {
  const Analysis braces = analyze_here("rm {1..30}{1..30}{1..30}{1..30}");
  ASSERT_EQ(braces.commands.size(), 1U);
  EXPECT_FALSE(braces.commands[0].argv[1].known());
  std::string doubling = "x=aaaaaaaaaaaaaaaa;";
  for (int i = 0; i < 40; ++i)
    doubling += "x=$x$x;";
  const Analysis grown = analyze_here(doubling + "echo $x");
  EXPECT_LT(grown.commands.back().argv[1].text.size(), 100'000U);
  std::string loops, ends;
  for (int i = 0; i < 8; ++i) {
    loops += "for v" + std::to_string(i) + " in {1..30}; do ";
    ends += "; done";
  }
  EXPECT_TRUE(analyze_here(loops + "rm x" + ends).limited);
}

TEST(Expand, MatchesPatterns) {
  EXPECT_TRUE(glob_match("delete-*", "delete-bucket"));
  EXPECT_TRUE(glob_match("[a-c]?[!x]", "bzy"));
  EXPECT_FALSE(glob_match("[a-c]?[!x]", "bzx"));
  EXPECT_TRUE(glob_match("a\\*", "a*"));
  EXPECT_FALSE(glob_match("a\\*", "ab"));
  EXPECT_TRUE(glob_match("*a*a*a*", std::string(2000, 'a')));
  EXPECT_FALSE(glob_match("*a*a*a*b", std::string(2000, 'a')));
}

TEST(Expand, DecodesAnsiEscapes) {
  EXPECT_EQ(decode_ansi_escapes("\\x41\\102\\u00e9\\n\\q\\"), "AB\xc3\xa9\n\\q\\");
  EXPECT_EQ(decode_ansi_escapes("\\0101"), "A");
}

}  // namespace
}  // namespace weir::shell
