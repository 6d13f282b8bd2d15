#include "shell/parse.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace weir::shell {
namespace {

const Simple& simple(const Parsed& parsed, std::size_t statement = 0) {
  return std::get<Simple>(parsed.script.at(statement).pipelines.at(0).commands.at(0).value);
}

TEST(Parse, ReadsWordsPipesAndLists) {
  const Parsed parsed = parse("a b | c |& d && ! e || f & g; h");
  ASSERT_TRUE(parsed.problems.empty());
  ASSERT_EQ(parsed.script.size(), 3U);
  EXPECT_EQ(parsed.script[0].pipelines.size(), 3U);
  EXPECT_EQ(parsed.script[0].pipelines[0].commands.size(), 3U);
  EXPECT_TRUE(parsed.script[0].pipelines[1].negated);
  EXPECT_TRUE(parsed.script[0].background);
  EXPECT_FALSE(parsed.script[1].background);
}

TEST(Parse, SpansAreByteOffsetsOfTheSource) {
  const Parsed parsed = parse("true; rm  -rf x # no");
  EXPECT_EQ(parsed.script[1].pipelines[0].commands[0].span, (Span{6, 15}));
  EXPECT_EQ(simple(parsed, 1).words[2].span, (Span{14, 15}));
}

TEST(Parse, KeepsThePartsOfAWord) {
  const Parsed parsed = parse(R"(x ~/a"b $c"${d:-e}`f`$(g)$((1+2))<(h)*.{i,j}{1..3})");
  ASSERT_TRUE(parsed.problems.empty()) << parsed.problems[0].reason;
  std::string kinds;
  for (const Part& part : simple(parsed).words[1].parts)
    kinds += "LGTPSAXBR"[part.value.index()];
  EXPECT_EQ(kinds, "TLLPPSSAXGLBR");
}

TEST(Parse, ReadsRedirectionsOfEveryKind) {
  const Parsed parsed = parse("c <a >b >>d 2>e 2>&1 &>f &>>g <>h 3<&- >|i <<<j {fd}>k >&l");
  ASSERT_TRUE(parsed.problems.empty());
  const auto& all = parsed.script[0].pipelines[0].commands[0].redirections;
  using Kind = Redirection::Kind;
  const std::vector<Kind> kinds = {Kind::read,      Kind::write,      Kind::append,      Kind::write,
                                   Kind::duplicate, Kind::write_both, Kind::append_both, Kind::read_write,
                                   Kind::duplicate, Kind::write,      Kind::here_string, Kind::write,
                                   Kind::write_both};
  ASSERT_EQ(all.size(), kinds.size());
  for (std::size_t i = 0; i < kinds.size(); ++i)
    EXPECT_EQ(all[i].kind, kinds[i]) << i;
  EXPECT_EQ(all[3].fd, 2);
  EXPECT_EQ(all[11].fd_variable, "fd");
}

TEST(Parse, ReadsHereDocuments) {
  const Parsed parsed = parse("cat <<A <<-'B' | d\n$x\nA\n\t$y\n\tB\necho z");
  ASSERT_TRUE(parsed.problems.empty());
  const auto& all = parsed.script[0].pipelines[0].commands[0].redirections;
  ASSERT_EQ(all.size(), 2U);
  EXPECT_TRUE(all[0].document->expands);
  EXPECT_TRUE(std::holds_alternative<Parameter>(all[0].document->body.parts[0].value));
  EXPECT_FALSE(all[1].document->expands);
  EXPECT_EQ(std::get<Literal>(all[1].document->body.parts[0].value).text, "$y\n");
  EXPECT_EQ(parsed.script.size(), 2U);
}

TEST(Parse, ReadsCompoundCommands) {
  for (const char* script : {"if a; then b; elif c; then d; else e; fi",
                             "while a; do b; done < f",
                             "until a\ndo b\ndone",
                             "for x in 1 2; do y; done",
                             "for x; do y; done",
                             "for ((i=0;i<3;i++)); do y; done",
                             "select x in a; do y; done",
                             "case $x in a|b) c;; (d) e;& *) f;;& esac",
                             "case x in esac",
                             "f() { a; }",
                             "function f { a; }",
                             "function f() ( a )",
                             "f() if a; then b; fi",
                             "[[ -f x && $y =~ ^(a|b c)$ ]]",
                             "((x = 1 + 2))",
                             "(a; b) > c",
                             "coproc a",
                             "coproc N { a; }",
                             "time -p a | b",
                             "! a",
                             "a=(1 2 [5]=x) b",
                             "declare -a x=(1 $(y))",
                             "{ a; } 2>&1 | b",
                             "x+=1 y[2]=3 z",
                             "a $'\\'' b",
                             "a \"$(b \"c\" `d`)\"",
                             "a ${x/y/z} ${#x} ${!x} ${x[@]:1:2}",
                             "$((cmd); b)",
                             "a \\\n b",
                             "if a; then b; fi & c",
                             "echo ${{ matrix.x }}",
                             "a <<E\n$(b\n)\nE\n"})
    EXPECT_TRUE(parse(script).problems.empty()) << script << ": " << parse(script).problems[0].reason;
}

TEST(Parse, MarksWhatItCannotReadAndGoesOn) {
  for (const char* script : {"a | | b; rm x", "fi; rm x", ") rm x", "if a; fi; rm x", "a ;; rm x",
                             "for; do b; done; rm x", "echo (x); rm x", "a && ; rm x"}) {
    const Parsed parsed = parse(script);
    EXPECT_FALSE(parsed.problems.empty()) << script;
    bool seen = false;  // the command after the break is still there
    const std::function<void(const Script&)> look = [&](const Script& list) {
      for (const Statement& statement : list)
        for (const Pipeline& pipeline : statement.pipelines)
          for (const Command& command : pipeline.commands)
            if (const auto* one = std::get_if<Simple>(&command.value)) {
              if (!one->words.empty() && !one->words[0].parts.empty())
                if (const auto* name = std::get_if<Literal>(&one->words[0].parts[0].value))
                  seen = seen || name->text == "rm";
            } else if (const auto* group = std::get_if<Group>(&command.value)) {
              look(group->body);
            }
    };
    look(parsed.script);
    EXPECT_TRUE(seen) << script;
  }
}

TEST(Parse, NamesOpenQuotesAndGroups) {
  for (const char* script :
       {"a 'b", "a \"b", "a $(b", "a `b", "a ${b", "( a", "{ a", "a $((1", "while a; do b", "a <(b"})
    EXPECT_FALSE(parse(script).problems.empty()) << script;
}

TEST(Parse, HoldsItsLimits) {
  EXPECT_TRUE(parse(std::string(limits::kShellBytesMax + 1, 'a')).limited);
  std::string deep, many;
  for (std::size_t i = 0; i < limits::kShellDepthMax + 10; ++i)
    deep += "$(";
  EXPECT_TRUE(parse("a " + deep).limited);
  for (std::size_t i = 0; i < limits::kShellCommandsMax + 10; ++i)
    many += "a;";
  EXPECT_TRUE(parse(many).limited);
}

// Shapes that make a careless parser exponential or quadratic; the test's own time limit is the assertion.
TEST(Parse, HostileShapesStayCheap) {
  for (const char* piece : {"`", "\\`", "{a,", "${x:-", "$((", "((", "<<E\n", "'\"", "[[ ", "case x in ",
                            "a[", "!(", "\"$(", "{", "$(("}) {
    std::string text = "x ";
    while (text.size() < 200'000)
      text += piece;
    parse(text);
  }
}

}  // namespace
}  // namespace weir::shell
