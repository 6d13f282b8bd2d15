#include "cli/pod_supervision.h"

#include <gtest/gtest.h>

namespace weir::cli {
namespace {

class Tally : public testing::Test {
 protected:
  Tally() {
    tally_.attach(options_, [](const std::string& path) { return path.ends_with(".env"); });
  }
  void connect(const std::string& host, const std::vector<pod::Origin>& holds) {
    pod::ConnectCall call;
    call.process.program = "/usr/bin/curl";
    call.host = host;
    call.port = 443;
    call.holds = holds;
    EXPECT_EQ(options_.supervise.decide(call).what, pod::ConnectVerdict::What::allow);
  }
  const pod::Origin env_ = {
      .kind = pod::Origin::Kind::file, .name = "/w/.env", .steps = {"/w/.env", "cat", "curl"}};
  SupervisionTally tally_;
  pod::PodOptions options_;
};

TEST_F(Tally, TellsOfEachConnectionWhatTheProgramCouldHold) {
  connect("a.example", {env_});
  connect("a.example", {env_});
  connect("b.example", {});
  const Json json = tally_.to_json({});
  const auto& rows = json["connections"].as_array();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(compact(rows[0]["holds"]),
            R"([{"kind":"file","name":"/w/.env","steps":["/w/.env","cat","curl"]}])");
  EXPECT_EQ(compact(rows[0]["times"]), "2");
  EXPECT_EQ(compact(rows[1]["holds"]), "[]");
}

TEST_F(Tally, AsksWhichFilesMatterAsItWasTold) {
  ASSERT_TRUE(options_.supervise.is_origin);
  EXPECT_TRUE(options_.supervise.is_origin("/w/.env"));
  EXPECT_FALSE(options_.supervise.is_origin("/w/README"));
}

}  // namespace
}  // namespace weir::cli
