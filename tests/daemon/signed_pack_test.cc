// Signed packs: what is signed is what is read, and nothing else.
#include "daemon/signed_pack.h"

#include <gtest/gtest.h>

#include <array>

#include "daemon/pack_loader.h"
#include "os/files.h"
#include "support/throwaway_dir.h"

namespace weir::daemon {
namespace {

constexpr const char* kPolicy =
    "@id(\"org.push\") @decision(\"ask\") @reason(\"r\") forbid (principal, action == Action::\"vcs.push\", "
    "resource);\n";

class SignedPackTest : public ::testing::Test {
 protected:
  const support::ThrowawayDir throwaway_;
  const std::string dir_ = throwaway_.path();

  SignedPackTest() {
    write("10-team.cedar", kPolicy);
    write("waive.yaml", "waive:\n  - policy: infra.delete\n    reason: Ours.\n");
    write("README", "not part of it\n");
  }

  void write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(os::write_file_atomic(dir_ + "/" + name, text, 0644, os::Durability::none));
  }
  void make() {
    ASSERT_TRUE(write_manifest(dir_, "example.com/agents", 7));
    ASSERT_TRUE(sign_pack(dir_, signer_));
  }
  Result<SignedPack> open(std::string digest = "", std::int64_t serial_min = 0) const {
    return open_pack(dir_, {signer_.verifier().text(), std::move(digest), serial_min});
  }
  ErrorCode refusal() const {
    const auto pack = open();
    EXPECT_FALSE(pack);
    return pack ? ErrorCode::internal : pack.error().code;
  }

  std::array<std::uint8_t, 32> seed_{1, 2, 3};
  ledger::Signer signer_{"example.com", seed_};
};

TEST_F(SignedPackTest, IsReadAsItWasSigned) {
  make();
  const auto pack = open();
  ASSERT_TRUE(pack) << pack.error().message();
  EXPECT_EQ(pack->manifest.name, "example.com/agents");
  EXPECT_EQ(pack->manifest.serial, 7);
  ASSERT_EQ(pack->layer.policies.size(), 1u);
  EXPECT_EQ(pack->layer.policies[0].text, kPolicy);
  EXPECT_EQ(pack->layer.policies[0].name, "example.com/agents/10-team.cedar");
  EXPECT_EQ(pack->layer.waivers.size(), 1u);
  EXPECT_TRUE(open(pack->digest, 7));
  EXPECT_FALSE(open(pack->digest, 8));
  EXPECT_FALSE(open("sha256:" + std::string(64, '0')));
}

TEST_F(SignedPackTest, AnyChangeIsRefused) {
  make();
  write("10-team.cedar", std::string(kPolicy) + " ");
  EXPECT_EQ(refusal(), ErrorCode::denied);
  EXPECT_FALSE(sign_pack(dir_, signer_));
  write("10-team.cedar", kPolicy);
  write("20-more.cedar", "permit (principal, action, resource);");
  EXPECT_EQ(refusal(), ErrorCode::denied);
  ASSERT_TRUE(os::remove_file(dir_ + "/20-more.cedar"));
  EXPECT_TRUE(open());
  ASSERT_TRUE(os::remove_file(dir_ + "/waive.yaml"));
  EXPECT_EQ(refusal(), ErrorCode::denied);
}

TEST_F(SignedPackTest, AnotherKeysSignatureAndNoneAreRefused) {
  ASSERT_TRUE(write_manifest(dir_, "example.com/agents", 7));
  EXPECT_EQ(refusal(), ErrorCode::denied);
  const std::array<std::uint8_t, 32> other{9};
  ASSERT_TRUE(sign_pack(dir_, ledger::Signer("example.com", other)));
  EXPECT_EQ(refusal(), ErrorCode::denied);
  // Both may sign: the change of a key needs a version that carries the old one's signature too.
  ASSERT_TRUE(sign_pack(dir_, signer_));
  EXPECT_TRUE(open());
}

TEST_F(SignedPackTest, ManifestsAreReadStrictly) {
  const std::string digest(64, 'a');
  const std::string head = "weir-pack/v1\nexample.com/agents\n7\n";
  EXPECT_TRUE(parse_manifest(head + digest + " a.cedar\n"));
  for (const std::string& bad :
       {std::string(), std::string("weir-pack/v2\nn\n7\n"), head.substr(0, head.size() - 1),
        std::string("weir-pack/v1\na b\n7\n"), std::string("weir-pack/v1\nn\n07\n"),
        std::string("weir-pack/v1\nn\n-1\n"), head + digest + "  a.cedar\n", head + digest + " ../a.cedar\n",
        head + digest + " a.txt\n", head + digest + " .cedar\n", head + digest.substr(1) + "A a.cedar\n",
        head + digest + " b.cedar\n" + digest + " a.cedar\n",
        head + digest + " a.cedar\n" + digest + " a.cedar\n"})
    EXPECT_FALSE(parse_manifest(bad)) << bad;
}

TEST_F(SignedPackTest, TheOrganisationIsOnTopOfTheUser) {
  make();
  const std::string pin = dir_ + "/pin.yaml";
  const auto digest = open()->digest;
  write("pin.yaml", "pack: " + dir_ + "\nvkey: " + signer_.verifier().text() + "\ndigest: " + digest + "\n");
  const std::string user = dir_ + "/user";
  ASSERT_TRUE(os::make_dirs(user + "/policies"));
  PackOptions options{.user_dir = user, .policies_dir = "", .organisation_files = {dir_ + "/none.yaml", pin}};
  const auto pack = load_pack(options);
  ASSERT_TRUE(pack) << pack.error().message();
  EXPECT_EQ((*pack)->layer_of("org.push"), guard::Layer::organisation);
  const Json facts = activation_facts(**pack);
  EXPECT_EQ(facts["layers"]["organisation"].as_int(), 1);
  EXPECT_EQ(facts["waivers"].as_array().size(), 1u);
  write("user/policies/waive.yaml", "waive:\n  - policy: data.delete\n    reason: Mine.\n");
  EXPECT_FALSE(load_pack(options));
  ASSERT_TRUE(os::remove_file(user + "/policies/waive.yaml"));
  EXPECT_TRUE(load_pack(options));
  write("pin.yaml", "pack: relative\nvkey: x\n");
  EXPECT_FALSE(load_pack(options));
}

}  // namespace
}  // namespace weir::daemon
