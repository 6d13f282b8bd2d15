// Programs of a supervised pod that somebody is asked about before they begin.
#include <gmock/gmock.h>

#include <utility>

#include "pod/supervised_pod.h"

namespace weir::pod {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

class SupervisedExec : public SupervisedPod {};

TEST_F(SupervisedExec, AProgramMayBeRefusedBeforeItBegins) {
  PodOptions options;
  std::vector<std::string> asked;
  options.supervise.decide_exec = [&](const ExecCall& call) {
    asked.push_back(chain(call.process));
    return call.process.program.ends_with("/id") ? ConnectVerdict::refuse(EPERM) : ConnectVerdict::allow();
  };
  const auto done = go(supervised("id; echo $?; uname; /usr/bin/env id; true"), options);
  ASSERT_TRUE(done);
  EXPECT_GE(done->supervised.refused, 2U);  // a shell tries the next directory of PATH
  EXPECT_EQ(exec_of("/id"), nullptr);
  EXPECT_NE(exec_of("/uname"), nullptr);
  EXPECT_THAT(asked, Contains("id < sh"));
  EXPECT_THAT(asked, Contains("uname < sh"));
  EXPECT_THAT(asked, Contains("id < env < sh"));
  EXPECT_THAT(asked, Not(Contains("sh")));  // the pod's own program is what the person asked for
}

TEST_F(SupervisedExec, AProgramWaitsForAnAnswerAndItsParentsAreTheSame) {
  PodOptions options;
  std::vector<std::uint64_t> waiting;
  int ticks = 0;
  options.tick_ms = 10;
  options.supervise.decide_exec = [&](const ExecCall& call) {
    waiting.push_back(call.id);
    return ConnectVerdict::later();
  };
  options.on_tick = [&](PodControl& pod) {
    if (++ticks < 5) return;
    for (const auto id : std::exchange(waiting, {}))
      EXPECT_TRUE(pod.answer(id, ConnectVerdict::allow()));
  };
  const auto done = go(supervised("uname > out & id > who; wait"), options);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->exit.code, 0);
  EXPECT_EQ(wrote("out"), "Linux\n");
  ASSERT_NE(exec_of("/id"), nullptr);
  EXPECT_EQ(chain(*exec_of("/id")), "id < sh");
}

TEST_F(SupervisedExec, AProgramThatWaitsCanBeKilled) {
  PodOptions options;
  std::vector<std::uint64_t> gone;
  std::uint64_t waits = 0;
  options.tick_ms = 10;
  options.supervise.decide_exec = [&](const ExecCall& call) {
    if (!call.process.program.ends_with("/id")) return ConnectVerdict::allow();
    waits = call.id;
    return ConnectVerdict::later();
  };
  options.supervise.on_gone = [&](std::uint64_t id) { gone.push_back(id); };
  const auto done = go(supervised("(id) & sleep 0.3; kill -9 $!; wait $!; echo $? > out; sleep 2"), options);
  ASSERT_TRUE(done);
  EXPECT_EQ(wrote("out"), "137\n");
  EXPECT_NE(waits, 0U);
  EXPECT_THAT(gone, ElementsAre(waits));
}

}  // namespace
}  // namespace weir::pod
