#include "gateway/credential_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "gateway/credentials.h"
#include "os/files.h"
#include "support/throwaway_dir.h"

namespace weir::gateway {
namespace {

using testing::HasSubstr;
using testing::Not;

class Store : public testing::Test {
 protected:
  const support::ThrowawayDir throwaway_;
  const std::string directory_ = throwaway_.path();

  static StoredCredential one(const std::string& name = "github") {
    StoredCredential made;
    made.name = name;
    made.scope = credential().scope;
    made.variables = {"GITHUB_TOKEN"};
    made.file = "~/.x";
    made.text = "key={}\n";
    made.added_ms = 5;
    made.expires_ms = 9;
    made.value = os::SecretText(kReal);
    return made;
  }
  std::string bytes_of(const std::string& name) const {
    return os::read_file(directory_ + "/" + name, 1 << 20).value_or("");
  }
};

TEST_F(Store, KeepsWhatItWasGivenAndNobodyElseReadsIt) {
  CredentialStore store(directory_);
  ASSERT_TRUE(store.add(one()));
  const auto got = store.get("github");
  ASSERT_TRUE(got) << got.error().message();
  EXPECT_EQ(got->value.view(), kReal);
  EXPECT_EQ(got->variables, std::vector<std::string>{"GITHUB_TOKEN"});
  EXPECT_EQ(got->text, "key={}\n");
  EXPECT_EQ(got->expires_ms, 9);
  EXPECT_EQ(got->scope.hosts.at(0).text, "a.example:443");
  EXPECT_THAT(bytes_of("github.credential"), Not(HasSubstr("GITHUB")));
  struct stat status{};
  ASSERT_EQ(::stat((directory_ + "/github.credential").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_TRUE(store.list().value().at(0).value.empty());
}

TEST_F(Store, ANameIsTakenOnce) {
  CredentialStore store(directory_);
  ASSERT_TRUE(store.add(one()));
  EXPECT_EQ(store.add(one()).error().code, ErrorCode::exists);
  EXPECT_EQ(store.add(one("../x")).error().code, ErrorCode::invalid);
  StoredCredential short_one = one("short");
  short_one.value = os::SecretText("abc");
  EXPECT_EQ(store.add(short_one).error().code, ErrorCode::invalid);
  EXPECT_EQ(store.get("other").error().code, ErrorCode::not_found);
}

TEST_F(Store, WhatIsRevokedHasNoValueAndIsTold) {
  CredentialStore store(directory_);
  ASSERT_TRUE(store.add(one()));
  const std::string before = bytes_of("github.credential");
  ASSERT_TRUE(store.revoke("github", 77));
  const auto got = store.get("github");
  ASSERT_TRUE(got);
  EXPECT_EQ(got->revoked_ms, 77);
  EXPECT_TRUE(got->value.empty());
  EXPECT_EQ(bytes_of("revoked"), "github\n");
  // What was there before opens with no key that is still there.
  ASSERT_TRUE(os::write_file_atomic(directory_ + "/github.credential", before, 0600));
  EXPECT_EQ(store.get("github").error().code, ErrorCode::corrupt);
}

TEST_F(Store, WhatIsRemovedIsGone) {
  CredentialStore store(directory_);
  ASSERT_TRUE(store.add(one()));
  ASSERT_TRUE(store.remove("github"));
  EXPECT_EQ(store.get("github").error().code, ErrorCode::not_found);
  EXPECT_FALSE(store.remove("github"));
  EXPECT_TRUE(store.add(one()));
  ASSERT_TRUE(store.revoke("VARIABLE", 1));  // of a run that has it from a variable
  EXPECT_EQ(bytes_of("revoked"), "github\nVARIABLE\n");
}

TEST_F(Store, ADamagedFileIsAnError) {
  CredentialStore store(directory_);
  ASSERT_TRUE(store.add(one()));
  std::string bytes = bytes_of("github.credential");
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  ASSERT_TRUE(os::write_file_atomic(directory_ + "/github.credential", bytes, 0600));
  EXPECT_EQ(store.get("github").error().code, ErrorCode::corrupt);
  ASSERT_TRUE(os::write_file_atomic(directory_ + "/github.credential", "short", 0600));
  EXPECT_EQ(store.get("github").error().code, ErrorCode::corrupt);
}

}  // namespace
}  // namespace weir::gateway
