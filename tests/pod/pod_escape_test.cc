// Each way out that an attacker would try: it works outside of the pod and does not work inside. All of it in
// namespaces of the test's own.
#include <gmock/gmock.h>
#include <signal.h>

#include "base/bytes.h"
#include "os/random.h"
#include "pod/box.h"
#include "pod/pod_probes.h"
#include "support/namespaces.h"
#include "support/sockets.h"

namespace weir::pod {
namespace {

constexpr std::string_view kBait = "bait outside";

// A process whose number is none of the pod's.
pid_t start_outside(const std::string& mark) {
  constexpr pid_t kAbove = 64;
  for (;;) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      if (::getpid() <= kAbove) ::_exit(0);
      const std::string variable = "P_MARK=" + mark;
      const char* const env[] = {variable.c_str(), nullptr};
      ::execle("/bin/sleep", "sleep", "600", nullptr, env);
      ::_exit(1);
    }
    if (pid < 0 || pid > kAbove) return pid;
    ::waitpid(pid, nullptr, 0);
  }
}

class PodEscape : public Box {
 protected:
  // Both runs of every attack; the names of those that came out otherwise than they must.
  std::string run_all() const {
    const std::string mark = "mark-" + os::new_uuid();
    std::map<std::string, std::string> env = {{"PATH", "/usr/local/bin:/usr/bin:/bin"},
                                              {"P_CANARY", top() + "/outside/canary"},
                                              {"P_MARK_NAME", mark},
                                              {"P_SOCKET", top() + "/outside/socket"},
                                              {"P_ABSTRACT", mark},
                                              {"PYTHONDONTWRITEBYTECODE", "1"}};
    std::uint16_t port = 0;
    const os::Fd tcp = support::listen_loopback(&port);
    const os::Fd socket = support::listen_unix(env["P_SOCKET"]);
    const os::Fd abstract = support::listen_unix(std::string(1, '\0') + mark);
    env["P_PORT"] = std::to_string(port);
    const pid_t outside = start_outside(mark);
    env["P_OUTSIDE"] = std::to_string(outside);
    const int leaked = ::open(env["P_CANARY"].c_str(), O_RDONLY);  // without O_CLOEXEC
    if (!tcp || !socket || !abstract || outside < 0 || leaked < 3) return "the bait could not be laid";
    std::string wrong;
    const auto list = os::read_file(WEIR_SOURCE_DIR "/tests/pod/pod_attacks.txt", 64 * 1024).value_or("");
    for (const auto line : split(list, '\n')) {
      if (line.empty() || line.starts_with('#')) continue;
      const std::string attack(line.substr(0, line.find(' ')));
      if (!line.ends_with("only-pod")) {
        const int code = control(attack, env);
        if (code != 0) wrong += attack + " proves nothing (" + std::to_string(code) + "); ";
      }
      const std::string inside = in_pod(attack, env);
      if (inside != "10") wrong += attack + " in the pod: " + inside + "; ";
    }
    ::kill(outside, SIGKILL);
    return wrong;
  }

 private:
  int control(const std::string& attack, std::map<std::string, std::string> env) const {
    env["SOME_TOKEN"] = "secret";
    const auto done = os::run_child({.argv = {"python3", "pod_attacks.py", attack},
                                     .env = env,
                                     .cwd = workspace(),
                                     .input = "",
                                     .timeout_ms = 20'000});
    return done ? done->exit.code : -1;
  }

  std::string in_pod(const std::string& attack, const std::map<std::string, std::string>& env) const {
    PodRequest wanted = request({"python3", "pod_attacks.py", attack});
    auto spec = pod_spec(generic(), wanted);
    if (!spec) return spec.error().message();
    for (const auto& [name, value] : env)
      spec->env[name] = value;
    const auto done = run(*spec);
    return done ? std::to_string(done->exit.code) : done.error().message();
  }
};

TEST_F(PodEscape, EveryWayOutWorksOutsideAndNotInside) {
  write(top() + "/outside/canary", kBait);
  const auto script = os::read_file(WEIR_SOURCE_DIR "/tests/pod/pod_attacks.py", 1 << 20);
  ASSERT_TRUE(script);
  write(workspace() + "/pod_attacks.py", *script);
  EXPECT_EQ(support::in_own_namespaces([&] { return run_all(); }), "");
}

// The report must not be a formality: where there is no wall, the probe says so.
TEST_F(PodEscape, ProbesNoticeWhatIsOpen) {
  const auto open_ones = [] {
    PodCanary canary = make_pod_canary({});
    std::string wrong;
    for (const auto& step :
         {probe_host_loopback(canary), probe_pod_abstract_sockets(canary), probe_mount_calls(),
          probe_other_processes(), probe_keyrings(), probe_kernel_interfaces(), probe_socket_families()})
      if (step.verified) wrong += step.name + " ";
    remove_pod_canary(canary);
    return wrong;
  };
  EXPECT_EQ(support::in_own_namespaces(open_ones), "");
}

}  // namespace
}  // namespace weir::pod
