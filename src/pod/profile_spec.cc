// A profile and a request become the pod that is launched.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "os/files.h"
#include "pod/mountinfo.h"
#include "pod/profile.h"

namespace weir::pod {
namespace {

constexpr std::uint64_t kTmpBytes = 512ULL << 20;
constexpr std::uint64_t kHomeBytes = 512ULL << 20;

bool is_link(const std::string& path) {
  const auto info = os::file_info(path);
  return info && info->kind == os::FileInfo::Kind::link;
}

bool within_any(const std::string& path, const std::vector<std::string>& dirs) {
  return std::any_of(dirs.begin(), dirs.end(), [&](const auto& dir) { return is_within(path, dir); });
}

std::string link_target(const std::string& path) {
  char target[4096];
  const ssize_t n = ::readlink(path.c_str(), target, sizeof target);
  return n > 0 ? std::string(target, static_cast<std::size_t>(n)) : std::string();
}

// The directories and files among the wanted paths that are there, the outermost only.
std::vector<std::string> real_paths(std::vector<std::string> wanted) {
  std::sort(wanted.begin(), wanted.end());
  std::vector<std::string> real;
  for (const auto& path : wanted)
    if (os::exists(path) && !is_link(path) && !within_any(path, real)) real.push_back(path);
  return real;
}

// The content of a setting that is sooner copied than mounted: a mount costs on the way in and out, and in
// every wall. None for programs, and in a directory of the host, where nothing can be made.
std::optional<std::string> small_file(const std::string& path, const PodSpec& spec) {
  constexpr std::uint64_t kSmallBytes = 16 << 10;
  constexpr std::uint32_t kExecutable = 0111;
  const auto info = os::file_info(path);
  if (!info || info->kind != os::FileInfo::Kind::file || info->size > kSmallBytes ||
      (info->mode & kExecutable) != 0)
    return std::nullopt;
  for (const auto& mount : spec.mounts)
    if (is_within(path, mount.at)) return std::nullopt;
  auto content = os::read_file(path, kSmallBytes);
  return content ? std::optional(*std::move(content)) : std::nullopt;
}

// What is a link on the host is one in the pod when its target is shown; else the target itself stands there.
void add_read_only(const std::vector<std::string>& wanted, PodSpec& spec) {
  const std::vector<std::string> real = real_paths(wanted);
  for (const auto& path : real)
    if (auto content = small_file(path, spec))
      spec.files.push_back({path, *std::move(content)});
    else
      spec.mounts.push_back({.kind = PodMount::Kind::read_only, .at = path, .source = path});
  std::vector<std::string> placed = real;
  for (const auto& path : wanted) {
    if (!is_link(path) || within_any(path, placed)) continue;
    placed.push_back(path);
    const std::string target = os::resolve_path(path);
    if (within_any(target, real))
      spec.links.push_back({path, link_target(path)});
    else if (os::exists(target))
      spec.mounts.push_back({.kind = PodMount::Kind::read_only, .at = path, .source = target});
  }
}

// "~/x" in this home; "" when there is none.
std::string below_home(const std::string& path, const std::string& home) {
  if (!path.starts_with("~/")) return path;
  return home.starts_with('/') && home != "/" ? home + path.substr(1) : std::string();
}

std::string account_name(const std::string& user) {
  const bool plain = !user.empty() && user.size() <= 32 && std::all_of(user.begin(), user.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
  return plain ? user : "user";
}

// The accounts, names and services that programs ask for; nothing of the host's own.
void add_files(const PodRequest& request, PodSpec& spec) {
  const std::string user = account_name(request.user);
  const std::string uid = std::to_string(::geteuid());
  const std::string gid = std::to_string(::getegid());
  const bool root = ::geteuid() == 0;
  const std::string home = request.home.contains(':') || request.home.contains('\n') ? "/" : request.home;
  spec.files.push_back(
      {"/etc/passwd", (root ? "" : "root:x:0:0:root:/root:/bin/sh\n") + user + ":x:" + uid + ":" + gid +
                          "::" + home +
                          ":/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"});
  spec.files.push_back(
      {"/etc/group", (root ? "" : "root:x:0:\n") + user + ":x:" + gid + ":\nnogroup:x:65534:\n"});
  spec.files.push_back({"/etc/hosts", "127.0.0.1 localhost " + spec.hostname + "\n::1 localhost\n"});
  spec.files.push_back({"/etc/hostname", spec.hostname + "\n"});
  if (spec.network == PodNetwork::egress)
    spec.files.push_back({"/etc/resolv.conf", "nameserver 127.0.0.53\noptions timeout:2 attempts:1\n"});
  spec.files.push_back({"/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"});
}

bool wanted_by(const std::vector<std::string>& patterns, const std::string& name) {
  for (const auto& pattern : patterns) {
    if (pattern == name) return true;
    if (pattern.ends_with('*') && name.starts_with(std::string_view(pattern).substr(0, pattern.size() - 1)) &&
        !names_a_secret(name))
      return true;
  }
  return false;
}

void add_environment(const PodProfile& profile, const PodRequest& request, PodSpec& spec) {
  for (const auto& [name, value] : request.env)
    if (wanted_by(profile.environment, name) ||
        std::find(request.pass_env.begin(), request.pass_env.end(), name) != request.pass_env.end())
      spec.env[name] = value;
  spec.env.try_emplace("PATH", "/usr/local/bin:/usr/bin:/bin");
  spec.env["HOME"] = request.home;
  spec.env["USER"] = spec.env["LOGNAME"] = account_name(request.user);
  spec.env["SHELL"] = "/bin/sh";
  spec.env["TMPDIR"] = "/tmp";
  spec.env["PWD"] = spec.cwd;
  for (const auto& [name, value] : profile.set)
    spec.env[name] = value;
}

void add_tmpfs(const std::string& at, std::uint64_t bytes, PodSpec& spec) {
  const bool taken =
      std::any_of(spec.mounts.begin(), spec.mounts.end(), [&](const auto& mount) { return mount.at == at; });
  if (!taken && bytes > 0)
    spec.mounts.push_back({.kind = PodMount::Kind::tmpfs, .at = at, .bytes_max = bytes});
}

}  // namespace

bool names_a_secret(std::string_view variable) {
  constexpr std::array<std::string_view, 14> kParts = {
      "token", "key", "apikey",      "secret",     "secrets", "password", "passwd",
      "pass",  "pwd", "credentials", "credential", "auth",    "cookie",   "passphrase"};
  if (variable == "PWD" || variable == "OLDPWD") return false;
  const std::string lower = to_lower_ascii(variable);
  for (const auto part : split(lower, '_'))
    for (const auto secret : kParts)
      if (part == secret || (secret.size() > 4 && part.ends_with(secret))) return true;
  return false;
}

Result<PodSpec> pod_spec(const PodProfile& profile, const PodRequest& request) {
  PodSpec spec;
  spec.argv = request.argv;
  spec.cwd = request.cwd.empty() ? request.workspace : request.cwd;
  spec.limits = profile.limits;
  spec.network = profile.network.value_or(PodNetwork::local);
  spec.keep_out = request.keep_out;
  if (!request.workspace.starts_with('/') || request.workspace == "/")
    return fail("the root directory cannot be a workspace", request.workspace,
                "change to the directory of a project");
  if (request.direct)
    spec.mounts.push_back(
        {.kind = PodMount::Kind::direct, .at = request.workspace, .source = request.workspace});
  else
    spec.mounts.push_back({.kind = PodMount::Kind::overlay,
                           .at = request.workspace,
                           .source = request.workspace,
                           .upper = request.upper,
                           .work = request.work});
  spec.supervised = request.direct;
  for (const auto& path : request.writable)
    spec.mounts.push_back({.kind = PodMount::Kind::writable, .at = path, .source = path});
  for (const auto& path : request.read_only)
    spec.mounts.push_back({.kind = PodMount::Kind::read_only, .at = path, .source = path});
  std::vector<std::string> wanted;
  for (const auto& named : profile.read_only) {
    const std::string path = below_home(named, request.home);
    if (!path.empty() && std::none_of(spec.mounts.begin(), spec.mounts.end(),
                                      [&](const auto& mount) { return mount.at == path; }))
      wanted.push_back(path);
  }
  add_read_only(wanted, spec);
  add_tmpfs("/tmp", profile.tmp_bytes.value_or(kTmpBytes), spec);
  if (request.home.starts_with('/') && request.home != "/")
    add_tmpfs(request.home, profile.home_bytes.value_or(kHomeBytes), spec);
  add_files(request, spec);
  add_environment(profile, request, spec);
  return spec;
}

}  // namespace weir::pod
