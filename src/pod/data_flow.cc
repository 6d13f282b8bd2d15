#include "pod/data_flow.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "os/process.h"
#include "pod/channels.h"
#include "pod/process_view.h"
#include "pod/socket_place.h"

namespace weir::pod {
namespace {

constexpr std::size_t kPendingMax = 1024;
constexpr std::size_t kHopesMax = 1024;
constexpr std::size_t kAskedMax = 65'536;  // more are asked about again

std::string last_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

// What programs of the pod meet at.
std::string channel_of(const SocketPlace& place) {
  return "port:" + std::to_string(place.port);
}

bool is_data(const std::string& path) {
  if (path.empty() || path.starts_with("/proc/")) return false;
  return !path.starts_with("/dev/") || path.starts_with("/dev/shm/");
}

}  // namespace

DataFlow::Program DataFlow::program_of(pid_t thread) {
  const auto pid = process_number_of(thread);
  const Program program{Lineage::mark_of(thread).value_or(0), pid.value_or(thread)};
  if (!known_.knows(program)) copy_began(program);
  return program;
}

// A process that was forked and has executed nothing itself.
void DataFlow::copy_began(Program program) {
  const auto original = executed_.find(program.mark);
  known_.forked(program, {program.mark, original == executed_.end() ? 0 : original->second});
  const auto info = os::process_info(program.pid);
  take_channels(program, info ? info->ppid : 0, false);
}

void DataFlow::executed(const ProcessSeen& process, const Lineage::Marks& marks) {
  const Program self{marks.now, process.pid};
  Program before{marks.before, process.pid};
  if (const auto original = executed_.find(marks.before);
      !known_.knows(before) && original != executed_.end())
    before.pid = original->second;
  const auto info = os::process_info(process.pid);
  const pid_t maker = info ? info->ppid : 0;
  const auto channels = channels_of(process.pid, true);
  for (const auto& channel : channels)
    if (channel.reads)
      std::erase_if(pending_,
                    [&](const Pending& one) { return one.maker == maker && one.channel == channel.name; });
  settle(maker);
  settle(before.pid);
  executed_[marks.now] = process.pid;
  known_.started(self, before, last_name(process.program));
  take_channels(self, maker, true);
  tell_news();
}

void DataFlow::take_channels(Program program, pid_t maker, bool executes) {
  for (const auto& channel : channels_of(program.pid, executes)) {
    const bool is_file = channel.kind == Channel::Kind::file;
    if (is_file && !is_data(channel.name)) continue;
    if (is_file) note_file(channel.name);
    const bool first = !is_file && maker > 0 && !known_.has(channel.name);
    if (channel.reads) known_.reads(program, channel.name);
    if (channel.writes) known_.writes(program, channel.name);
    if (is_file || maker <= 0) continue;
    if (channel.kind == Channel::Kind::socket) {
      // One of a pair, whose other end its maker has.
      if (!first) continue;
      const Program other = maker_of(maker);
      known_.reads(other, channel.name);
      known_.writes(other, channel.name);
    } else if (channel.writes && first && pending_.size() < kPendingMax) {
      pending_.push_back({maker, channel.name});
    } else if (channel.reads && has_pipe(maker, channel.name, true)) {
      known_.writes(maker_of(maker), channel.name);
    }
  }
}

// Without a look at what it has open: that is looked at when it does something itself.
DataFlow::Program DataFlow::maker_of(pid_t pid) const {
  const std::uint64_t mark = Lineage::mark_of(pid).value_or(0);
  const auto original = executed_.find(mark);
  const Program program{mark, pid};
  if (known_.knows(program) || original == executed_.end()) return program;
  return {mark, original->second};
}

void DataFlow::settle(pid_t maker) {
  std::vector<Pending> due;
  std::erase_if(pending_, [&](const Pending& one) {
    if (one.maker != maker) return false;
    due.push_back(one);
    return true;
  });
  for (const auto& one : due)
    if (!child_reads_pipe(maker, one.channel)) known_.reads(maker_of(maker), one.channel);
}

void DataFlow::note_file(const std::string& path) {
  if (!callbacks_.is_origin || asked_.contains(path)) return;
  if (asked_.size() < kAskedMax) asked_.insert(path);
  if (callbacks_.is_origin(path))
    known_.is_origin(path, {.kind = Origin::Kind::file, .name = path, .steps = {}});
}

void DataFlow::see(const Notification& notification) {
  if (notification.number == SYS_listen) return listens(notification);
  const FileUse call = files_.read(notification);
  using Kind = FileUse::Kind;
  if (call.kind == Kind::other) return;
  if (watch_ == Watch::lookups && callbacks_.on_lookup)
    callbacks_.on_lookup({.thread = notification.thread,
                          .path = call.asked,
                          .leads_to = call.path,
                          .there = call.there,
                          .is_directory = call.is_directory,
                          .opens = call.kind == Kind::opens,
                          .writes = call.writes});
  if (call.kind == Kind::opens) return opened(notification, call);
  if ((call.kind == Kind::moves || call.kind == Kind::links) && !call.path.empty() && !call.to.empty()) {
    note_file(call.path);
    known_.copied(call.path, call.to);
  }
  tell_news();
}

void DataFlow::sought(pid_t thread, const std::string& program) {
  if (watch_ != Watch::lookups || !callbacks_.on_lookup) return;
  const FileUse use = files_.look(thread, program);
  callbacks_.on_lookup({.thread = thread,
                        .path = use.asked,
                        .leads_to = use.path,
                        .there = use.there,
                        .is_directory = use.is_directory,
                        .opens = true});
}

void DataFlow::opened(const Notification& notification, const FileUse& call) {
  if (call.is_directory || !is_data(call.path) || (!call.there && !call.writes)) return;
  const Program program = program_of(notification.thread);
  if (call.reads && call.there) {
    note_file(call.path);
    known_.reads(program, call.path);
  }
  if (call.writes) known_.writes(program, call.path);
  tell_news();
}

void DataFlow::listens(const Notification& notification) {
  const auto pid = process_number_of(notification.thread);
  if (!pid) return;
  const os::Fd socket = descriptor_of(notification.thread, *pid, static_cast<int>(notification.arguments[0]));
  if (!socket) return;
  if (const auto place = own_place(socket.get())) return serves(notification.thread, pod::channel_of(*place));
  sockaddr_un address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return;
  const std::span bytes(reinterpret_cast<const char*>(&address), std::min<std::size_t>(size, sizeof address));
  serves(notification.thread, channel_of(notification.thread, bytes));
}

// Of a name in files where it leads, since programs may call it differently.
std::string DataFlow::channel_of(pid_t thread, std::span<const char> address) const {
  constexpr std::size_t kNameAt = offsetof(sockaddr_un, sun_path);
  if (address.size() <= kNameAt) return {};
  const auto name = address.subspan(kNameAt);
  if (name[0] == '\0') return "unix:@" + std::string(name.begin() + 1, name.end());
  return "unix:" + files_.where(thread, std::string(name.begin(), std::ranges::find(name, '\0')));
}

void DataFlow::connected_inside(pid_t thread, const SocketPlace& place) {
  meet(thread, pod::channel_of(place));
}
void DataFlow::connected_inside(pid_t thread, std::span<const char> unix_address) {
  meet(thread, channel_of(thread, unix_address));
}

// Where nobody in the pod listens there is nobody to meet: most programs ask for nscd. Who begins to listen
// meets those that came before, since the kernel looks after we did.
void DataFlow::meet(pid_t thread, const std::string& channel) {
  if (channel.empty()) return;
  const Program program = program_of(thread);
  if (known_.has(channel))
    join(program, channel);
  else if (hopes_.size() < kHopesMax || hopes_.contains(channel))
    hopes_[channel].insert(program);
  tell_news();
}

void DataFlow::join(Program program, const std::string& channel) {
  known_.reads(program, channel);
  known_.writes(program, channel);
}

void DataFlow::serves(pid_t thread, const std::string& channel) {
  if (channel.empty()) return;
  join(program_of(thread), channel);
  if (const auto hoped = hopes_.extract(channel))
    for (const Program program : hoped.mapped())
      if (known_.knows(program)) join(program, channel);
  tell_news();
}

void DataFlow::connected(pid_t thread, const std::string& place) {
  known_.came_from(program_of(thread), {.kind = Origin::Kind::host, .name = place, .steps = {}});
  tell_news();
}

void DataFlow::known_otherwise(pid_t thread) {
  known_.close(program_of(thread));
}

std::vector<Origin> DataFlow::holds(pid_t thread) {
  const Program program = program_of(thread);
  settle(program.pid);
  return known_.of(program);
}

void DataFlow::tell_news() {
  for (const auto& [place, origin] : known_.news())
    if (callbacks_.on_holds && place.starts_with('/') && place != origin.name)
      callbacks_.on_holds(place, origin);
}

void DataFlow::sweep() {
  const auto lives = [](Program program) { return ::kill(program.pid, 0) == 0 || errno == EPERM; };
  known_.keep(lives);
  std::erase_if(executed_, [&](const auto& one) { return !lives({one.first, one.second}); });
  std::erase_if(pending_, [&](const Pending& one) { return !lives({0, one.maker}); });
  for (auto& [channel, programs] : hopes_)
    std::erase_if(programs, [&](Program program) { return !lives(program); });
  std::erase_if(hopes_, [](const auto& hope) { return hope.second.empty(); });
}

}  // namespace weir::pod
