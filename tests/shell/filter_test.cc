// Decoders, filters, arithmetic and constants of other languages: text in, text out.
#include "shell/filter.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "shell/arith.h"
#include "shell/code_fold.h"
#include "shell/code_scan.h"
#include "shell/decode.h"
#include "support.h"

namespace weir::shell {
namespace {

std::string filtered(std::vector<std::string_view> argv, std::string_view input) {
  const auto out = filter_text(argv, input);
  return out ? out->text : "(unknown)";
}

TEST(Decode, UndoesTheEncodings) {
  EXPECT_EQ(decode_base64("cm0g LXJm\n"), "rm -rf");
  EXPECT_EQ(decode_base64("cm0"), "rm");  // no padding
  EXPECT_EQ(decode_base32("OJWSALLSMY======"), "rm -rf");
  EXPECT_EQ(decode_hex("726d"), "rm");
  EXPECT_EQ(decode_percent("%72m%20"), "rm ");
  EXPECT_EQ(decode_rot13("ez"), "rm");
  EXPECT_FALSE(decode_base64("r!m"));
  EXPECT_FALSE(decode_hex("7z"));
}

TEST(Decode, InflatesButNotBombs) {
  // printf 'rm -rf /' | gzip
  EXPECT_EQ(inflate_bytes(*decode_base64("H4sIAAAAAAACAyvKVdAtSlPQBwBcTPLsCAAAAA==")), "rm -rf /");
  EXPECT_FALSE(inflate_bytes("\x1f\x8b not gzip"));
  // A million zero bytes, compressed by zlib: beyond the limit, so nothing.
  const std::string_view bomb =
      "eNrtwQEBAAAAgiD/r25IQAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAK8GQyEAAQ==";
  EXPECT_FALSE(inflate_bytes(*decode_base64(bomb)));
}

TEST(Filter, KnowsWhatTheProgramsPrint) {
  EXPECT_EQ(filtered({"base64", "-d"}, "cm0="), "rm");
  EXPECT_EQ(filtered({"base64", "--decode"}, "cm0="), "rm");
  EXPECT_EQ(filtered({"base64"}, "rm"), "(unknown)");  // encodes
  EXPECT_EQ(filtered({"xxd", "-r", "-p"}, "726d"), "rm");
  EXPECT_EQ(filtered({"openssl", "enc", "-d", "-base64", "-A"}, "cm0="), "rm");
  EXPECT_EQ(filtered({"openssl", "enc", "-d", "-aes-256-cbc"}, "cm0="), "(unknown)");
  EXPECT_EQ(filtered({"rev"}, "mr\nba\n"), "rm\nab\n");
  EXPECT_EQ(filtered({"tac"}, "a\nb\n"), "b\na\n");
  EXPECT_EQ(filtered({"tr", "A-Z", "a-z"}, "RM"), "rm");
  EXPECT_EQ(filtered({"tr", "-d", "_\\n"}, "r_m\n"), "rm");
  EXPECT_EQ(filtered({"tr", "-dc", "a-z"}, "r1m"), "rm");
  EXPECT_EQ(filtered({"tr", "-s", "r"}, "rrm"), "rm");
  EXPECT_EQ(filtered({"cut", "-d:", "-f2"}, "a:rm:b"), "rm");
  EXPECT_EQ(filtered({"cut", "-c", "2-3"}, "xrmy"), "rm");
  EXPECT_EQ(filtered({"head", "-c", "2"}, "rmxx"), "rm");
  EXPECT_EQ(filtered({"head", "-1"}, "rm\nx\n"), "rm\n");
  EXPECT_EQ(filtered({"tail", "-n", "+2"}, "x\nrm\n"), "rm\n");
  EXPECT_EQ(filtered({"sed", "s/X//g"}, "rXmX"), "rm");
  EXPECT_EQ(filtered({"sed", "-e", "s/^a//", "-e", "s/b$//"}, "armb"), "rm");
  EXPECT_EQ(filtered({"sed", "s/[a-z]*//"}, "rm"), "(unknown)");  // a real expression
  EXPECT_EQ(filtered({"awk", "{print $2}"}, "x rm y"), "rm");
  EXPECT_EQ(filtered({"awk", "-F:", "{print $1\"-\"$NF}"}, "a:b:c"), "a-c");
  EXPECT_EQ(filtered({"awk", "/x/{print}"}, "x"), "(unknown)");
  EXPECT_EQ(filtered({"sort"}, "b\na"), "(unknown)");
}

TEST(Arithmetic, FollowsTheManual) {
  std::map<std::string, std::int64_t, std::less<>> set;
  const ArithmeticScope scope{
      .value = [&](std::string_view name) -> std::optional<std::string> {
        if (name == "unknown") return std::nullopt;
        const auto found = set.find(name);
        return found == set.end() ? "5" : std::to_string(found->second);
      },
      .assign = [&](std::string_view name, std::int64_t number) { set[std::string(name)] = number; }};
  const std::pair<std::string_view, std::int64_t> kCases[] = {
      {"1+2*3", 7},   {"(1+2)*3", 9}, {"2**3**2", 512},
      {"7/2%2", 1},   {"0x1f", 31},   {"017", 15},
      {"2#101", 5},   {"x<<1", 10},   {"x>4&&x!=5||0", 0},
      {"x?1:2", 1},   {"!0", 1},      {"~0", -1},
      {"y=3,y+1", 4}, {"y++", 3},     {"y", 4},
      {"--y", 3},     {"y*=2", 6},    {"", 0},
      {"-2**2", 4},   {"1<2==1", 1},  {"9223372036854775807+1", INT64_MIN}};
  for (const auto& [text, value] : kCases)
    EXPECT_EQ(evaluate(text, scope), value) << text;
  for (const std::string_view text : {"1+", "unknown+1", "1/0", "1 2", "(1", "2**-1", "99#1"})
    EXPECT_FALSE(evaluate(text, scope)) << text;
  EXPECT_FALSE(evaluate(std::string(4000, '('), scope));
}

std::optional<std::string> folded(std::string_view language, std::string_view code) {
  CodeFolder folder(language, code);
  std::size_t at = 0;
  return folder.text(at);
}

TEST(CodeFold, BuildsConstantText) {
  EXPECT_EQ(folded("python", "'r' + \"m\" + chr(32)"), "rm ");
  EXPECT_EQ(folded("python", "base64.b64decode(b'cm0=').decode()"), "rm");
  EXPECT_EQ(folded("python", "''.join(chr(c) for c in [114, 109])"), "rm");
  EXPECT_EQ(folded("python", "''.join(map(chr, [114, 109]))"), "rm");
  EXPECT_EQ(folded("python", "'mr'[::-1]"), "rm");
  EXPECT_EQ(folded("python", "'\\x72\\155'"), "rm");
  EXPECT_EQ(folded("perl", "pack(\"H*\", \"726d\")"), "rm");
  EXPECT_EQ(folded("perl", "\"r\" . \"m\""), "rm");
  EXPECT_EQ(folded("ruby", "\"cm0=\".unpack1(\"m\")"), "rm");
  EXPECT_EQ(folded("node", "Buffer.from('cm0=', 'base64').toString()"), "rm");
  EXPECT_EQ(folded("node", "String.fromCharCode(114,109)"), "rm");
  EXPECT_EQ(folded("node", "'mr'.split('').reverse().join('')"), "rm");
  EXPECT_EQ(folded("php", "base64_decode('cm0=')"), "rm");
  EXPECT_FALSE(folded("python", "x + 'm'"));
  EXPECT_FALSE(folded("python", "open('f').read()"));
  EXPECT_FALSE(folded("python", std::string(2000, '(')));
}

TEST(CodeScan, FollowsConstantsAndNestedCode) {
  EXPECT_EQ(scan_code("python", "c = 'rm ' + 'x'\nimport os\nos.system(c)").shell.at(0), "rm x");
  EXPECT_EQ(scan_code("python", "import subprocess as s; s.run('rm x', shell=True)").shell.at(0), "rm x");
  EXPECT_EQ(scan_code("python", "exec(\"import os; os.system('rm x')\")").shell.at(0), "rm x");
  EXPECT_EQ(scan_code("python", "print('a' + 'b')").printed, "ab\n");
  EXPECT_FALSE(scan_code("python", "print('a'); print(x)").printed);
  EXPECT_EQ(scan_code("ex", ":!rm x").shell.at(0), "rm x");
}

// What a script makes of constants, seen by the command that runs in the end.
TEST(Constants, AreFollowed) {
  const auto runs = [](std::string_view script, std::vector<std::string> wanted) {
    for (const CommandRun& run : analyze_here(script).commands) {
      std::vector<std::string> argv;
      for (const Arg& arg : run.argv)
        argv.push_back(arg.known() ? arg.text : "?");
      if (argv == wanted) return true;
    }
    return false;
  };
  const std::vector<std::string> wanted{"rm", "x"};
  for (const std::string_view script :
       {"declare -A m=([k]=rm); ${m[k]} x", "m[3]=rm; ${m[3]} x", "a=(0 rm); i=1; ${a[i]} x",
        "y=rm; declare -n r=y; $r x", "declare -l c=RM; $c x", "printf -v c '%s' rm; $c x",
        "IFS=: read a b <<< q:rm; $b x", "read -a c <<< 'rm x'; \"${c[@]}\"",
        "mapfile -t c <<< rm; ${c[0]} x", "s=abrm; n=2; ${s:n} x", "set -- q rm x; \"${@:2}\"",
        "((i=1)); a=(q rm); ${a[$i]} x", "let i=0+1; a=(q rm); ${a[$i]} x", "$(echo cm0= | base64 -d) x",
        "echo 'rm x' | rev | rev | sh", "r${UNSET_HERE:+q}m x", "make -f - <<'E'\nall:\n\t@rm x\nE",
        "PROMPT_COMMAND='rm x' bash -i"})
    EXPECT_TRUE(runs(script, wanted)) << script;
}

}  // namespace
}  // namespace weir::shell
