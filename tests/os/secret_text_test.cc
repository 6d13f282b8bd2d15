#include "os/secret_text.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weir::os {
namespace {

TEST(SecretText, HoldsWhatItWasGivenUntilItGoes) {
  SecretText one("token");
  EXPECT_EQ(one.view(), "token");
  SecretText two(std::move(one));
  EXPECT_EQ(two.view(), "token");
  EXPECT_EQ(two.copy().view(), "token");
  EXPECT_TRUE(SecretText().empty());
  EXPECT_TRUE(SecretText("").empty());
}

// A pod's first process is a fork of the supervisor.
TEST(SecretText, IsEmptyInAForkedProcess) {
  const SecretText secret("token");
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(secret.view() == std::string_view("\0\0\0\0\0", 5) ? 0 : 1);
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(secret.view(), "token");
}

TEST(SecretText, WipesAString) {
  std::string text = "a text that is longer than what a string holds in itself";
  const char* const bytes = text.data();
  wipe(text);
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(bytes[3], '\0');
}

}  // namespace
}  // namespace weir::os
