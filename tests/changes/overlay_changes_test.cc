// What is read from an upper layer: real ones, written by the kernel's overlayfs, and hostile ones made by
// hand.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include <cstring>

#include "changes/content_digest.h"
#include "changes/overlay_pod.h"
#include "os/clock.h"

namespace weir::changes::testing {
namespace {

using OverlayChanges = OverlayPodTest;

const Change* find(const std::vector<Change>& changes, const std::string& path) {
  for (const auto& one : changes)
    if (one.path == path) return &one;
  return nullptr;
}

TEST_F(OverlayChanges, SeesWhatARealOverlayRecords) {
  write("kept.txt", "as it is\n");
  write("changed.txt", "before\n");
  write("gone.txt", "x");
  write("touched.txt", "same\n");
  write("mode.sh", "#!/bin/sh\n");
  write("tree/a", "1");
  write("tree/sub/b", "2");
  write("refilled/old", "1");
  write("becomes-file/x", "1");
  write("becomes-dir", "1");
  const Pod pod = begin();
  if (!in_pod(pod, R"(
    echo after > changed.txt
    rm gone.txt
    echo other > touched.txt; echo same > touched.txt
    chmod 755 mode.sh
    rm -r tree
    rm -r refilled; mkdir refilled; echo new > refilled/new
    rm -r becomes-file; echo now > becomes-file
    rm becomes-dir; mkdir becomes-dir; echo in > becomes-dir/inside
    mkdir -p added/empty; echo hello > added/file; ln -s file added/link
  )"))
    GTEST_SKIP() << "no overlay in a user namespace here";
  EXPECT_EQ(listed(pod),
            "A added/\nA added/empty/\nA added/file\nA added/link\nT becomes-dir/\nA becomes-dir/inside\n"
            "T becomes-file\nD becomes-file/x\nM changed.txt\nD gone.txt\nP mode.sh\nA refilled/new\nD "
            "refilled/old\n"
            "D tree/\nD tree/a\nD tree/sub/\nD tree/sub/b\n");
  const auto list = changes(pod);
  EXPECT_EQ(find(list, "mode.sh")->mode, 0755u);
  EXPECT_EQ(find(list, "added/link")->pod.target, "file");
  EXPECT_EQ(read("changed.txt"), "before\n");  // the host saw nothing
}

TEST_F(OverlayChanges, TakesTheNewerFormOfAWhiteoutToo) {
  write("gone", "x");
  const Pod pod = begin();
  write(pod.upper + "/gone", "");
  ASSERT_EQ(::setxattr((pod.upper + "/gone").c_str(), "user.overlay.whiteout", "y", 1, 0), 0);
  EXPECT_EQ(listed(pod), "D gone\n");
}

TEST_F(OverlayChanges, AnOpaqueDirectoryHidesWhatTheHostHas) {
  write("d/one", "1");
  write("d/two", "2");
  const Pod pod = begin();
  write(pod.upper + "/d/two", "2");
  ASSERT_EQ(::setxattr((pod.upper + "/d").c_str(), "user.overlay.opaque", "y", 1, 0), 0);
  EXPECT_EQ(listed(pod), "D d/one\n");
}

TEST_F(OverlayChanges, WhatCannotComeToTheHostIsAProblem) {
  const Pod pod = begin();
  ASSERT_EQ(::mkfifo((pod.upper + "/pipe").c_str(), 0644), 0);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  struct sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const std::string socket = pod.upper + "/s";
  ASSERT_LT(socket.size(), sizeof address.sun_path);
  std::memcpy(address.sun_path, socket.c_str(), socket.size() + 1);
  ASSERT_EQ(::bind(fd, reinterpret_cast<struct sockaddr*>(&address), sizeof address), 0);
  ::close(fd);
  write(pod.upper + "/meta", "");
  ASSERT_EQ(::setxattr((pod.upper + "/meta").c_str(), "user.overlay.metacopy", "", 0, 0), 0);
  ASSERT_EQ(::mkdir((pod.upper + "/moved").c_str(), 0755), 0);
  ASSERT_EQ(::setxattr((pod.upper + "/moved").c_str(), "user.overlay.redirect", "/etc", 4, 0), 0);
  EXPECT_EQ(listed(pod), "!A meta\n!M moved/\n!A pipe\n!A s\n");
}

TEST_F(OverlayChanges, KeepsNoSpecialBitsAndSaysSo) {
  write("tool", "x", 0755);
  const Pod pod = begin();
  write(pod.upper + "/tool", "x", 04755);
  write(pod.upper + "/open", "x", 06777);
  const auto list = changes(pod);
  ASSERT_EQ(list.size(), 1u);  // the same content and, without the bit, the same permissions: no change
  EXPECT_EQ(list[0].path, "open");
  EXPECT_EQ(list[0].mode, 0755u);
  EXPECT_FALSE(list[0].notes.empty());
}

TEST_F(OverlayChanges, NamesAreAnyBytesAndHardLinksAreTold) {
  const Pod pod = begin();
  write(pod.upper + "/a\nb\x1b[31m", "x");
  write(pod.upper + "/\xff\xfe", "x");
  ASSERT_EQ(::link((pod.upper + "/\xff\xfe").c_str(), (pod.upper + "/second").c_str()), 0);
  const auto list = changes(pod);
  ASSERT_EQ(list.size(), 3u);
  EXPECT_NE(find(list, "a\nb\x1b[31m"), nullptr);
  ASSERT_NE(find(list, "second"), nullptr);
  EXPECT_FALSE(find(list, "second")->notes.empty());
}

TEST_F(OverlayChanges, SaysOfANewNameOfAHostsFileNoMoreThanItKnows) {
  write("a", "x");
  const Pod pod = begin();
  if (!in_pod(pod, "ln a b")) GTEST_SKIP() << "no overlay in a user namespace here";
  const auto list = changes(pod);
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].path, "b");
  for (const auto& note : list[0].notes)
    EXPECT_EQ(note.find("no longer there"), std::string::npos) << note;
}

TEST_F(OverlayChanges, WhatLiesInAClosedDirectoryOfTheHostIsAProblem) {
  if (::geteuid() == 0) GTEST_SKIP() << "root enters every directory";
  write("closed/x", "1");
  const Pod pod = begin();
  write(pod.upper + "/closed/x", "2");
  write(pod.upper + "/closed/sub/new", "2");
  ASSERT_EQ(::chmod((workspace_ + "/closed").c_str(), 0), 0);
  std::string problems;
  for (const auto& one : changes(pod))
    if (!one.problem.empty()) problems += one.path + ": " + one.problem + "\n";
  EXPECT_EQ(problems.find("closed/"), 0u) << problems;
  EXPECT_NE(problems.find("closed/x: the host's directory cannot be read"), std::string::npos) << problems;
}

TEST_F(OverlayChanges, ALinkInTheUpperLayerIsNeverFollowed) {
  write("d/file", "host");
  write(dir_ + "/outside/secret", "s");
  const Pod pod = begin();
  ASSERT_EQ(::symlink((dir_ + "/outside").c_str(), (pod.upper + "/d").c_str()), 0);
  EXPECT_EQ(listed(pod), "T d\nD d/file\n");
}

TEST_F(OverlayChanges, ALinkOnTheHostIsNeverFollowed) {
  write(dir_ + "/outside/secret", "s");
  ASSERT_EQ(::symlink((dir_ + "/outside").c_str(), (workspace_ + "/d").c_str()), 0);
  const Pod pod = begin();
  write(pod.upper + "/d/secret", "mine");
  EXPECT_EQ(listed(pod), "T d/\nA d/secret\n");
}

TEST_F(OverlayChanges, ASparseFileOfTenGigabytesCostsItsData) {
  const Pod pod = begin();
  write(pod.upper + "/big", "start");
  ASSERT_EQ(::truncate((pod.upper + "/big").c_str(), off_t{10} << 30), 0);
  const auto list = changes(pod);
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].pod.node.size, std::uint64_t{10} << 30);
  EXPECT_LT(list[0].pod.node.disk_bytes, 1u << 20);
  EXPECT_EQ(list[0].pod.content.size(), 64u);
}

TEST_F(OverlayChanges, ASparseFileEqualsItsTwinThatIsWrittenOut) {
  const std::string zeros(3 << 20, '\0');
  write("full", "a" + zeros + "b");
  write("hole", "a");
  ASSERT_EQ(::truncate((workspace_ + "/hole").c_str(), static_cast<off_t>(zeros.size() + 1)), 0);
  const int fd = ::open((workspace_ + "/hole").c_str(), O_WRONLY | O_APPEND);
  ASSERT_EQ(::write(fd, "b", 1), 1);
  ::close(fd);
  const auto digest = [&](const char* name) {
    const os::Fd file(::open((workspace_ + "/" + name).c_str(), O_RDONLY));
    return *content_digest(file.get(), zeros.size() + 2);
  };
  EXPECT_EQ(digest("full"), digest("hole"));
  EXPECT_EQ(digest("full"), content_digest("a" + zeros + "b"));
  EXPECT_NE(digest("full"), content_digest("a" + zeros + "c"));
}

TEST_F(OverlayChanges, ADeepTreeBecomesAProblemNotACrash) {
  const Pod pod = begin();
  os::Fd at(::open(pod.upper.c_str(), O_RDONLY | O_DIRECTORY));
  const std::string name(100, 'd');
  for (int depth = 0; depth < 200; ++depth) {
    ASSERT_EQ(::mkdirat(at.get(), name.c_str(), 0755), 0);
    at = os::Fd(::openat(at.get(), name.c_str(), O_RDONLY | O_DIRECTORY));
  }
  const auto list = changes(pod);
  ASSERT_FALSE(list.empty());
  EXPECT_NE(list.back().problem, "");
  EXPECT_LT(list.size(), 45u);
}

TEST_F(OverlayChanges, AHundredThousandEntriesAreListed) {
  const Pod pod = begin();
  const os::Fd upper(::open(pod.upper.c_str(), O_RDONLY | O_DIRECTORY));
  for (int i = 0; i < 100'000; ++i) {
    const os::Fd one(::openat(upper.get(), ("f" + std::to_string(i)).c_str(), O_CREAT | O_WRONLY, 0644));
    ASSERT_TRUE(one);
  }
  EXPECT_EQ(changes(pod).size(), 100'000u);
}

TEST_F(OverlayChanges, MoreEntriesThanTheLimitAreRefused) {
  const Pod pod = begin();
  for (int i = 0; i < 5; ++i)
    write(pod.upper + "/f" + std::to_string(i), "");
  const OpenPod opened = open(pod);
  const auto refused =
      overlay_changes(opened.host.get(), opened.upper.get(), {.entries_max = 4, .path_bytes_max = 4000});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::limit);
  const auto named = [&](std::size_t bytes) {
    return overlay_changes(opened.host.get(), opened.upper.get(), {.all_paths_bytes_max = bytes});
  };
  EXPECT_TRUE(named(10));  // five names of two bytes
  EXPECT_FALSE(named(9));
}

TEST_F(OverlayChanges, AFileOfManyNamesIsReadOnce) {
  const Pod pod = begin();
  write(pod.upper + "/f0", std::string(4 << 20, 'x'));
  for (int i = 1; i < 2000; ++i)  // 8 GB, were each read
    ASSERT_EQ(::link((pod.upper + "/f0").c_str(), (pod.upper + "/f" + std::to_string(i)).c_str()), 0);
  const auto before_ns = os::monotonic_ns();
  const auto list = changes(pod);
  EXPECT_LT(os::monotonic_ns() - before_ns, 5'000'000'000);
  ASSERT_EQ(list.size(), 2000u);
  EXPECT_EQ(list.front().pod.content, list.back().pod.content);
  EXPECT_EQ(list.back().pod.content.size(), 64u);
}

TEST_F(OverlayChanges, TheAgentMayRearrangeEverythingMeanwhile) {
  for (int i = 0; i < 50; ++i)
    write("d" + std::to_string(i % 5) + "/f" + std::to_string(i), "x");
  write(dir_ + "/outside/secret", "s");
  const Pod pod = begin();
  const std::string script = "cd " + pod.upper + R"( || exit 1
    for i in $(seq 120); do
      n=d$((i % 5))
      rm -rf $n; mkdir $n; echo $i > $n/f$i; rm -rf $n; ln -s ../../../../outside $n; rm $n; mkfifo $n; rm $n
    done)";
  const pid_t agent = ::fork();
  if (agent == 0) {
    ::execlp("sh", "sh", "-c", script.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  const OpenPod opened = open(pod);
  int status = 0;
  int walks = 0;
  while (::waitpid(agent, &status, WNOHANG) == 0) {
    const auto list = overlay_changes(opened.host.get(), opened.upper.get());
    if (!list) continue;  // an Error of this instant is an answer too
    ++walks;
    for (const auto& one : *list)
      EXPECT_EQ(one.path.find("secret"), std::string::npos);
  }
  EXPECT_EQ(status, 0);
  EXPECT_GT(walks, 0);
}

}  // namespace
}  // namespace weir::changes::testing
