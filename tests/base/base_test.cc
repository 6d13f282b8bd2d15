#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/result.h"
#include "base/time_text.h"
#include "base/uuid.h"
#include "base/yaml.h"

namespace weir {
namespace {

TEST(Bytes, HexAndBase64RoundTripAndRefuseRubbish) {
  const Bytes bytes{0, 1, 0xfe, 0xff, 7};
  EXPECT_EQ(to_hex(bytes), "0001feff07");
  EXPECT_EQ(from_hex("0001FEff07"), bytes);
  EXPECT_FALSE(from_hex("0"));
  EXPECT_FALSE(from_hex("0g"));
  EXPECT_EQ(to_base64(as_bytes("foobar")), "Zm9vYmFy");  // RFC 4648 section 10
  EXPECT_EQ(to_base64(as_bytes("fooba")), "Zm9vYmE=");
  EXPECT_EQ(to_base64(as_bytes("foob")), "Zm9vYg==");
  EXPECT_EQ(as_text(*from_base64("Zm9vYg==")), "foob");
  for (const char* bad : {"Zm9vYg=", "Zm9vYh==", "Zm 9", "====", "Zm=v"})
    EXPECT_FALSE(from_base64(bad)) << bad;
}

TEST(Bytes, Utf8) {
  EXPECT_TRUE(valid_utf8("a\u00e9\u20ac\U0001F600"));
  for (const char* bad : {"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80", "\xe2\x82"})
    EXPECT_FALSE(valid_utf8(bad));
  EXPECT_EQ(to_valid_utf8("a\xff"
                          "b"),
            "a\uFFFDb");
}

TEST(Bytes, PrintableNeutralisesTerminalControls) {
  EXPECT_EQ(printable("ok\x1b[2J\n\u202Ex"), "ok\\x1b[2J\\n\\xe2\\x80\\xaex");
  EXPECT_EQ(printable("abcdef", 3), "abc…");
  EXPECT_EQ(printable("ab\x1b", 3), "ab…") << "an escape is shown whole or not at all";
  EXPECT_EQ(printable("abc", 3), "abc");
}

TEST(Hash, KnownAnswers) {
  EXPECT_EQ(digest_text(sha256("abc")),
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256({as_bytes("a"), as_bytes("bc")}), sha256("abc"));
  EXPECT_EQ(to_hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");  // RFC 4231 case 2
}

TEST(Uuid, Version7KeepsTimeAndMarks) {
  const auto id = uuid_v7(0x017F22E279B0, {0x0C, 0xC3, 0x18, 0xC4, 0xDC, 0x0C, 0x0C, 0x07, 0x39, 0x8F});
  EXPECT_EQ(id, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");  // RFC 9562 appendix A.6
  EXPECT_TRUE(is_uuid(id));
  EXPECT_FALSE(is_uuid("017f22e279b07cc398c4dc0c0c07398f"));
}

TEST(TimeText, Rfc3339RoundTrips) {
  EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00.000000000Z");
  EXPECT_EQ(from_rfc3339("2026-11-21T22:33:41.564Z"), 1795300421564000000);
  EXPECT_EQ(rfc3339(1795300421564000000), "2026-11-21T22:33:41.564000000Z");
  EXPECT_EQ(from_rfc3339("2026-11-22T00:33:41.564+02:00"), 1795300421564000000);
  EXPECT_EQ(rfc3339(-1), "1969-12-31T23:59:59.999999999Z");
  for (const char* bad : {"", "2026-13-01T00:00:00Z", "2026-11-21 22:33:41", "2026-11-21T22:33:41"})
    EXPECT_FALSE(from_rfc3339(bad)) << bad;
}

TEST(TimeText, Durations) {
  EXPECT_EQ(duration_ns("24h"), 86400LL * 1'000'000'000);
  EXPECT_FALSE(duration_ns("5"));
  EXPECT_FALSE(duration_ns("-5s"));
  EXPECT_FALSE(duration_ns("999999999999d"));
}

TEST(Yaml, ReadsTheJsonSubset) {
  const auto value = parse_yaml("a: [1, true, text, \"7\"]\nb: {c: null}\n", "t.yaml");
  ASSERT_TRUE(value) << value.error().message();
  EXPECT_EQ(compact(*value), R"({"a":[1,true,"text","7"],"b":{"c":null}})");
  const auto twice = parse_yaml("a: 1\na: 2\n", "t.yaml");
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().where, "t.yaml:2");
  EXPECT_FALSE(parse_yaml("a: [1", "t.yaml"));
}

TEST(Error, MessageSaysWhatWhereHow) {
  const Error error{ErrorCode::invalid, "the file is empty", "p.cedar", "write a policy"};
  EXPECT_EQ(error.message(), "the file is empty (p.cedar): write a policy");
}

TEST(Yaml, AnErrorIsOneLineWhateverTheFileHolds) {
  const auto read = parse_yaml("a: &x 1\nb: *\"\n", "x.yaml");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message().find('\n'), std::string::npos) << read.error().message();
  // Found by fuzzing: the library's message quotes what stands behind the backslash.
  constexpr char kFuzzed[] = "a: {b: non\xf9\0\n\x8c\x90s:\n  \"c\": {d";
  const auto fuzzed = parse_yaml(std::string_view(kFuzzed, sizeof kFuzzed - 1), "x.yaml");
  ASSERT_FALSE(fuzzed);
  EXPECT_EQ(fuzzed.error().message().find('\n'), std::string::npos) << fuzzed.error().message();
}

}  // namespace
}  // namespace weir
