#include "gateway/egress_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "gateway/egress_descriptors.h"
#include "os/files.h"

namespace weir::gateway {
namespace {

constexpr std::size_t kRecordBytesMax = 2 << 20;
constexpr int kEndMs = 5'000;

Result<os::Fd> memory_file(const char* name) {
  os::Fd fd(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return std::unexpected(os::errno_error("no memory file", name, errno));
  return fd;
}

Result<os::Fd> secrets_file(const EgressSecrets* secrets) {
  if (secrets == nullptr) return os::Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  TRY(os::Fd file, memory_file("weir-egress-secrets"));
  std::string bytes = encode(*secrets);
  const Status written = write_whole(file.get(), bytes);
  os::wipe(bytes);
  if (!written) return std::unexpected(written.error());
  if (::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
    return std::unexpected(os::errno_error("a memory file cannot be sealed", "egress", errno));
  return file;
}

Result<os::Fd> revocations_file(const EgressSecrets* secrets) {
  const bool none = secrets == nullptr || secrets->revocations.empty();
  const std::string path = none ? "/dev/null" : secrets->revocations;
  os::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd)
    return std::unexpected(os::errno_error("the list of revoked credentials cannot be read", path, errno));
  return fd;
}

// Puts the descriptors at their places from kPolicyFd on. First all out of the way, since one may stand where
// another belongs.
bool lay_out(std::vector<int> descriptors) {
  const int above = kPolicyFd + static_cast<int>(descriptors.size());
  for (auto& fd : descriptors)
    if ((fd = ::fcntl(fd, F_DUPFD_CLOEXEC, above)) < 0) return false;
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return false;
  for (int standard = 0; standard < kPolicyFd; ++standard)
    if (::dup2(null, standard) < 0) return false;
  for (std::size_t i = 0; i < descriptors.size(); ++i)
    if (::dup2(descriptors[i], kPolicyFd + static_cast<int>(i)) < 0) return false;
  return ::syscall(SYS_close_range, static_cast<unsigned>(above), ~0U, 0) == 0;
}

// Between fork and exec.
[[noreturn]] void become(const char* program, const std::vector<int>& descriptors, pid_t parent) {
  constexpr int kCannot = 127;
  sigset_t none;
  sigemptyset(&none);
  for (const int signal :
       {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU, SIGCHLD})
    (void)::signal(signal, SIG_DFL);
  (void)::sigprocmask(SIG_SETMASK, &none, nullptr);
  // A session of its own: keys at the terminal are for the pod's command.
  if (::setsid() < 0 || ::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != parent ||
      !lay_out(descriptors))
    ::_exit(kCannot);
  const char* const argv[] = {"weir", kEgressProcessArgument.data(), nullptr};
  const char* const env[] = {"LANG=C", nullptr};
  ::execve(program, const_cast<char* const*>(argv), const_cast<char* const*>(env));
  ::_exit(kCannot);
}

}  // namespace

Result<EgressProcess> EgressProcess::start(const EgressPolicy& policy, std::vector<os::Fd> sockets,
                                           const EgressSecrets* secrets, const char* program) {
  TRY(const os::Fd policy_file, memory_file("weir-egress-policy"));
  TRY_STATUS(write_whole(policy_file.get(), compact(to_json(policy))));
  TRY(os::Fd record, memory_file("weir-egress-record"));
  TRY(const os::Fd secrets_fd, secrets_file(secrets));
  TRY(const os::Fd revocations, revocations_file(secrets));
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::unexpected(os::errno_error("no pipe", "egress", errno));
  const os::Fd stop_read(ends[0]);
  os::Fd stop_write(ends[1]);
  std::vector<int> descriptors = {policy_file.get(), record.get(), stop_read.get(), secrets_fd.get(),
                                  revocations.get()};
  std::optional<EgressLink> link;
  os::Fd its_end;
  if (policy.supervised) {
    TRY(auto link_ends, EgressLink::make_ends());
    link.emplace(std::move(link_ends.first));
    its_end = std::move(link_ends.second);
    descriptors.push_back(its_end.get());
  }
  for (const auto& socket : sockets)
    descriptors.push_back(socket.get());
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) become(program, descriptors, parent);
  if (pid < 0) return std::unexpected(os::errno_error("no process for the egress proxy", "fork", errno));
  os::Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  return EgressProcess(pid, std::move(pidfd), std::move(stop_write), std::move(record), std::move(link));
}

EgressProcess::EgressProcess(EgressProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::move(other.pidfd_)),
      stop_(std::move(other.stop_)),
      record_(std::move(other.record_)),
      link_(std::move(other.link_)) {}

EgressProcess::~EgressProcess() {
  (void)end();
}

int EgressProcess::end() {
  if (pid_ < 0) return 0;
  stop_.reset();
  pollfd waiting{pidfd_.get(), POLLIN, 0};
  int ready = 0;
  while ((ready = ::poll(&waiting, 1, kEndMs)) < 0 && errno == EINTR) {
  }
  if (ready <= 0 || !pidfd_) ::kill(pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return status;
}

EgressRecord EgressProcess::finish() {
  const int status = end();
  const auto read = [&]() -> Result<EgressRecord> {
    TRY(const std::string text, read_whole(record_.get(), kRecordBytesMax));
    return text.empty() ? EgressRecord() : decode_egress_record(text);
  };
  auto record = read();
  EgressRecord out = record ? *std::move(record) : EgressRecord();
  if (!record) out.problem = "its record cannot be read: " + record.error().message();
  if (WIFSIGNALED(status)) out.problem = "it was ended by signal " + std::to_string(WTERMSIG(status));
  if (WIFEXITED(status) && WEXITSTATUS(status) != 0 && out.problem.empty())
    out.problem = "it ended with code " + std::to_string(WEXITSTATUS(status));
  return out;
}

}  // namespace weir::gateway
