#include "os/process_facts.h"

#include <dirent.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstring>
#include <memory>

#include "base/bytes.h"
#include "os/clock.h"
#include "os/fd.h"
#include "os/files.h"

namespace weir::os {
namespace {

std::string link_target(const std::string& path) {
  std::array<char, 4096> target{};
  const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
  return size <= 0 ? std::string() : std::string(target.data(), static_cast<std::size_t>(size));
}

std::string of_process(pid_t pid, std::string_view what) {
  return "/proc/" + std::to_string(pid) + "/" + std::string(what);
}

// "socket:[123]" → 123.
std::optional<std::uint32_t> socket_inode(std::string_view target) {
  constexpr std::string_view kBegin = "socket:[";
  if (!target.starts_with(kBegin) || !target.ends_with(']')) return std::nullopt;
  target = target.substr(kBegin.size(), target.size() - kBegin.size() - 1);
  std::uint32_t inode = 0;
  const auto [end, error] = std::from_chars(target.data(), target.data() + target.size(), inode);
  if (error != std::errc{} || end != target.data() + target.size()) return std::nullopt;
  return inode;
}

// The socket at the other end of a Unix socket, as the kernel's socket diagnosis tells it.
std::optional<std::uint32_t> peer_inode(std::uint32_t inode) {
  const Fd link(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (link.get() < 0) return std::nullopt;
  struct {
    nlmsghdr header;
    unix_diag_req ask;
  } request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.ask.sdiag_family = AF_UNIX;
  request.ask.udiag_states = ~0U;
  request.ask.udiag_ino = inode;
  request.ask.udiag_show = UDIAG_SHOW_PEER;
  request.ask.udiag_cookie[0] = request.ask.udiag_cookie[1] = ~0U;
  if (::send(link.get(), &request, sizeof request, 0) != sizeof request) return std::nullopt;
  constexpr int kAnswerMs = 100;
  pollfd ready{link.get(), POLLIN, 0};
  if (::poll(&ready, 1, kAnswerMs) != 1) return std::nullopt;
  alignas(nlmsghdr) std::array<char, 4096> answer{};
  const ssize_t size = ::recv(link.get(), answer.data(), answer.size(), 0);
  if (size < 0) return std::nullopt;
  const auto* header = reinterpret_cast<const nlmsghdr*>(answer.data());
  const auto bytes = static_cast<std::size_t>(size);
  constexpr std::size_t kBefore = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(unix_diag_msg));
  if (!NLMSG_OK(header, bytes) || header->nlmsg_type != SOCK_DIAG_BY_FAMILY || header->nlmsg_len < kBefore)
    return std::nullopt;
  auto left = static_cast<int>(header->nlmsg_len - kBefore);
  for (const auto* attribute = reinterpret_cast<const rtattr*>(answer.data() + kBefore);
       RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
    if (attribute->rta_type != UNIX_DIAG_PEER || RTA_PAYLOAD(attribute) < sizeof(std::uint32_t)) continue;
    std::uint32_t peer = 0;
    std::memcpy(&peer, RTA_DATA(attribute), sizeof peer);
    return peer;
  }
  return std::nullopt;
}

bool has_open(pid_t pid, std::uint32_t inode) {
  const std::string folder = of_process(pid, "fd");
  const std::unique_ptr<DIR, int (*)(DIR*)> list(::opendir(folder.c_str()), ::closedir);
  if (!list) return false;
  constexpr int kDescriptorsMax = 16'384;
  const std::string wanted = "socket:[" + std::to_string(inode) + "]";
  for (int i = 0; i < kDescriptorsMax; ++i) {
    const dirent* entry = ::readdir(list.get());
    if (entry == nullptr) return false;
    if (link_target(folder + "/" + entry->d_name) == wanted) return true;
  }
  return false;
}

}  // namespace

std::vector<std::string> command_line(pid_t pid) {
  constexpr std::size_t kBytesMax = 65'536;
  const auto text = read_file(of_process(pid, "cmdline"), kBytesMax);
  std::vector<std::string> words;
  if (!text || text->empty()) return words;
  std::string_view rest = *text;
  if (rest.ends_with('\0')) rest.remove_suffix(1);
  for (const auto word : split(rest, '\0'))
    words.emplace_back(word);
  return words;
}

std::optional<ProgramFile> program_of(pid_t pid) {
  const std::string link = of_process(pid, "exe");
  struct stat file{};
  if (::stat(link.c_str(), &file) != 0) return std::nullopt;
  const std::string target = link_target(link);
  return ProgramFile{file.st_dev, file.st_ino, target.substr(target.rfind('/') + 1)};
}

std::int64_t age_ms(std::uint64_t start_ticks) {
  constexpr std::int64_t kMsPerSecond = 1000;
  constexpr std::int64_t kNsPerMs = 1'000'000;
  const std::int64_t per_second = ::sysconf(_SC_CLK_TCK);
  if (per_second <= 0) return 0;
  return monotonic_ns() / kNsPerMs - static_cast<std::int64_t>(start_ticks) * kMsPerSecond / per_second;
}

bool reads_other_end(pid_t holder, pid_t pid, int fd) {
  const auto here = socket_inode(link_target(of_process(pid, "fd/" + std::to_string(fd))));
  if (!here) return false;
  const auto there = peer_inode(*here);
  return there && *there != 0 && has_open(holder, *there);
}

}  // namespace weir::os
