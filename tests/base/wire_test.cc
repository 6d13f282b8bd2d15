// Values between two copies of one program.
#include "base/wire.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(Wire, WhatIsWrittenIsRead) {
  const std::string bytes =
      WireWriter().number(UINT64_MAX).flag(true).text("").text(std::string("a\0b", 3)).number(2).take();
  WireReader in(bytes);
  EXPECT_EQ(in.number(), UINT64_MAX);
  EXPECT_TRUE(in.flag());
  EXPECT_EQ(in.text(), "");
  EXPECT_EQ(in.text(), std::string("a\0b", 3));
  EXPECT_FALSE(in.ok_to_the_end()) << "something is left";
  EXPECT_EQ(in.items(2), 2U);
  EXPECT_TRUE(in.ok_to_the_end());
}

TEST(Wire, WhatIsNotThereIsEmptyAndStaysSo) {
  WireReader in(std::string_view("\x05\0\0\0ab", 6));
  EXPECT_EQ(in.text(), "");
  EXPECT_EQ(in.number(), 0U);
  EXPECT_EQ(in.items(9), 0U);
  EXPECT_FALSE(in.ok_to_the_end());
}

TEST(Wire, AListThatIsTooLongIsNoList) {
  const std::string bytes = WireWriter().number(3).take();
  EXPECT_EQ(WireReader(bytes).items(3), 3U);
  WireReader in(bytes);
  EXPECT_EQ(in.items(2), 0U);
  EXPECT_FALSE(in.ok_to_the_end());
}

}  // namespace
}  // namespace weir
