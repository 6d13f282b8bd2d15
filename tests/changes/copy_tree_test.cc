// A copied upper layer is the same to overlayfs, to `weir diff` and to a person; the original is untouched.
#include "changes/copy_tree.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "changes/beneath.h"
#include "changes/overlay_pod.h"

namespace weir::changes::testing {
namespace {

using ::testing::HasSubstr;

class CopyTree : public OverlayPodTest {
 protected:
  void SetUp() override {
    OverlayPodTest::SetUp();
    pod_ = begin();
    ASSERT_TRUE(os::make_dirs(copied()));
  }
  const std::string& workspace() const { return workspace_; }
  const std::string& upper() const { return pod_.upper; }
  Status copy(const ChangeLimits& limits = {}) const {
    TRY(const os::Fd from, open_root(upper()));
    TRY(const os::Fd to, open_root(copied()));
    return copy_tree(from.get(), to.get(), {.limits = limits});
  }
  std::string copied() const { return dir_ + "/copied"; }
  Node node(const std::string& path) const {
    const auto root = open_root(copied());
    const auto found = root ? node_beneath(root->get(), path) : Result<Node>(fail("closed"));
    EXPECT_TRUE(found) << path;
    return found.value_or(Node());
  }
  // Names, kinds, modes, times and contents, as find(1) and sha256sum(1) see them.
  static std::string listing(const std::string& directory) {
    const auto seen = os::run_child({.argv = {"sh", "-c",
                                              "cd \"$1\" && find . -printf '%P %y %m %T@ %s %l\\n' | sort && "
                                              "find . -type f -print0 | sort -z | xargs -0 sha256sum",
                                              "sh", directory}});
    return seen ? seen->out : "";
  }

  Pod pod_;
};

TEST_F(CopyTree, WhatAPodLeftIsTheSame) {
  for (const char* dir : {"/gone", "/hidden", "/kept"})
    ASSERT_TRUE(os::make_dirs(workspace() + dir));
  write(workspace() + "/gone/one", "1");
  write(workspace() + "/hidden/two", "2");
  write(workspace() + "/kept/three", "3");
  if (!in_pod(pod_,
              "rm -r gone hidden && mkdir hidden && echo new > hidden/new && echo more >> kept/three && "
              "mkdir -p a/b && echo x > a/b/first && ln a/b/first second && ln -s ../../etc/passwd a/out && "
              "chmod 4755 second && truncate -s 50M sparse && printf end >> sparse && mkfifo pipe && "
              "touch -d 2001-02-03 a/b a/b/first && chmod 500 a/b && printf 1 > \"$(printf 'b\\377d\\n')\""))
    GTEST_SKIP() << "no overlay here";
  ASSERT_TRUE(os::run_child({.argv = {"rm", upper() + "/pipe"}}));
  const std::string before = listing(upper());
  ASSERT_TRUE(copy());
  EXPECT_THAT(before, HasSubstr("a/out l 777"));
  EXPECT_EQ(listing(copied()), before);
  EXPECT_EQ(listing(upper()), before);
  EXPECT_EQ(node("gone").kind, NodeKind::whiteout);
  EXPECT_EQ(node("second").links, 2U);
  EXPECT_LT(node("sparse").disk_bytes, 1U << 20);
  char value[8] = "";
  EXPECT_EQ(::getxattr((copied() + "/hidden").c_str(), "user.overlay.opaque", value, sizeof value), 1);
  EXPECT_STREQ(value, "y");

  const auto host = open_root(workspace());
  const auto one = open_root(upper());
  const auto two = open_root(copied());
  const auto text = [&](const os::Fd& side) {
    std::string all;
    const auto changes = overlay_changes(host->get(), side.get());
    EXPECT_TRUE(changes);
    for (const auto& change : changes.value_or(std::vector<Change>()))
      all += std::to_string(static_cast<int>(change.kind)) + change.path + change.pod.content +
             change.problem + "\n";
    return all;
  };
  EXPECT_EQ(text(*one), text(*two));
  EXPECT_THAT(text(*one), HasSubstr("gone/one"));
}

TEST_F(CopyTree, LinksAreNotFollowed) {
  ASSERT_TRUE(os::make_dirs(workspace() + "/bait"));
  write(workspace() + "/bait/secret", "secret");
  ASSERT_EQ(::symlink((workspace() + "/bait").c_str(), (upper() + "/leads").c_str()), 0);
  ASSERT_TRUE(copy());
  EXPECT_EQ(node("leads").kind, NodeKind::symlink);
}

TEST_F(CopyTree, HasLimits) {
  for (const char* name : {"/1", "/2", "/3"})
    write(upper() + name, "");
  const Status stopped = copy({.entries_max = 2});
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::limit);
}

TEST_F(CopyTree, AFileThatIsClosedIsTold) {
  if (::geteuid() == 0) GTEST_SKIP() << "root reads everything";
  write(upper() + "/closed", "x");
  ASSERT_EQ(::chmod((upper() + "/closed").c_str(), 0), 0);
  const Status stopped = copy();
  ASSERT_FALSE(stopped);
  EXPECT_THAT(stopped.error().message(), HasSubstr("closed"));
}

}  // namespace
}  // namespace weir::changes::testing
