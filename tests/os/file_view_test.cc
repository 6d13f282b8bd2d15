// A view that is walked from another process's root answers as the plain functions do, where the roots are
// the same. What a pod shows is in tests/pod/pod_doors_test.cc.
#include "os/file_view.h"
#include "support/throwaway_dir.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace weir::os {
namespace {

class FileViewTest : public testing::Test {
 protected:
  const support::ThrowawayDir throwaway_;
  const std::string top_ = throwaway_.path();

  void SetUp() override {
    ASSERT_TRUE(make_dirs(top_ + "/a/b"));
    ASSERT_TRUE(write_file_atomic(top_ + "/a/b/file", "text", {}, Durability::none));
    std::filesystem::create_directory_symlink("a/b", top_ + "/relative");
    std::filesystem::create_directory_symlink(top_ + "/a", top_ + "/absolute");
    std::filesystem::create_symlink("nowhere/at/all", top_ + "/dangling");
    std::filesystem::create_symlink("loop", top_ + "/loop");
    ASSERT_EQ(::mkfifo((top_ + "/fifo").c_str(), 0600), 0);
  }
  const std::string& top() const { return top_; }
};

TEST_F(FileViewTest, OfAnotherProcessIsAsItsOwnWhereTheRootsAre) {
  const auto view = FileView::of_process(::getpid());
  ASSERT_TRUE(view) << view.error().message();
  EXPECT_FALSE(view->is_own());
  for (const char* path :
       {"", "/a/b/file", "/relative/file", "/absolute/b/../b/file", "/relative/..", "/dangling",
        "/dangling/x", "/none/./of/../these", "/a/b/file/x", "/a//b/", "/fifo", "/absolute/none"}) {
    EXPECT_EQ(view->resolve(top() + path), resolve_path(top() + path)) << path;
    const auto info = view->info(top() + path);
    const auto here = file_info(top() + path);
    ASSERT_EQ(info.has_value(), here.has_value()) << path;
    if (here) {
      EXPECT_EQ(info->inode, here->inode) << path;
    }
  }
  EXPECT_EQ(view->resolve("/"), "/");
  EXPECT_EQ(view->resolve("/no-such-top/x"), "/no-such-top/x");
  EXPECT_EQ(view->info(top() + "/dangling")->kind, FileInfo::Kind::link);
}

TEST_F(FileViewTest, ReadsRegularFilesOnly) {
  const auto other = FileView::of_process(::getpid());
  ASSERT_TRUE(other);
  for (const FileView& view : {FileView(), *other}) {
    EXPECT_EQ(view.read_regular(top() + "/relative/file", 4).value_or(""), "text");
    EXPECT_EQ(view.read_regular(top() + "/relative/file", 3).error().code, ErrorCode::limit);
    EXPECT_EQ(view.read_regular(top() + "/dangling", 4).error().code, ErrorCode::not_found);
    EXPECT_FALSE(view.read_regular(top() + "/fifo", 4)) << "and waits for nobody";
    EXPECT_FALSE(view.read_regular(top() + "/a", 4));
    EXPECT_EQ(view.size_of_regular(top() + "/absolute/b/file"), 4U);
    EXPECT_FALSE(view.size_of_regular(top() + "/fifo"));
  }
  EXPECT_EQ(FileView::of_process(0x7ffffff0).error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace weir::os
