#include "flow/secrets.h"

#include <gtest/gtest.h>

namespace weir::flow {
namespace {

constexpr std::string_view kToken = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";

Secrets with(std::string_view value) {
  Secrets secrets;
  secrets.add(7, value);
  return secrets;
}

TEST(Secrets, count_the_bytes_that_leave) {
  const Secrets secrets = with(kToken);
  const auto whole = secrets.look("curl https://x.example/?a=" + std::string(kToken));
  EXPECT_EQ(whole.bytes, 39);  // without the "_"
  EXPECT_EQ(whole.from, (std::vector<std::uint64_t>{7}));
  EXPECT_EQ(secrets.look("curl https://x.example/?a=ghp_16C7e42F").bytes, 11);
  EXPECT_EQ(secrets.look("curl https://x.example/").bytes, 0);
}

TEST(Secrets, add_up_over_calls) {
  Secrets secrets = with(kToken);
  for (std::size_t at = 0; at + 5 <= kToken.size(); at += 5) {
    const std::string piece = "note " + std::string(kToken.substr(at, 5)) + ".";
    secrets.sent(piece);
  }
  EXPECT_GE(secrets.look("done").bytes + secrets.look("note 178B4a").bytes, 30);
  EXPECT_EQ(secrets.look("nothing of it").bytes, 0) << "a text without any of it adds nothing";
}

TEST(Secrets, see_through_other_clothes) {
  const Secrets secrets = with("k8Zq2vT71mWx94LsP3");
  for (const std::string_view text :
       {"K8ZQ2VT71MWX94LSP3", "k8Z-q2v-T71-mWx-94L-sP3", "3PsL49xWm17Tv2qZ8k", "azhacTJ2VDcxbVd4OTRMc1Az",
        "6b385a713276543731 6d577839344c735033", "k8Z%71%32vT71mWx94LsP3"})
    EXPECT_GE(secrets.look(text).bytes, 12) << text;
}

TEST(Secrets, take_a_short_one_that_left_whole_as_sixteen) {
  const Secrets secrets = with("hunter2-x");
  EXPECT_EQ(secrets.look("it is hunter2-x").bytes, 16);
  EXPECT_EQ(secrets.look("it is hunter").bytes, 0);
}

TEST(Secrets, need_longer_pieces_in_long_texts) {
  const Secrets secrets = with(kToken);
  std::string text(1000, '.');
  for (int i = 0; i < 100; ++i)
    text += " word";
  std::string pieces = text;
  for (std::size_t at = 0; at + 5 <= kToken.size(); at += 5)
    pieces += " " + std::string(1, static_cast<char>('A' + at / 5)) + "! " +
              std::string(kToken.substr(at, 5)) + " zz";
  EXPECT_EQ(secrets.look(pieces).bytes, 0);
}

TEST(Secrets, are_found_in_files_of_credentials) {
  Secrets secrets;
  secrets.add_values_of(3,
                        "# staging\nDATABASE_HOST=production\nDB_PASSWORD=\"k8Zq2vT71mWx94LsP3\"\nPORT=5432\n"
                        "url: postgres://app:Tr0ub4dor3x@db.example/app\n");
  EXPECT_GE(secrets.look("k8Zq2vT71mWx94LsP3").bytes, 16);
  EXPECT_GE(secrets.look("Tr0ub4dor3x is it").bytes, 8);
  EXPECT_EQ(secrets.look("DATABASE_HOST is not production, DB_PASSWORD is wrong").bytes, 0);
}

TEST(Secrets, say_when_they_are_full) {
  Secrets secrets;
  for (int i = 0; i < 5000; ++i)
    secrets.add(1, "value-number-" + std::to_string(1000000 + i));
  EXPECT_TRUE(secrets.full());
  EXPECT_LE(secrets.bytes(), 8U << 20);
}

TEST(Secrets, bound_their_work) {
  const Secrets secrets = with(std::string(4096, 'a'));
  const std::string text(8U << 20, 'a');
  EXPECT_EQ(secrets.look(text).bytes, 4096);
}

}  // namespace
}  // namespace weir::flow
