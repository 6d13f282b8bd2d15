// What Weir lets into a pod of its own on purpose: one socket, a directory made for the pod, and a look from
// outside at what the pod sees.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "os/file_view.h"
#include "pod/box.h"

namespace weir::pod {
namespace {

class PodDoors : public Box {
 protected:
  // A listening socket, as the daemon's.
  static os::Fd listen_at(const std::string& path) {
    os::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(fd.get(), 8), 0);
    return fd;
  }
  static Result<PodResult> run_with(const PodSpec& spec, const PodOptions& options) {
    TRY(const PodPlan plan, plan_pod(spec));
    return launch_pod(plan, options);
  }
  std::string outside() const { return top() + "/outside"; }
};

TEST_F(PodDoors, OneSocketIsShownAndNothingBesideIt) {
  const os::Fd event = listen_at(outside() + "/event.sock");
  const os::Fd control = listen_at(outside() + "/control.sock");
  write(outside() + "/key", "secret");
  auto spec =
      shell("ls -A /run/door > seen; test -e " + outside() +
            "; echo $? >> seen; rm -f /run/door/event.sock;"
            "python3 -c 'import socket; s=socket.socket(socket.AF_UNIX); s.connect(\"/run/door/event.sock\");"
            "s.send(b\"x\")' && echo connected >> seen");
  spec.keep_out = {outside()};
  spec.doors = {{"/run/door/event.sock", outside() + "/event.sock"}};
  EXPECT_EQ(code(spec), 0);
  EXPECT_EQ(wrote("seen"), "event.sock\n1\nconnected\n");
  const os::Fd caller(::accept4(event.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  EXPECT_TRUE(caller);
}

TEST_F(PodDoors, ADoorIsASocketAndNothingElse) {
  write(outside() + "/key", "secret");
  for (const std::string& source : {outside() + "/key", outside(), std::string("/dev/null")}) {
    auto spec = shell("true");
    spec.doors = {{"/run/door", source}};
    EXPECT_EQ(plan_pod(spec).error().code, ErrorCode::invalid) << source;
  }
  auto spec = shell("true");
  spec.doors = {{"/run/door", outside() + "/none"}};
  EXPECT_EQ(plan_pod(spec).error().code, ErrorCode::not_found);
  const os::Fd socket = listen_at(outside() + "/event.sock");
  spec.doors = {{"/usr", outside() + "/event.sock"}};
  EXPECT_FALSE(plan_pod(spec)) << "another thing stands there";
  spec.doors.assign(kPodDoorsMax + 1, {});
  for (std::size_t i = 0; i < spec.doors.size(); ++i)
    spec.doors[i] = {"/run/door" + std::to_string(i), outside() + "/event.sock"};
  EXPECT_EQ(plan_pod(spec).error().code, ErrorCode::limit);
}

TEST_F(PodDoors, ADirectoryOfItsOwnStaysAfterThePod) {
  ASSERT_TRUE(os::make_dirs(outside() + "/agent"));
  write(outside() + "/agent/seed", "from outside");
  auto spec = shell("cat /home/tester/.agent/seed > /home/tester/.agent/copy; echo x > /home/tester/gone");
  spec.keep_out = {outside()};
  spec.mounts.push_back(
      {.kind = PodMount::Kind::own, .at = "/home/tester/.agent", .source = outside() + "/agent"});
  EXPECT_EQ(code(spec), 0);
  EXPECT_EQ(os::read_file(outside() + "/agent/copy", 100).value_or(""), "from outside");
  spec.mounts.back().kind = PodMount::Kind::writable;
  EXPECT_EQ(plan_pod(spec).error().code, ErrorCode::denied);
}

TEST_F(PodDoors, FromOutsideThePodsFilesAreSeenAsThePodSeesThem) {
  write(workspace() + "/changed", "host");
  write(workspace() + "/removed", "host");
  write(outside() + "/secret", "host");
  const std::string home = "/home/tester";
  const auto spec = shell("echo pod > changed; rm removed; echo made > " + home + "/made; ln -s " +
                          outside() + "/secret out; ln -s changed in; : > ready; sleep 60");
  std::optional<os::FileView> view;
  PodOptions options;
  options.on_ready = [&](const PodReady& ready) -> Status {
    TRY(view, os::FileView::of_process(ready.program));
    return {};
  };
  options.tick_ms = 10;
  options.on_tick = [&](PodControl& pod) {
    if (!view->exists(workspace() + "/ready")) return;
    EXPECT_EQ(view->read_regular(workspace() + "/changed", 100).value_or(""), "pod\n");
    EXPECT_EQ(view->read_regular(workspace() + "/in", 100).value_or(""), "pod\n");
    EXPECT_FALSE(view->exists(workspace() + "/removed"));
    EXPECT_EQ(view->read_regular(home + "/made", 100).value_or(""), "made\n");
    EXPECT_EQ(view->resolve(workspace() + "/in"), workspace() + "/changed");
    EXPECT_EQ(view->resolve(workspace() + "/out"), workspace() + "/out") << "it leads nowhere in the pod";
    EXPECT_FALSE(view->read_regular(workspace() + "/out", 100));
    EXPECT_FALSE(view->exists(outside()));
    pod.end("seen");
  };
  const auto done = run_with(spec, options);
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->ended_because, "seen");
}

// A tick would come after the program has ended by itself.
TEST_F(PodDoors, WhatWakesTheSupervisorIsSeenAtOnce) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const os::Fd read_end(ends[0]);
  const os::Fd write_end(ends[1]);
  ASSERT_EQ(::write(write_end.get(), "x", 1), 1);
  PodOptions options;
  options.tick_ms = 10'000;
  options.wake_fds = {read_end.get()};
  options.on_tick = [](PodControl& pod) { pod.end("a person stopped it"); };
  const auto done = run_with(shell("sleep 5; exit 3"), options);
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->ended_because, "a person stopped it");
  EXPECT_EQ(done->exit.code, 128 + SIGKILL);
}

}  // namespace
}  // namespace weir::pod
