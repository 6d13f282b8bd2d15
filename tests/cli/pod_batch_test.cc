// `weir pod batch` and its one review, with real pods.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "changes/pod_store.h"
#include "cli/cli.h"
#include "os/files.h"
#include "os/process.h"

namespace weir::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

struct Said {
  int code = 0;
  std::string out;
  std::string err;
};

class PodBatch : public testing::Test {
 protected:
  void SetUp() override {
    const auto tried = os::run_child({.argv = {"unshare", "-Urmpfn", "true"}});
    if (!tried || tried->exit.code != 0) GTEST_SKIP() << "this machine has no unprivileged user namespaces";
    char name[] = "/tmp/weir-batch.XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    top_ = name;
    ASSERT_TRUE(os::make_dirs(top_ + "/project"));
    ::setenv("WEIR_HOME", (top_ + "/weir").c_str(), 1);
    before_ = std::filesystem::current_path();
    std::filesystem::current_path(top_ + "/project");
  }
  void TearDown() override {
    if (top_.empty()) return;
    std::filesystem::current_path(before_);
    ::unsetenv("WEIR_HOME");
    (void)os::run_child({.argv = {"chmod", "-R", "u+rwx", top_}});
    std::error_code ignored;
    std::filesystem::remove_all(top_, ignored);
  }
  static Said weir(const std::vector<std::string>& argv, const std::string& input = {}) {
    std::istringstream in(input);
    std::ostringstream out;
    std::ostringstream err;
    const int code = run_command_line(all_commands(), argv, in, out, err);
    return {code, out.str(), err.str()};
  }
  static Said batch(const std::string& tasks, std::vector<std::string> options = {}) {
    options.insert(options.begin(), {"pod", "batch"});
    return weir(options, tasks);
  }
  static Json json(const Said& said) {
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
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(batch(tasks, {"--quiet", "--jobs", "8"}).code);
    for (int i = 0; i < 2000 && begun() < pods_begun; ++i)
      ::usleep(10'000);
    EXPECT_GE(begun(), pods_begun);
    return pid;
  }
  std::size_t begun() const {
    std::size_t count = 0;
    for (const auto& pod : pods())
      count += os::exists(pod.upper + "/begun") ? 1 : 0;
    return count;
  }

  std::string top_;
  std::filesystem::path before_;
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
  const Said said = batch(tasks, {"--jobs", "5", "--json"});
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

  const Json diff = json(weir({"diff", "--batch", "last", "--json"}));
  ASSERT_EQ(diff["changes"].as_array().size(), 14u);
  for (const auto& change : diff["changes"].as_array()) {
    const bool own = change["path"].text_or("").starts_with("own-");
    EXPECT_EQ(change["from"].as_array().size(), own ? 1u : 12u) << change["path"].text_or("");
  }
  EXPECT_EQ(weir({"commit", "--batch", "last"}).code, 0);
  EXPECT_EQ(read("own-12"), "12\n");
  EXPECT_EQ(read("same"), "same\n");
  EXPECT_EQ(read("shared.txt"),
            "1\nx1\n3\nx2\n5\nx3\n7\nx4\n9\nx5\n11\nx6\n13\nx7\n15\nx8\n17\nx9\n19\nx10\n21\nx11\n23\nx12\n");
  EXPECT_EQ(pods().size(), 13u);
  EXPECT_EQ(weir({"discard", "--batch", batches().at(0).substr(0, 8)}).code, 0);
  EXPECT_TRUE(pods().empty());
  EXPECT_TRUE(batches().empty());
}

TEST_F(PodBatch, WhereItsPodsDisagreeThePersonChooses) {
  write("u", "old\n");
  const Json result =
      json(batch("echo 1 > u; echo a > a\necho 2 > u; touch Makefile\ntouch Makefile\n", {"--json"}));
  EXPECT_EQ(result["conflicts"].int_or(0), 1);
  const std::string second = std::string(result["tasks"].as_array()[1]["pod"].text_or(""));
  const Said diff = weir({"diff", "--batch", "last"});
  EXPECT_EQ(diff.code, 0);
  EXPECT_THAT(diff.out, AllOf(HasSubstr("A a  +1 -0; by 1"), HasSubstr("A Makefile  by 2, 3"),
                              HasSubstr("! u  changed differently by 1, 2"), HasSubstr(second)));
  EXPECT_EQ(weir({"diff", "--batch", "last", "u"}).code, 0);
  EXPECT_EQ(weir({"diff", "--batch", "last", "nothing"}).code, exit_code::kUsage);
  const Said commit = weir({"commit", "--batch", "last"});
  EXPECT_EQ(commit.code, exit_code::kFindings);
  EXPECT_THAT(commit.out, AllOf(HasSubstr("A a\n"), HasSubstr("held for review"), HasSubstr("! u")));
  EXPECT_EQ(read("u"), "old\n");
  EXPECT_EQ(weir({"commit", "--pod", second, "u"}).code, 0);
  EXPECT_EQ(read("u"), "2\n");
  const Said rest = weir({"commit", "--batch", "last", "--held", "Makefile"});
  EXPECT_EQ(rest.code, 0) << rest.out << rest.err;
  EXPECT_THAT(weir({"diff", "--batch", "last"}).out, Not(HasSubstr("! u")));
}

TEST_F(PodBatch, AFailedTaskIsToldAndTheOthersGoOn) {
  const Said said =
      batch("exit 3\n{\"id\":\"slow\",\"command\":\"sleep 60\",\"limits\":\"time=300ms\"}\ntrue\n");
  EXPECT_EQ(said.code, exit_code::kFindings);
  EXPECT_THAT(said.out, AllOf(HasSubstr(" 1     exit 3"), HasSubstr("slow  exit 137 (time: "),
                              HasSubstr("3     exit 0"), Not(HasSubstr("weir diff"))));
  EXPECT_THAT(said.err, AllOf(HasSubstr("3 tasks"), HasSubstr("[3/3]")));
  EXPECT_TRUE(pods().empty());
  EXPECT_EQ(weir({"diff", "--batch", "last"}).code, exit_code::kUsage);
}

TEST_F(PodBatch, WhatIsWrongWithTheListIsToldBeforeAnythingRuns) {
  EXPECT_EQ(batch("touch x\n{\"command\":\"true\",\"limits\":\"size=1\"}\n").code, exit_code::kUsage);
  EXPECT_EQ(batch("touch x\n{\"command\":\"true\",\"profile\":\"no-such\"}\n").code, exit_code::kUsage);
  EXPECT_EQ(batch("true\n", {"--jobs", "0"}).code, exit_code::kUsage);
  EXPECT_EQ(batch("true\n", {"--publish", "3000"}).code, exit_code::kUsage);
  EXPECT_EQ(weir({"pod", "batch", top_ + "/none"}).code, exit_code::kUsage);
  EXPECT_EQ(weir({"diff", "--batch", "last", "--pod", "x"}).code, exit_code::kUsage);
  EXPECT_TRUE(pods().empty());
  EXPECT_TRUE(batches().empty());
}

TEST_F(PodBatch, EachItemOfAList) {
  write("list", "a b\nc\n");
  EXPECT_EQ(weir({"pod", "batch", "list", "--", "touch", "made {}"}).code, 0);
  EXPECT_EQ(weir({"commit", "--batch", "last"}).code, 0);
  EXPECT_NE(read("made a b"), "(none)");
  EXPECT_NE(read("made c"), "(none)");
}

TEST_F(PodBatch, AfterKillMinusNineWhatWasChangedCanBeReviewed) {
  const pid_t pid =
      begin_in_background("echo 1 > one; touch begun; sleep 300\necho 2 > two; touch begun; sleep 300\n", 2);
  EXPECT_EQ(weir({"diff", "--batch", "last"}).code, exit_code::kInternal);  // it still runs
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
  EXPECT_EQ(weir({"commit", "--batch", "last"}).code, 0);
  EXPECT_EQ(read("one"), "1\n");
  EXPECT_EQ(read("two"), "2\n");
}

TEST_F(PodBatch, AnInterruptEndsAllAndStartsNoMore) {
  const pid_t pid = begin_in_background("trap '' TERM; touch begun; sleep 300\ntouch begun; sleep 300\n", 2);
  ::kill(pid, SIGINT);
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 128 + SIGINT);
  const changes::PodStore store(top_ + "/weir/state/pods");
  for (const auto& pod : pods()) {
    for (int i = 0; i < 1000 && store.running(pod); ++i)
      ::usleep(10'000);
    EXPECT_FALSE(store.running(pod));
  }
  EXPECT_EQ(weir({"commit", "--batch", "last"}).code, 0);
  EXPECT_EQ(read("begun"), "");
}

}  // namespace
}  // namespace weir::cli
