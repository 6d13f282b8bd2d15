// Values between two copies of one program.
#include "base/wire.h"

#include <gtest/gtest.h>

#include "base/json_wire.h"

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

TEST(JsonWire, WhatIsWrittenIsRead) {
  Json value = Json::object({{"none", Json()},
                             {"yes", true},
                             {"below", -7},
                             {"large", Json(UINT64_MAX)},
                             {"half", 0.5},
                             {"text", std::string("a\0b", 3)}});
  value.set("list", Json::array({Json::array(), Json::object({{"", "x"}})}));
  EXPECT_EQ(compact(read_json_wire(json_wire(value), "it").value()), compact(value));
}

TEST(JsonWire, OtherBytesAreRefused) {
  const std::string bytes = json_wire(Json::object({{"a", Json::array({1, "two", false})}}));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(read_json_wire(bytes.substr(0, size), "short")) << size;
  EXPECT_FALSE(read_json_wire(bytes + "x", "long"));
  EXPECT_FALSE(read_json_wire(WireWriter().number(99).take(), "kind"));
  EXPECT_FALSE(read_json_wire(WireWriter().number(6).number(UINT64_MAX).take(), "count"));
  Json deep;
  for (int i = 0; i < 200; ++i)
    deep = Json::array({deep});
  EXPECT_FALSE(read_json_wire(json_wire(deep), "deep"));
}

}  // namespace
}  // namespace weir
