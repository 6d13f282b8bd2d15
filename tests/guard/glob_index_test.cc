#include "guard/glob_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace weir::guard {
namespace {

std::vector<std::uint32_t> found(const GlobIndex& index, const std::string& path, const std::string& home) {
  std::vector<std::uint32_t> owners;
  index.find(path, home, owners);
  std::sort(owners.begin(), owners.end());
  owners.erase(std::unique(owners.begin(), owners.end()), owners.end());
  return owners;
}

std::vector<std::uint32_t> tried(const std::vector<std::string>& globs, const std::string& path,
                                 const std::string& home) {
  std::vector<std::uint32_t> owners;
  for (std::uint32_t i = 0; i < globs.size(); ++i)
    if (path_matches(globs[i], path, home)) owners.push_back(i);
  return owners;
}

TEST(GlobIndex, FindsByNameAndByEnd) {
  GlobIndex index;
  index.add("~/.ssh/id_*", 7);
  index.add("*.kdbx", 8);
  index.add(".env.*", 9);
  index.add("/etc/shadow", 10);
  using Owners = std::vector<std::uint32_t>;
  EXPECT_EQ(found(index, "/home/ann/.ssh/id_rsa", "/home/ann"), Owners{7});
  EXPECT_EQ(found(index, "/srv/.ssh/id_rsa", "/home/ann"), Owners{});
  EXPECT_EQ(found(index, "/srv/a/b.kdbx", "/home/ann"), Owners{8});
  EXPECT_EQ(found(index, "/srv/.env.local", "/home/ann"), Owners{9});
  EXPECT_EQ(found(index, "/etc/shadow", "/home/ann"), Owners{10});
  EXPECT_EQ(found(index, "/etc/shadow/x", "/home/ann"), Owners{});
}

// What follows "**/" may begin in the middle of a name.
TEST(GlobIndex, LooksIntoNamesAfterDeepStars) {
  GlobIndex index;
  index.add("/srv/**/key", 1);
  index.add("**/.git/config", 2);
  EXPECT_EQ(found(index, "/srv/a/monkey", "").size(), 1U);
  EXPECT_EQ(found(index, "/srv/key", "").size(), 1U);
  EXPECT_EQ(found(index, "/a/bare.git/config", "").size(), 1U);
}

// Trying every glob is what the index must agree with.
TEST(GlobIndex, AgreesWithTryingEveryGlob) {
  std::mt19937 random(20'260'101);
  const auto pick = [&](const std::vector<std::string>& from) { return from[random() % from.size()]; };
  const std::vector<std::string> names = {"a",    "b",   "ab",   "home", "ann",
                                          "root", "etc", ".ssh", "id",   "Users"};
  const std::vector<std::string> wilds = {"*", "**", "?", "a*", "*b", "a?", "***", "*a*", "a**", "", "**b"};
  std::size_t hits = 0;
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> globs;
    for (int i = 0; i < 20; ++i) {
      const std::string begin = pick({"/", "~/", "", "", "**/"});
      std::string glob = begin + (random() % 2 ? pick(names) : pick(wilds));
      for (unsigned more = random() % 4; more > 0; --more)
        glob += "/" + (random() % 2 ? pick(names) : pick(wilds));
      if (!glob.empty()) globs.push_back(glob);
    }
    GlobIndex index;
    for (std::uint32_t i = 0; i < globs.size(); ++i)
      index.add(globs[i], i);
    for (int i = 0; i < 100; ++i) {
      std::string path = random() % 20 == 0 ? "" : "/";
      path += pick(names);
      for (unsigned more = random() % 5; more > 0; --more)
        path += (random() % 12 == 0 ? "//" : "/") + pick(names) + (random() % 4 == 0 ? pick(names) : "");
      const std::string home = pick({"/home/ann", "", "/a/b", "/"});
      const auto expected = tried(globs, path, home);
      hits += expected.size();
      ASSERT_EQ(found(index, path, home), expected) << path << " home " << home;
    }
  }
  EXPECT_GT(hits, 1000U);
}

}  // namespace
}  // namespace weir::guard
