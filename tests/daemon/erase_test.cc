// A session is erased while the daemon runs: content gone at once, ledger in order, the session goes on.
#include <gtest/gtest.h>

#include "daemon/support.h"
#include "ledger/log.h"
#include "store/store.h"

namespace weir::daemon {
namespace {

using testing::DaemonTest;

class EraseTest : public DaemonTest {
 protected:
  static Json erase(const std::string& session, const std::string& pin) {
    return Json::object({{"cmd", "erase"}, {"session", session}, {"pin", pin}});
  }
  struct Stored {
    int readable = 0;
    int erased = 0;
    int other = 0;
    std::vector<std::string> entries;
  };
  Stored read_store(const std::string& root) const {
    Stored stored;
    auto options = store::options_at(places_);
    options.read_only = true;
    const auto store = store::Store::open(options);
    EXPECT_TRUE(store);
    EXPECT_TRUE((*store)->for_each({}, [&](const store::Record& record) -> Result<bool> {
      const auto parsed = record.json();
      const Json envelope = parsed ? *parsed : Json();
      const Json* body = envelope.find("body");
      if (record.root != root || body == nullptr) return true;
      const auto bytes = (*store)->body(root, std::string((*body)["ref"].text_or("")));
      if (bytes)
        ++stored.readable;
      else
        ++(bytes.error().code == ErrorCode::erased ? stored.erased : stored.other);
      return true;
    }));
    std::uint64_t next = 0;
    EXPECT_TRUE((*store)->for_each_ledger_entry(0, [&](std::uint64_t index, std::string_view entry) {
      EXPECT_EQ(index, next++);
      stored.entries.emplace_back(entry);
      return Result<bool>(true);
    }));
    return stored;
  }
};

TEST_F(EraseTest, ContentGoesProofsStayTheSessionGoesOn) {
  start();
  ASSERT_TRUE(control(Json::object({{"cmd", "pin"}, {"new", "1234"}})));
  EXPECT_EQ(code("gone", "echo one", "t1"), 0);
  EXPECT_EQ(code("gone", "git push --force origin main", "t2"), 2);  // held
  EXPECT_EQ(code("kept", "echo two", "t3"), 0);
  const std::string root = "claude-code:gone";
  const auto wrong = control(erase(root, "9999"));
  EXPECT_FALSE(wrong);
  EXPECT_FALSE(control(erase("claude-code:never", "1234")));
  EXPECT_GT(read_store(root).readable, 0);

  const auto done = control(erase(root, "1234"));
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ((*done)["root"].text_or(""), root);
  EXPECT_TRUE((*done)["erased"].bool_or(false));
  EXPECT_EQ(read_store(root).readable, 0);
  EXPECT_GT(read_store(root).erased, 0);
  EXPECT_GT(read_store("claude-code:kept").readable, 0);
  const auto status = control(Json::object({{"cmd", "status"}}));
  EXPECT_EQ(compact((*status)["sessions"]).find(root), std::string::npos);
  EXPECT_TRUE((*status)["held"].as_array().empty());
  const auto again = control(erase(root, "1234"));
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_FALSE((*again)["erased"].bool_or(true));

  EXPECT_EQ(code("gone", "echo three", "t4"), 0);
  EXPECT_EQ(code("gone", "rm -rf /srv/data", "t5"), 2);
  EXPECT_EQ(code("kept", "echo four", "t6"), 0);
  stop();
  EXPECT_TRUE(ended_) << ended_.error().message();
  const auto stored = read_store(root);
  EXPECT_GT(stored.readable, 0);  // what came after
  int told = 0;
  for (const auto& entry : stored.entries)
    told += entry.find("session.erased") != std::string::npos;
  EXPECT_EQ(told, 1);
  start();  // ledger and store agree
  EXPECT_EQ(code("gone", "echo five", "t7"), 0);
}

TEST_F(EraseTest, AStopOutlivesTheErasure) {
  start();
  ASSERT_TRUE(control(Json::object({{"cmd", "pin"}, {"new", "1234"}})));
  EXPECT_EQ(code("s", "ls", "t1"), 0);
  ASSERT_TRUE(control(Json::object({{"cmd", "stop"}, {"session", "claude-code:s"}, {"reason", "enough"}})));
  ASSERT_TRUE(control(erase("claude-code:s", "1234")));
  EXPECT_EQ(code("s", "ls", "t2"), 2);
}

}  // namespace
}  // namespace weir::daemon
