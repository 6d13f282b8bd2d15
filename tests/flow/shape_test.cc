#include "flow/shape.h"

#include <gtest/gtest.h>

namespace weir::flow {
namespace {

TEST(FlowShape, what_is_a_part_of_something_else_was_not_typed) {
  EXPECT_TRUE(stands_typed("send it to ann.lee@x.org.", "ann.lee@x.org"));
  EXPECT_FALSE(stands_typed("send it to ann.lee@x.org", "lee@x.org"));
  EXPECT_FALSE(stands_typed("send it to ann-lee@x.org", "lee@x.org"));
  EXPECT_FALSE(stands_typed("send it to ann@x.co.uk", "ann@x.co"));
  EXPECT_TRUE(stands_typed("not ann.lee@x.org but lee@x.org", "lee@x.org"));
}

TEST(FlowShape, a_host_is_not_the_end_of_another) {
  EXPECT_TRUE(stands_typed("see https://www.x.org/page", "x.org"));
  EXPECT_TRUE(stands_typed("post it on www.x.org.they said so", "x.org"));
  EXPECT_FALSE(stands_typed("see https://mail.x.org/page", "x.org"));
  EXPECT_FALSE(stands_typed("see good-x.org", "x.org"));
}

TEST(FlowShape, a_folder_is_not_what_lies_in_it) {
  EXPECT_TRUE(stands_typed("delete /srv/notes/a.txt", "a.txt"));
  EXPECT_TRUE(stands_typed("delete /srv/notes.", "/srv/notes"));
  EXPECT_FALSE(stands_typed("delete /srv/notes/a.txt", "/srv/notes"));
  EXPECT_FALSE(stands_typed("delete /srv/notes-old", "/srv/notes"));
  EXPECT_FALSE(stands_typed("run rm -rf /srv/tmp/x", "rm -rf /srv/tmp"));
  EXPECT_TRUE(stands_typed("open acme/site", "acme"));  // an owner and his repository
}

TEST(FlowShape, an_amount_is_not_its_digits) {
  EXPECT_TRUE(stands_typed("pay 1,250.00 now", "1,250.00"));
  EXPECT_FALSE(stands_typed("pay 1,250.00 now", "250.00"));
  EXPECT_FALSE(stands_typed("pay 1,250.00 now", "1"));
  EXPECT_TRUE(stands_typed("pay 250, then wait", "250"));
}

TEST(FlowShape, signs_alone_are_typed_only_alone) {
  EXPECT_EQ(comparable("/"), "/");
  EXPECT_FALSE(stands_typed("delete https://x.org/a", "/"));
  EXPECT_TRUE(stands_typed("delete / now", "/"));
  EXPECT_TRUE(stands_typed("delete *.", "*"));
  EXPECT_FALSE(stands_typed("delete *.txt", "*"));
}

}  // namespace
}  // namespace weir::flow
