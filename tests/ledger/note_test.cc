#include "ledger/note.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/limits.h"
#include "ledger/checkpoint.h"
#include "ledger/merkle.h"
#include "support.h"

namespace weir::ledger {
namespace {

// The example of the signed-note specification.
const std::string kVkey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const std::string kNote =
    "This is an example message.\n"
    "\n"
    "— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

TEST(Note, ExampleOfTheSpecificationVerifies) {
  const auto key = VerifierKey::parse(kVkey);
  ASSERT_TRUE(key) << key.error().message();
  EXPECT_EQ(key->name(), "example.com/foo");
  EXPECT_EQ(key->id(), 0x530d903au);
  EXPECT_EQ(key->text(), kVkey);
  const auto note = parse_note(kNote);
  ASSERT_TRUE(note) << note.error().message();
  EXPECT_EQ(note->text, "This is an example message.\n");
  EXPECT_TRUE(verify_note(*note, {&*key, 1}));
  EXPECT_EQ(format_note(*note), kNote);
}

TEST(Note, AnyChangedByteIsRefused) {
  const auto key = VerifierKey::parse(kVkey);
  for (std::size_t at = 0; at < kNote.size(); ++at) {
    std::string changed = kNote;
    changed[at] = static_cast<char>(changed[at] ^ 0x04);
    const auto note = parse_note(changed);
    EXPECT_FALSE(note && verify_note(*note, {&*key, 1})) << at << ": " << changed;
  }
}

TEST(Note, SignsWithSeveralKeysAndIgnoresUnknownOnes) {
  const Signer one = test_signer(1, "one.example");
  const Signer two = test_signer(2, "two.example");
  const Signer stranger = test_signer(3, "one.example");  // the name of a known key, another key
  Note note{"first line\n\nafter an empty line\n", {}};
  one.sign(note);
  two.sign(note);
  stranger.sign(note);
  note.signatures.push_back({"witness.example", 0x12345678, Bytes(2424, 9)});  // a type unknown here
  const auto parsed = parse_note(format_note(note));
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(*parsed, note);
  const std::vector<VerifierKey> both = {one.verifier(), two.verifier()};
  EXPECT_TRUE(verify_note(*parsed, both));
  EXPECT_TRUE(verify_note(*parsed, {both.data(), 1}));
  const VerifierKey absent = test_signer(4, "absent.example").verifier();
  EXPECT_EQ(verify_note(*parsed, {&absent, 1}).error().code, ErrorCode::denied);
  EXPECT_FALSE(verify_note(*parsed, {}));
  // One wrong signature by a known key spoils the note, even beside a right one.
  note.signatures[1].bytes[5] ^= 1;
  EXPECT_FALSE(verify_note(note, both));
  EXPECT_TRUE(verify_note(note, {both.data(), 1}));
}

TEST(Note, MalformedNotesAreRefused) {
  const std::string signature = kNote.substr(kNote.find("— "));
  const std::string name = "— example.com/foo ";
  const std::string base64 = signature.substr(name.size());
  for (const std::string& bytes : std::vector<std::string>{
           std::string(),
           std::string("\n"),
           std::string("text\n"),
           std::string("text\n\n"),
           "text\n" + signature,                                    // no blank line
           "text\n\n" + signature + "\n",                           // a blank line after
           "text\n\n" + signature.substr(0, signature.size() - 1),  // no final newline
           "text\n\n" + signature + "junk\n",                       // not a signature line
           "te\rxt\n\n" + signature,                                // control character
           std::string("te\0xt\n\n", 7) + signature,                // and NUL
           "te\xffxt\n\n" + signature,                              // not UTF-8
           "text\n\n- example.com/foo " + base64,                   // hyphen instead of em dash
           "text\n\n—example.com/foo " + base64,                    // no space
           "text\n\n—  " + base64,                                  // empty name
           "text\n\n— a+b " + base64,                               // plus
           "text\n\n— a\xC2\xA0"
           "b " +
               base64,                           // no-break space
           "text\n\n— a\xE3\x80\x80 " + base64,  // ideographic space
           "text\n\n— example.com/foo\n",        // no signature
           "text\n\n— example.com/foo " + base64.substr(1),
           "text\n\n— example.com/foo AAAAAA==\n",     // key id only
           "text\n\n— example.com/foo Uw2QOkn8srU\n",  // no padding
       })
    EXPECT_FALSE(parse_note(bytes)) << bytes;
}

TEST(Note, LimitsHold) {
  Note note{"x\n", {}};
  for (std::size_t i = 0; i < limits::kLedgerNoteSignaturesMax; ++i)
    note.signatures.push_back({"k", static_cast<std::uint32_t>(i), Bytes(5)});
  EXPECT_TRUE(parse_note(format_note(note)));
  note.signatures.push_back({"k", 99, Bytes(5)});
  EXPECT_EQ(parse_note(format_note(note)).error().code, ErrorCode::limit);
  EXPECT_EQ(parse_note(std::string(limits::kLedgerNoteBytesMax + 1, 'x')).error().code, ErrorCode::limit);
}

TEST(VerifierKey, MalformedKeysAreRefused) {
  for (const std::string& text : std::vector<std::string>{
           std::string(), std::string("+"), std::string("a+b"),
           std::string("+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
           std::string("example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
           std::string("example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
           std::string("example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
           std::string("example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"), kVkey + "\n",
           kVkey.substr(0, kVkey.size() - 4)})
    EXPECT_FALSE(VerifierKey::parse(text)) << text;
}

TEST(VerifierKey, RoundTripsWithAPlusInBase64) {
  int with_plus = 0;
  for (int i = 0; i < 256; ++i) {
    const VerifierKey key = test_signer(static_cast<std::uint8_t>(i)).verifier();
    const auto again = VerifierKey::parse(key.text());
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, key);
    const std::string text = key.text();
    with_plus += std::count(text.begin(), text.end(), '+') > 2 ? 1 : 0;
  }
  EXPECT_GT(with_plus, 0);
}

TEST(Checkpoint, ExampleOfTheSpecificationParses) {
  const std::string text =
      "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
  const auto checkpoint = parse_checkpoint_text(text);
  ASSERT_TRUE(checkpoint) << checkpoint.error().message();
  EXPECT_EQ(checkpoint->origin, "example.com/behind-the-sofa");
  EXPECT_EQ(checkpoint->size, 20852163u);
  EXPECT_EQ(to_hex(checkpoint->root).substr(0, 8), "0ac5186a");
  EXPECT_EQ(checkpoint_text(*checkpoint), text);
  const auto extended = parse_checkpoint_text(text + "an extension\n");
  ASSERT_TRUE(extended);
  EXPECT_EQ(extended->extensions, std::vector<std::string>{"an extension"});
}

TEST(Checkpoint, MalformedTextsAreRefused) {
  const std::string root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
  for (const std::string& text : std::vector<std::string>{
           std::string(), std::string("\n"), "o\n1\n" + root, "o\n1\n", "\n1\n" + root + "\n",
           "o\n01\n" + root + "\n", "o\n-1\n" + root + "\n", "o\n+1\n" + root + "\n", "o\n1 \n" + root + "\n",
           "o\n0x1\n" + root + "\n", "o\n\n" + root + "\n", "o\n9223372036854775808\n" + root + "\n",
           "o\n99999999999999999999999\n" + root + "\n", "o\n1\n" + root.substr(4) + "\n",
           "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n", "o\n1\n" + root + "\n\next\n"})
    EXPECT_FALSE(parse_checkpoint_text(text)) << text;
  EXPECT_TRUE(parse_checkpoint_text("o\n9223372036854775807\n" + root + "\n"));
}

TEST(Checkpoint, SignedByItsOriginOnly) {
  const Signer signer = test_signer();
  const std::string bytes = sign_checkpoint(3, leaf_hash({}), signer);
  const auto opened = open_checkpoint(bytes, signer.verifier());
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_EQ(opened->size, 3u);
  EXPECT_EQ(open_checkpoint(bytes, test_signer(8).verifier()).error().code, ErrorCode::denied);
  // A good signature by a key whose name is not the origin.
  Note note{checkpoint_text({"other.example", 3, leaf_hash({}), {}}), {}};
  signer.sign(note);
  EXPECT_EQ(open_checkpoint(format_note(note), signer.verifier()).error().code, ErrorCode::denied);
}

}  // namespace
}  // namespace weir::ledger
