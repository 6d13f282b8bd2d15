#include "pod/mountinfo.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "base/limits.h"

namespace weir::pod {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kTable =
    "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
    "30 22 254:5 / /data rw - ext4 /dev/vdb rw\n"
    "31 22 254:5 /home /home rw master:3 propagate_from:2 - ext4 /dev/vdb rw\n"
    "32 31 0:40 / /home/a\\040b ro,nosuid - tmpfs weir rw\n"
    "33 30 0:41 / /data/covered rw - tmpfs none rw\n";

TEST(Mountinfo, ReadsFieldsAndEscapes) {
  const auto mounts = parse_mountinfo(kTable);
  ASSERT_TRUE(mounts) << mounts.error().message();
  ASSERT_EQ(mounts->size(), 5u);
  EXPECT_EQ((*mounts)[2].root, "/home");
  EXPECT_EQ((*mounts)[2].device, "254:5");
  EXPECT_EQ((*mounts)[3].point, "/home/a b");
  EXPECT_TRUE((*mounts)[3].read_only);
  EXPECT_EQ((*mounts)[3].type, "tmpfs");
  EXPECT_FALSE((*mounts)[0].read_only);
}

TEST(Mountinfo, RefusesMalformedLinesByNumber) {
  EXPECT_EQ(parse_mountinfo("22 1 254:0 / / rw - ext4 x y\n22 1\n").error().where, "mountinfo:2");
  EXPECT_FALSE(parse_mountinfo("a 1 254:0 / / rw - ext4 x y\n"));
  EXPECT_FALSE(parse_mountinfo("22 1 254:0 / relative rw - ext4 x y\n"));
  EXPECT_FALSE(parse_mountinfo("22 1 254:0 / / rw ext4 x y\n"));
  EXPECT_EQ(parse_mountinfo(std::string(limits::kMountinfoBytesMax + 1, 'x')).error().code, ErrorCode::limit);
}

TEST(Mountinfo, FindsTheMountAPathLiesOn) {
  const auto mounts = *parse_mountinfo(kTable);
  EXPECT_EQ(mount_over(mounts, "/etc")->point, "/");
  EXPECT_EQ(mount_over(mounts, "/home/u/x")->point, "/home");
  EXPECT_EQ(mount_over(mounts, "/homeless")->point, "/");
  EXPECT_EQ(mount_over(mounts, "/home/a b/c")->point, "/home/a b");
}

TEST(Mountinfo, MountCoveredByALaterOneIsNotSeen) {
  // /a/b was mounted first, then something over /a: /a/b of the table is out of reach.
  const auto mounts = *parse_mountinfo(
      "1 0 8:1 / / rw - ext4 d rw\n2 1 8:2 / /a/b rw - ext4 d rw\n3 1 8:3 / /a rw - ext4 d rw\n");
  EXPECT_EQ(mount_over(mounts, "/a/b/c")->point, "/a");
  // Two on the same place: the second stands on the first.
  const auto stacked = *parse_mountinfo(
      "1 0 8:1 / / rw - ext4 d rw\n2 1 8:2 / /a rw - ext4 d rw\n"
      "3 2 8:3 / /a rw - ext4 d rw\n");
  EXPECT_EQ(mount_over(stacked, "/a")->id, 3);
}

TEST(Mountinfo, LoopsEnd) {
  const auto mounts =
      *parse_mountinfo("1 9 8:1 / / rw - t d rw\n2 1 8:1 / / rw - t d rw\n1 2 8:1 / / rw - t d rw\n");
  EXPECT_NE(mount_over(mounts, "/x"), nullptr);
}

TEST(Mountinfo, NamesOtherPathsOfTheSameFile) {
  const auto mounts = *parse_mountinfo(kTable);
  EXPECT_THAT(other_paths(mounts, "/home/u/.config/weir"), ElementsAre("/data/home/u/.config/weir"));
  EXPECT_THAT(other_paths(mounts, "/data/home/u"), ElementsAre("/home/u"));
  EXPECT_THAT(other_paths(mounts, "/data/elsewhere"), IsEmpty());
  EXPECT_THAT(other_paths(mounts, "/etc/passwd"), IsEmpty());
}

TEST(Mountinfo, ReadsTheTableOfThisProcess) {
  const auto mounts = mounts_of(0);
  ASSERT_TRUE(mounts) << mounts.error().message();
  EXPECT_NE(mount_over(*mounts, "/proc/self"), nullptr);
  EXPECT_EQ(mounts_of(::getpid())->size(), mounts->size());
}

}  // namespace
}  // namespace weir::pod
