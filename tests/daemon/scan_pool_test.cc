// What is found does not depend on how many look.
#include "daemon/scan_pool.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "daemon/pack_loader.h"
#include "support/throwaway_dir.h"

namespace weir::daemon {
namespace {

namespace fs = std::filesystem;

class ScanPoolTest : public testing::Test {
 protected:
  const support::ThrowawayDir throwaway_;
  const std::string dir_ = throwaway_.path();

  ScanPoolTest() {
    auto pack = load_pack({});
    if (!pack) ADD_FAILURE() << pack.error().message();
    pack_ = *pack;
    for (int session = 0; session < 12; ++session)
      write(session);
    auto files = find_transcripts({dir_}, "/home/user", {});
    if (!files) ADD_FAILURE() << files.error().message();
    files_ = *files;
  }

  static std::string call(int session, int number, const std::string& command) {
    const std::string id = std::to_string(session);
    return R"({"type":"assistant","sessionId":"s)" + id + R"(","uuid":"u)" + id + "-" +
           std::to_string(number) +
           R"(","cwd":"/workspace","version":"2.1.0","timestamp":"2026-11-01T10:00:00.000Z","message":)"
           R"({"role":"assistant","content":[{"type":"tool_use","id":"t)" +
           id + "-" + std::to_string(number) + R"(","name":"Bash","input":{"command":")" + command +
           "\"}}]}}\n";
  }

  void write(int session) const {
    std::ofstream out(fs::path(dir_) / ("s" + std::to_string(session) + ".jsonl"));
    for (int number = 0; number < 20; ++number)
      out << call(session, number, number % 5 == 0 ? "rm -rf /srv/data" : "ls src");
  }

  struct Found {
    std::multiset<std::string> fingerprints;
    ScanTotals totals;
  };
  Found with(unsigned workers) const {
    Found found;
    ScanPool pool(pack_, {.home = "/home/user"}, workers);
    EXPECT_TRUE(pool.pass(
        files_, [&](const ScanFinding& finding) { found.fingerprints.insert(finding.fingerprint()); }, {}));
    found.totals = pool.totals();
    return found;
  }

  std::shared_ptr<const guard::Pack> pack_;
  std::vector<std::string> files_;
};

TEST_F(ScanPoolTest, OneOrManyFindTheSame) {
  const Found one = with(1);
  EXPECT_EQ(one.totals.tool_calls, 240U);
  EXPECT_EQ(one.fingerprints.size(), 48U);
  EXPECT_EQ(one.totals.sessions_by_agent.at("claude-code"), 12U);
  for (const unsigned workers : {2U, 5U, 32U}) {
    const Found many = with(workers);
    EXPECT_EQ(many.fingerprints, one.fingerprints);
    EXPECT_EQ(many.totals.tool_calls, one.totals.tool_calls);
    EXPECT_EQ(many.totals.bytes, one.totals.bytes);
    EXPECT_EQ(many.totals.sessions_by_agent, one.totals.sessions_by_agent);
  }
}

TEST_F(ScanPoolTest, StopsWhenToldTo) {
  ScanPool pool(pack_, {.home = "/home/user"}, 3);
  EXPECT_FALSE(
      pool.pass(files_, [](const ScanFinding&) {}, [](std::size_t, const ScanTotals&) { return false; }));
  EXPECT_LT(pool.totals().files, files_.size());
}

TEST_F(ScanPoolTest, TellsTheTreeOfATranscript) {
  EXPECT_EQ(transcript_root(files_[0]), "claude-code:s0");
  EXPECT_FALSE(transcript_root("/nowhere"));
}

}  // namespace
}  // namespace weir::daemon
