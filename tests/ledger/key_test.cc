#include "ledger/key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "support.h"

namespace weir::ledger {
namespace {

TEST(Key, IsCreatedOnceAndKeptPrivate) {
  const support::ThrowawayDir temp;
  const std::string path = temp / "keys/ledger.key";
  const auto first = load_or_create_key(path, "my-laptop");
  ASSERT_TRUE(first) << first.error().message();
  EXPECT_EQ(os::file_info(path)->mode, 0600u);
  EXPECT_EQ(os::file_info(temp / "keys")->mode, 0700u);
  EXPECT_EQ(os::list_dir(temp / "keys"), std::vector<std::string>{"ledger.key"});
  const auto second = load_or_create_key(path, "renamed-since");
  ASSERT_TRUE(second) << second.error().message();
  EXPECT_EQ(second->verifier(), first->verifier());
  const std::string& origin = first->verifier().name();
  EXPECT_TRUE(origin.starts_with("weir.local/")) << origin;
  EXPECT_EQ(origin.size(), 11u + 16u);
  EXPECT_EQ(origin.find("laptop"), std::string::npos);
  // Another key is another log.
  const auto other = load_or_create_key(temp / "other.key", "my-laptop");
  EXPECT_NE(other->verifier().name(), origin);
  // What it signs verifies.
  Note note{"text\n", {}};
  second->sign(note);
  EXPECT_TRUE(verify_note(note, {&first->verifier(), 1}));
}

TEST(Key, EncodingIsThatOfGosNotePackage) {
  const support::ThrowawayDir temp;
  const std::string path = temp / "k";
  ASSERT_TRUE(load_or_create_key(path, "h"));
  const std::string line = slurp(path);
  const auto parts = split(trim(line), '+');
  ASSERT_GE(parts.size(), 5u);
  EXPECT_EQ(parts[0], "PRIVATE");
  EXPECT_EQ(parts[1], "KEY");
  EXPECT_TRUE(parts[2].starts_with("weir.local/"));
  const auto raw = from_base64(line.substr(line.find(parts[3]) + 9, 44));
  ASSERT_TRUE(raw);
  EXPECT_EQ(raw->size(), 33u);
  EXPECT_EQ(raw->front(), 1);
}

TEST(Key, OpenOrBrokenKeysAreRefused) {
  const support::ThrowawayDir temp;
  const std::string path = temp / "k";
  ASSERT_TRUE(load_or_create_key(path, "h"));
  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  EXPECT_EQ(load_key(path).error().code, ErrorCode::denied);
  EXPECT_EQ(load_or_create_key(path, "h").error().code, ErrorCode::denied);
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  const std::string good = slurp(path);
  for (std::size_t at = 0; at + 1 < good.size(); at += 3) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    spit(path, bad);
    const auto key = load_or_create_key(path, "h");
    EXPECT_FALSE(key) << bad;
    // An error never shows the key.
    if (!key) {
      EXPECT_EQ(key.error().message().find(good.substr(good.size() - 20, 10)), std::string::npos);
    }
  }
  for (const std::string& text :
       std::vector<std::string>{"", "\n", good.substr(0, good.size() - 9), std::string(5000, 'x')}) {
    spit(path, text);
    EXPECT_EQ(load_key(path).error().code, ErrorCode::invalid);
  }
  EXPECT_EQ(load_key(temp / "none").error().code, ErrorCode::not_found);
  std::filesystem::create_symlink(path, temp / "link");
  EXPECT_FALSE(load_key(temp / "link"));
}

}  // namespace
}  // namespace weir::ledger
