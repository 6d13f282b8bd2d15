// `weir pod batch` and its one review, with real pods.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "changes/pod_store.h"
#include "cli/cli.h"
#include "cli/command_line.h"
#include "os/files.h"
#include "os/process.h"
#include "support/namespaces.h"
#include "support/surroundings.h"
#include "support/throwaway_dir.h"

namespace weir::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class PodBatch : public testing::Test {
 protected:
  const support::ThrowawayDir throwaway_;
  const std::string top_ = throwaway_.path();
  const support::WithVariable weir_home_{"WEIR_HOME", top_ + "/weir"};
  const support::InDirectory here_{top_ + "/project"};

  void SetUp() override {
    if (const auto why = support::no_user_namespaces(); !why.empty()) GTEST_SKIP() << why;
  }
  static Ran batch(const std::string& tasks, std::vector<std::string> options = {}) {
    options.insert(options.begin(), {"pod", "batch"});
    return run_weir(options, tasks);
  }
  static Json json(const Ran& said) {
    auto read = parse_json(said.out);
    EXPECT_TRUE(read) << said.out << said.err;
    return read ? *std::move(read) : Json();
  }
  void write(const std::string& path, const std::string& text) const {
    ASSERT_TRUE(os::write_file_atomic(top_ + "/project/" + path, text));
  }
  std::string read(const std::string& path) const {
    return os::read_file(path.starts_with('/') ? path : top_ + "/project/" + path, 1 << 20)
        .value_or("(none)");
  }
  std::vector<changes::Pod> pods() const { return *changes::PodStore(top_ + "/weir/state/pods").list(); }
  std::vector<std::string> batches() const { return os::list_dir(top_ + "/weir/state/batches"); }
  // The batch in a process of its own, until its pods have begun.
  pid_t begin_in_background(const std::string& tasks, std::size_t pods_begun) const {
    const pid_t pid = support::in_child([&] { return batch(tasks, {"--quiet", "--jobs", "8"}).code; });
    EXPECT_TRUE(support::until([&] { return begun() >= pods_begun; }, 20'000));
    return pid;
  }
  std::size_t begun() const {
    std::size_t count = 0;
    for (const auto& pod : pods())
      count += os::exists(pod.upper + "/begun") ? 1 : 0;
    return count;
  }
};

TEST_F(PodBatch, TwelvePodsAndOneReview) {
  write("shared.txt",
        "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n17\n18\n19\n20\n21\n22\n23\n24\n");
  std::string tasks;
  for (int i = 1; i <= 12; ++i) {
    const std::string number = std::to_string(i);
    tasks += R"({"id":"t)" + number + R"(","command":"echo out-)" + number + "; echo err >&2; echo " +
             number + " > own-" + number + "; echo same > same; sed -i 's/^" + std::to_string(2 * i) + "$/x" +
             number +
             R"(/' shared.txt"})"
             "\n";
  }
  const Ran said = batch(tasks, {"--jobs", "5", "--json"});
  EXPECT_EQ(said.code, 0) << said.out << said.err;
  const Json result = json(said);
  ASSERT_EQ(result["tasks"].as_array().size(), 12u);
  EXPECT_EQ(result["changes"].int_or(0), 14);
  EXPECT_EQ(result["conflicts"].int_or(-1), 0);
  const Json& third = result["tasks"].as_array()[2];
  EXPECT_EQ(third["id"].text_or(""), "t3");
  EXPECT_EQ(third["exit"].int_or(-1), 0);
  EXPECT_TRUE(third["changed"].bool_or(false));
  EXPECT_EQ(read(third["out"].as_string()), "out-3\n");
  EXPECT_THAT(read(third["err"].as_string()), HasSubstr("err\n"));
  EXPECT_EQ(read("same"), "(none)");

  const Json diff = json(run_weir({"diff", "--batch", "last", "--json"}));
  ASSERT_EQ(diff["changes"].as_array().size(), 14u);
  for (const auto& change : diff["changes"].as_array()) {
    const bool own = change["path"].text_or("").starts_with("own-");
    EXPECT_EQ(change["from"].as_array().size(), own ? 1u : 12u) << change["path"].text_or("");
  }
  EXPECT_EQ(run_weir({"commit", "--batch", "last"}).code, 0);
  EXPECT_EQ(read("own-12"), "12\n");
  EXPECT_EQ(read("same"), "same\n");
  EXPECT_EQ(read("shared.txt"),
            "1\nx1\n3\nx2\n5\nx3\n7\nx4\n9\nx5\n11\nx6\n13\nx7\n15\nx8\n17\nx9\n19\nx10\n21\nx11\n23\nx12\n");
  EXPECT_EQ(pods().size(), 13u);
  EXPECT_EQ(run_weir({"discard", "--batch", batches().at(0).substr(0, 8)}).code, 0);
  EXPECT_TRUE(pods().empty());
  EXPECT_TRUE(batches().empty());
}

TEST_F(PodBatch, WhereItsPodsDisagreeThePersonChooses) {
  write("u", "old\n");
  const Json result =
      json(batch("echo 1 > u; echo a > a\necho 2 > u; touch Makefile\ntouch Makefile\n", {"--json"}));
  EXPECT_EQ(result["conflicts"].int_or(0), 1);
  const std::string second = std::string(result["tasks"].as_array()[1]["pod"].text_or(""));
  const Ran diff = run_weir({"diff", "--batch", "last"});
  EXPECT_EQ(diff.code, 0);
  EXPECT_THAT(diff.out, AllOf(HasSubstr("A a  +1 -0; by 1"), HasSubstr("A Makefile  by 2, 3"),
                              HasSubstr("! u  changed differently by 1, 2"), HasSubstr(second)));
  EXPECT_EQ(run_weir({"diff", "--batch", "last", "u"}).code, 0);
  EXPECT_EQ(run_weir({"diff", "--batch", "last", "nothing"}).code, exit_code::kUsage);
  const Ran commit = run_weir({"commit", "--batch", "last"});
  EXPECT_EQ(commit.code, exit_code::kFindings);
  EXPECT_THAT(commit.out, AllOf(HasSubstr("A a\n"), HasSubstr("held for review"), HasSubstr("! u")));
  EXPECT_EQ(read("u"), "old\n");
  EXPECT_EQ(run_weir({"commit", "--pod", second, "u"}).code, 0);
  EXPECT_EQ(read("u"), "2\n");
  const Ran rest = run_weir({"commit", "--batch", "last", "--held", "Makefile"});
  EXPECT_EQ(rest.code, 0) << rest.out << rest.err;
  EXPECT_THAT(run_weir({"diff", "--batch", "last"}).out, Not(HasSubstr("! u")));
}

TEST_F(PodBatch, AFailedTaskIsToldAndTheOthersGoOn) {
  const Ran said =
      batch("exit 3\n{\"id\":\"slow\",\"command\":\"sleep 60\",\"limits\":\"time=300ms\"}\ntrue\n");
  EXPECT_EQ(said.code, exit_code::kFindings);
  EXPECT_THAT(said.out, AllOf(HasSubstr(" 1     exit 3"), HasSubstr("slow  exit 137 (time: "),
                              HasSubstr("3     exit 0"), Not(HasSubstr("weir diff"))));
  EXPECT_THAT(said.err, AllOf(HasSubstr("3 tasks"), HasSubstr("[3/3]")));
  EXPECT_TRUE(pods().empty());
  EXPECT_EQ(run_weir({"diff", "--batch", "last"}).code, exit_code::kUsage);
}

TEST_F(PodBatch, WhatIsWrongWithTheListIsToldBeforeAnythingRuns) {
  EXPECT_EQ(batch("touch x\n{\"command\":\"true\",\"limits\":\"size=1\"}\n").code, exit_code::kUsage);
  EXPECT_EQ(batch("touch x\n{\"command\":\"true\",\"profile\":\"no-such\"}\n").code, exit_code::kUsage);
  EXPECT_EQ(batch("true\n", {"--jobs", "0"}).code, exit_code::kUsage);
  EXPECT_EQ(batch("true\n", {"--publish", "3000"}).code, exit_code::kUsage);
  EXPECT_EQ(run_weir({"pod", "batch", top_ + "/none"}).code, exit_code::kUsage);
  EXPECT_EQ(run_weir({"diff", "--batch", "last", "--pod", "x"}).code, exit_code::kUsage);
  EXPECT_TRUE(pods().empty());
  EXPECT_TRUE(batches().empty());
}

TEST_F(PodBatch, EachItemOfAList) {
  write("list", "a b\nc\n");
  EXPECT_EQ(run_weir({"pod", "batch", "list", "--", "touch", "made {}"}).code, 0);
  EXPECT_EQ(run_weir({"commit", "--batch", "last"}).code, 0);
  EXPECT_NE(read("made a b"), "(none)");
  EXPECT_NE(read("made c"), "(none)");
}

TEST_F(PodBatch, AfterKillMinusNineWhatWasChangedCanBeReviewed) {
  const pid_t pid =
      begin_in_background("echo 1 > one; touch begun; sleep 300\necho 2 > two; touch begun; sleep 300\n", 2);
  EXPECT_EQ(run_weir({"diff", "--batch", "last"}).code, exit_code::kInternal);  // it still runs
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  const changes::PodStore store(top_ + "/weir/state/pods");
  const auto running = [&] {
    std::size_t count = 0;
    for (const auto& pod : pods())
      count += store.running(pod) ? 1 : 0;
    return count;
  };
  for (int i = 0; i < 2000 && running() > 0; ++i)
    ::usleep(10'000);
  EXPECT_EQ(running(), 0u);
  EXPECT_EQ(run_weir({"commit", "--batch", "last"}).code, 0);
  EXPECT_EQ(read("one"), "1\n");
  EXPECT_EQ(read("two"), "2\n");
}

TEST_F(PodBatch, AnInterruptEndsAllAndStartsNoMore) {
  const pid_t pid = begin_in_background("trap '' TERM; touch begun; sleep 300\ntouch begun; sleep 300\n", 2);
  ::kill(pid, SIGINT);
  EXPECT_EQ(support::exit_code(pid), 128 + SIGINT);
  const changes::PodStore store(top_ + "/weir/state/pods");
  for (const auto& pod : pods())
    EXPECT_TRUE(support::until([&] { return !store.running(pod); }));
  EXPECT_EQ(run_weir({"commit", "--batch", "last"}).code, 0);
  EXPECT_EQ(read("begun"), "");
}

}  // namespace
}  // namespace weir::cli
