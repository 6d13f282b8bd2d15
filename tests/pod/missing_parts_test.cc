// Hosts that have not all that a pod is made of: each time one clear line or a lower level, and nothing left
// behind. What is missing is refused by a filter or a mount around Weir, in namespaces of the test's own.
#include <gmock/gmock.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <fstream>

#include "pod/box.h"
#include "pod/bwrap_place.h"
#include "pod/namespaces.h"
#include "pod/pod_filter.h"
#include "support/namespaces.h"

namespace weir::pod {
namespace {

struct Missing {
  long call = 0;
  int answer = ENOSYS;
};

// From now on these calls are not there.
bool take_away(std::initializer_list<Missing> missing) {
  std::vector<BpfInstruction> filter = {
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<std::uint32_t>(offsetof(seccomp_data, nr))}};
  for (const auto& one : missing) {
    filter.push_back({BPF_JMP | BPF_JEQ | BPF_K, 0, 1, static_cast<std::uint32_t>(one.call)});
    filter.push_back({BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(one.answer)});
  }
  filter.push_back({BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW});
  return set_no_new_privileges() && load_filter(filter);
}
constexpr Missing kLandlock{SYS_landlock_create_ruleset, ENOSYS};
// As the filter of a container does it: clone3 is not known, so that libraries fall back.
constexpr Missing kClone3{SYS_clone3, ENOSYS};
constexpr Missing kUnshare{SYS_unshare, EPERM};

class MissingParts : public Box {
 protected:
  PodSpec low(const std::string& script, Level level) const {
    PodSpec spec = shell(script);
    spec.level = level;
    return spec;
  }
  // "L2 own", or the Error.
  static std::string outcome(const PodSpec& spec) {
    const auto done = run(spec);
    if (!done) return done.error().message();
    if (done->exit.code != 0) return "exit " + std::to_string(done->exit.code);
    return std::string(name(done->report.level())) + " " + std::string(name(done->report.launcher));
  }
  // What `work` answers, out of namespaces in which these calls are missing.
  static std::string without(std::initializer_list<Missing> missing,
                             const std::function<std::string()>& work) {
    return support::in_own_namespaces([&] { return take_away(missing) ? work() : "no filter"; });
  }
  bool nothing_left() const {
    return os::list_dir(upper()).empty() && !os::exists(top() + "/work/workspace");
  }
};

TEST_F(MissingParts, WithoutLandlockThereIsASecondWallLess) {
  EXPECT_EQ(without({kLandlock}, [&] { return outcome(low("true", Level::L2)); }), "L2 own");
  const std::string error = without({kLandlock}, [&] { return outcome(shell("true")); });
  EXPECT_THAT(error, testing::HasSubstr("this host reaches level L2, L3 was asked for"));
  EXPECT_THAT(error, testing::HasSubstr("landlock_files: the kernel has no Landlock"));
  EXPECT_THAT(error, testing::Not(testing::HasSubstr("\n")));
}

TEST_F(MissingParts, InAContainerThatRefusesNamespacesLandlockIsLeft) {
  EXPECT_EQ(without({kClone3, kUnshare, {SYS_mount, EPERM}, {SYS_fsopen, EPERM}},
                    [&] {
                      const std::string by = outcome(low("true", Level::L1));
                      return by.starts_with("L1 landlock") || by.ends_with(" bwrap") ? "" : by;
                    }),
            "");
}

TEST_F(MissingParts, WithoutBothThereIsNothingButForWhoWantsNothing) {
  const auto low_level = [&](Level level) {
    return support::in_own_namespaces([&]() -> std::string {
      if (!support::write_text("/proc/sys/user/max_user_namespaces", "0") || !give_up_capabilities())
        return "no host";
      return take_away({kLandlock}) ? outcome(low("true", level)) : "no filter";
    });
  };
  const std::string error = low_level(Level::L1);
  EXPECT_THAT(error, testing::HasSubstr("this kernel has no Landlock"));
  EXPECT_THAT(error, testing::HasSubstr("user.max_user_namespaces is 0"));
  EXPECT_TRUE(nothing_left());
  EXPECT_EQ(low_level(Level::L0), "L0 landlock");
}

TEST_F(MissingParts, WithoutAFilterThereIsASecondWallLess) {
  const Missing filters{SYS_seccomp, ENOSYS};
  EXPECT_EQ(without({filters}, [&] { return outcome(low("true", Level::L2)); }), "L2 own");
  EXPECT_THAT(without({filters}, [&] { return outcome(shell("true")); }),
              testing::HasSubstr("reaches level L2, L3 was asked for"));
}

// The state of Weir in a container lies on an overlay, which is no place for the changes of another one.
TEST_F(MissingParts, WhereNoOverlayCanBeMountedTheWorkspaceIsACopy) {
  write(workspace() + "/kept", "as it was");
  const auto by = [&]() -> std::string {
    const std::string on = top() + "/on";
    for (const char* dir : {"", "/lower", "/up", "/wk", "/merged"})
      if (!os::make_dirs(on + dir)) return "no directories";
    const std::string options =
        "userxattr,lowerdir=" + on + "/lower,upperdir=" + on + "/up,workdir=" + on + "/wk";
    if (::mount("overlay", (on + "/merged").c_str(), "overlay", 0, options.c_str()) != 0) return "no overlay";
    for (const char* dir : {"/upper", "/work"})
      if (!os::make_dirs(on + "/merged" + dir)) return "no directories";
    PodSpec spec = shell("echo changed > kept; echo new > made");
    for (auto& mount : spec.mounts)
      if (mount.kind == PodMount::Kind::overlay) {
        mount.upper = on + "/merged/upper";
        mount.work = on + "/merged/work";
      }
    const auto done = run(spec);
    if (!done) return done.error().message();
    if (done->report.level() != Level::L3 || done->report.notes.empty())
      return "another level, or no word of it";
    return os::read_file(on + "/merged/upper/made", 100).value_or("") == "new\n" &&
                   os::list_dir(on + "/merged/work").empty()
               ? ""
               : "the changes are not there";
  };
  EXPECT_EQ(support::in_own_namespaces(by), "");
  EXPECT_EQ(os::read_file(workspace() + "/kept", 100).value(), "as it was");
}

TEST_F(MissingParts, NoSpaceForTheCopyIsOneClearLine) {
  std::ofstream(workspace() + "/big") << std::string(8 << 20, 'x');
  const auto said = [&]() -> std::string {
    const std::string small = top() + "/small";
    if (!os::make_dirs(small) || ::mount("none", small.c_str(), "tmpfs", 0, "size=1m") != 0)
      return "no tmpfs";
    for (const char* dir : {"/upper", "/work"})
      if (!os::make_dirs(small + dir)) return "no directories";
    PodSpec spec = low("true", Level::L1);
    spec.launcher = Launcher::landlock;
    for (auto& mount : spec.mounts)
      if (mount.kind == PodMount::Kind::overlay) {
        mount.upper = small + "/upper";
        mount.work = small + "/work";
      }
    const std::string error = outcome(spec);
    const bool clear = error.contains("the workspace cannot be copied") && error.contains("No space left") &&
                       error.contains("free disk space") && !error.contains('\n');
    return clear && os::list_dir(small + "/work").empty() ? "" : error;
  };
  EXPECT_EQ(support::in_own_namespaces(said), "");
}

// The command line, as a person has it.
class MissingPlaces : public MissingParts {
 protected:
  void SetUp() override {
    MissingParts::SetUp();
    if (IsSkipped()) return;
    const auto program = inside_program();
    if (!program) GTEST_SKIP() << program.error().message();
    weir_ = *program;
  }
  os::ChildResult weir(const std::string& home, const std::string& cwd) const {
    auto env = os::environment();
    env["WEIR_HOME"] = home;
    const auto ran = os::run_child({.argv = {weir_, "pod", "exec", "--", "true"}, .env = env, .cwd = cwd});
    return ran.value_or(os::ChildResult());
  }

 private:
  std::string weir_;
};

TEST_F(MissingPlaces, AReadOnlyStateDirectoryIsOneClearLine) {
  const auto said = [&]() -> std::string {
    const std::string state = top() + "/state";
    if (!os::make_dirs(state) || ::mount("none", state.c_str(), "tmpfs", MS_RDONLY, nullptr) != 0)
      return "no tmpfs";
    const auto done = weir(state + "/weir", workspace());
    const auto lines = std::count(done.err.begin(), done.err.end(), '\n');
    return done.exit.code == 125 && lines == 1 && done.err.contains("Read-only file system") ? "" : done.err;
  };
  EXPECT_EQ(support::in_own_namespaces(said), "");
}

TEST_F(MissingPlaces, AFullTmpIsNotNeeded) {
  const auto said = [&]() -> std::string {
    if (::mount(top().c_str(), "/mnt", nullptr, MS_BIND, nullptr) != 0 ||
        ::mount("none", "/tmp", "tmpfs", 0, "size=4k,nr_inodes=1") != 0)
      return "no such host";
    const auto done = weir("/mnt/weir", "/mnt/workspace");
    return done.exit.code == 0 && done.err.empty() ? "" : std::to_string(done.exit.code) + " " + done.err;
  };
  EXPECT_EQ(support::in_own_namespaces(said), "");
}

// A pod in a pod: the filter of the outer one allows no namespaces.
TEST_F(MissingPlaces, InsideAPodThereIsOneOfLevelL1) {
  const std::string program = inside_program().value();
  PodRequest wanted =
      request({"sh", "-c",
               // Looking for leaks needs ptrace, which a pod has not.
               "export ASAN_OPTIONS=detect_leaks=0; mkdir $HOME/p; cd $HOME/p; echo x > y; " + program +
                   " pod exec -- true 2> \"$OLDPWD/said\"; echo $? >> \"$OLDPWD/said\"; " + program +
                   " pod exec --level L1 -- sh -c 'cat y; echo z > z' > \"$OLDPWD/did\" 2> \"$OLDPWD/told\"; "
                   "ls .. > \"$OLDPWD/list\"; test ! -e z"});
  wanted.read_only = {program};
  auto spec = pod_spec(generic(), wanted);
  ASSERT_TRUE(spec) << spec.error().message();
  EXPECT_EQ(code(*spec), 0);
  EXPECT_THAT(wrote("said"), testing::HasSubstr("it reaches level L1, L3 was asked for"));
  EXPECT_TRUE(wrote("said").ends_with("125\n")) << wrote("said");
  EXPECT_EQ(wrote("did"), "x\n") << wrote("told");
}

}  // namespace
}  // namespace weir::pod
