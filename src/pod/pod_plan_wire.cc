#include "pod/pod_plan_wire.h"

#include <cstring>

#include "base/wire.h"

namespace weir::pod {
namespace {

// Of one list: arguments, the longest, are at most 65,536.
constexpr std::size_t kItemsMax = 1 << 20;

void write(WireWriter& out, const std::vector<std::string>& texts) {
  out.number(texts.size());
  for (const auto& text : texts)
    out.text(text);
}

std::vector<std::string> read_texts(WireReader& in) {
  std::vector<std::string> texts;
  for (std::size_t left = in.items(kItemsMax); left > 0; --left)
    texts.push_back(in.text());
  return texts;
}

// Files, links and doors: a place and a text each.
template <class T>
void write(WireWriter& out, const std::vector<T>& items, std::string T::* text) {
  out.number(items.size());
  for (const auto& item : items)
    out.text(item.at).text(item.*text);
}

template <class T>
std::vector<T> read(WireReader& in, std::string T::* text) {
  std::vector<T> items;
  for (std::size_t left = in.items(kItemsMax); left > 0; --left) {
    T& item = items.emplace_back();
    item.at = in.text();
    item.*text = in.text();
  }
  return items;
}

void write(WireWriter& out, const std::vector<PodMount>& mounts) {
  out.number(mounts.size());
  for (const auto& mount : mounts)
    out.number(static_cast<std::uint64_t>(mount.kind))
        .text(mount.at)
        .text(mount.source)
        .text(mount.upper)
        .text(mount.work)
        .number(mount.bytes_max);
}

std::vector<PodMount> read_mounts(WireReader& in) {
  std::vector<PodMount> mounts;
  for (std::size_t left = in.items(kItemsMax); left > 0; --left) {
    PodMount& mount = mounts.emplace_back();
    mount.kind = static_cast<PodMount::Kind>(in.number());
    mount.at = in.text();
    mount.source = in.text();
    mount.upper = in.text();
    mount.work = in.text();
    mount.bytes_max = in.number();
  }
  return mounts;
}

// The numbers of PodLimits, in one order for both directions.
template <class Limits, class Each>
void each_limit(Limits& limits, const Each& each) {
  for (auto* limit : {&limits.memory_bytes, &limits.processes, &limits.open_files, &limits.cpu_ms,
                      &limits.disk_bytes, &limits.file_bytes, &limits.wall_ms, &limits.sent_bytes,
                      &limits.sent_each_bytes, &limits.received_bytes, &limits.received_each_bytes})
    each(*limit);
}
static_assert(sizeof(PodLimits) == 11 * sizeof(std::uint64_t), "each_limit() names them all");

void write(WireWriter& out, const PodSpec& spec) {
  write(out, spec.files, &PodFile::content);
  write(out, spec.links, &PodLink::target);
  write(out, spec.argv);
  out.number(spec.env.size());
  for (const auto& [name, value] : spec.env)
    out.text(name).text(value);
  out.text(spec.cwd).text(spec.hostname);
  each_limit(spec.limits, [&](std::uint64_t limit) { out.number(limit); });
  out.number(static_cast<std::uint64_t>(spec.network)).number(spec.listeners.size());
  for (const auto& listener : spec.listeners)
    out.number(static_cast<std::uint64_t>(listener.protocol)).text(listener.address).number(listener.port);
  out.number(spec.published.size());
  for (const std::uint16_t port : spec.published)
    out.number(port);
  out.number(static_cast<std::uint64_t>(spec.level)).flag(spec.accept_level).flag(spec.supervised);
  write(out, spec.keep_out);
}

PodSpec read_spec(WireReader& in) {
  PodSpec spec;
  spec.files = read<PodFile>(in, &PodFile::content);
  spec.links = read<PodLink>(in, &PodLink::target);
  spec.argv = read_texts(in);
  for (std::size_t left = in.items(kItemsMax); left > 0; --left) {
    std::string name = in.text();
    spec.env[std::move(name)] = in.text();
  }
  spec.cwd = in.text();
  spec.hostname = in.text();
  each_limit(spec.limits, [&](std::uint64_t& limit) { limit = in.number(); });
  spec.network = static_cast<PodNetwork>(in.number());
  for (std::size_t left = in.items(kPodListenersMax); left > 0; --left) {
    PodListener& listener = spec.listeners.emplace_back();
    listener.protocol = static_cast<PodListener::Protocol>(in.number());
    listener.address = in.text();
    listener.port = static_cast<std::uint16_t>(in.number());
  }
  for (std::size_t left = in.items(kPodPublishedMax); left > 0; --left)
    spec.published.push_back(static_cast<std::uint16_t>(in.number()));
  spec.level = static_cast<Level>(in.number());
  spec.accept_level = in.flag();
  spec.supervised = in.flag();
  spec.keep_out = read_texts(in);
  return spec;
}

}  // namespace

std::string encode(const PodPlan& plan, const PodCanary& canary, const GroupKept& kept) {
  WireWriter out;
  write(out, plan.spec);
  write(out, plan.mounts);
  write(out, plan.doors, &PodDoor::source);
  write(out, plan.weaknesses);
  out.number(static_cast<std::uint64_t>(plan.launcher)).number(plan.uid).number(plan.gid);
  out.text(canary.file).number(canary.port).text(canary.abstract_name);
  out.number(static_cast<std::uint64_t>(canary.outside_pid));
  out.number(canary.root_device).number(canary.root_inode);
  out.text(kept.by).flag(kept.memory).flag(kept.processes);
  return out.take();
}

Result<PodBegin> decode_begin(std::string_view bytes) {
  WireReader in(bytes);
  PodBegin begin;
  begin.plan.spec = read_spec(in);
  begin.plan.mounts = read_mounts(in);
  begin.plan.doors = read<PodDoor>(in, &PodDoor::source);
  begin.plan.weaknesses = read_texts(in);
  begin.plan.launcher = static_cast<Launcher>(in.number());
  begin.plan.uid = static_cast<uid_t>(in.number());
  begin.plan.gid = static_cast<gid_t>(in.number());
  begin.canary.file = in.text();
  begin.canary.port = static_cast<std::uint16_t>(in.number());
  begin.canary.abstract_name = in.text();
  begin.canary.outside_pid = static_cast<pid_t>(in.number());
  begin.canary.root_device = in.number();
  begin.canary.root_inode = in.number();
  begin.kept.by = in.text();
  begin.kept.memory = in.flag();
  begin.kept.processes = in.flag();
  if (!in.ok_to_the_end()) return fail(ErrorCode::corrupt, "the pod's plan cannot be read", "pod");
  return begin;
}

std::string encode(const PodFilter& filter) {
  WireWriter out;
  out.flag(filter.has_value());
  if (filter)
    out.text({reinterpret_cast<const char*>(filter->data()), filter->size() * sizeof(BpfInstruction)});
  else
    out.text(filter.error().message());
  return out.take();
}

PodFilter decode_filter(std::string_view bytes) {
  WireReader in(bytes);
  const bool is_there = in.flag();
  const std::string text = in.text();
  if (!in.ok_to_the_end() || (is_there && text.size() % sizeof(BpfInstruction) != 0))
    return fail(ErrorCode::corrupt, "the pod's filter cannot be read", "pod");
  if (!is_there) return fail(ErrorCode::unavailable, text);
  std::vector<BpfInstruction> filter(text.size() / sizeof(BpfInstruction));
  std::memcpy(filter.data(), text.data(), text.size());
  return filter;
}

}  // namespace weir::pod
