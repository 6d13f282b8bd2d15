#include "pod/profile.h"

#include <charconv>
#include <limits>

#include "base/bytes.h"

namespace weir::pod {
namespace {

constexpr std::size_t kProfileBytesMax = std::size_t{64} * 1024;  // real ones are under 2 KiB
constexpr std::size_t kProfileItemsMax = 256;

class Reader {
 public:
  Reader(const YamlText& text, std::string_view where) : text_(text), where_(where) {}

  Result<PodProfile> read();

 private:
  std::string at(const std::string& pointer) const {
    const auto found = text_.lines.find(pointer);
    return std::string(where_) + (found == text_.lines.end() ? "" : ":" + std::to_string(found->second));
  }
  std::unexpected<Error> wrong(const std::string& key, const char* what) const {
    return fail(what, at("/" + key) + ": " + key);
  }
  Result<std::vector<std::string>> texts(const std::string& key, const Json& value) const;
  Result<std::optional<std::uint64_t>> size(const std::string& key, const Json& value) const;
  Status read_set(const Json& value, PodProfile& profile) const;
  Status read_limits(const Json& value, PodProfile& profile) const;
  Status read_key(const std::string& key, const Json& value, PodProfile& profile) const;

  const YamlText& text_;
  std::string_view where_;
};

Result<std::vector<std::string>> Reader::texts(const std::string& key, const Json& value) const {
  if (!value.is_array()) return wrong(key, "a list is expected");
  if (value.as_array().size() > kProfileItemsMax)
    return fail(ErrorCode::limit, "a list of a profile holds more than 256 items", at("/" + key));
  std::vector<std::string> list;
  for (const auto& item : value.as_array()) {
    if (!item.is_string() || item.as_string().empty()) return wrong(key, "a list of texts is expected");
    list.push_back(item.as_string());
  }
  return list;
}

// A number that YAML read as one, or text with a unit.
std::string as_text(const Json& value) {
  if (value.is_int()) return std::to_string(value.as_int());
  return std::string(value.text_or(""));
}

Result<std::optional<std::uint64_t>> Reader::size(const std::string& key, const Json& value) const {
  if (value.text_or("") == "none") return std::optional<std::uint64_t>(0);
  TRY(const std::uint64_t bytes, parse_bytes(as_text(value), at("/" + key) + ": " + key));
  return std::optional<std::uint64_t>(bytes);
}

Status Reader::read_set(const Json& value, PodProfile& profile) const {
  if (!value.is_object() || value.as_object().size() > kProfileItemsMax)
    return wrong("set", "a map of at most 256 variables is expected");
  for (const auto& [name, text] : value.as_object()) {
    if (name.empty() || name.contains('=') || name.contains('\0') || (!text.is_string() && !text.is_int()))
      return wrong("set", "a variable has a name without '=' and a text");
    profile.set[name] = as_text(text);
  }
  return {};
}

Status Reader::read_limits(const Json& value, PodProfile& profile) const {
  if (!value.is_object()) return wrong("limits", "a map is expected");
  for (const auto& [name, limit] : value.as_object())
    if (const Status applied = apply_limits_text(name + "=" + as_text(limit), profile.limits); !applied)
      return fail(applied.error().code, applied.error().what, at("/limits") + ": " + name,
                  applied.error().hint);
  return {};
}

Status Reader::read_key(const std::string& key, const Json& value, PodProfile& profile) const {
  if (key == "name" || key == "extends") {
    if (!value.is_string()) return wrong(key, "a name is expected");
    (key == "name" ? profile.name : profile.extends) = value.as_string();
  } else if (key == "read_only") {
    TRY(profile.read_only, texts(key, value));
    for (const auto& path : profile.read_only)
      if (!path.starts_with('/') && !path.starts_with("~/"))
        return wrong(key, "a path must be absolute, or begin with ~/");
  } else if (key == "environment") {
    TRY(profile.environment, texts(key, value));
    for (const auto& name : profile.environment)
      if (name == "*" || name.find('*') < name.size() - 1)
        return wrong(key, "a pattern is a prefix of at least one letter and '*' at its end");
  } else if (key == "allow" || key == "allow_private" || key == "inspect") {
    TRY((key == "allow"     ? profile.allow
         : key == "inspect" ? profile.inspect
                            : profile.allow_private),
        texts(key, value));
  } else if (key == "home") {
    TRY(profile.home_bytes, size(key, value));
  } else if (key == "tmp") {
    TRY(profile.tmp_bytes, size(key, value));
  } else if (key == "set") {
    return read_set(value, profile);
  } else if (key == "limits") {
    return read_limits(value, profile);
  } else if (key == "network") {
    const auto word = value.text_or("");
    if (word != "local" && word != "none") return wrong(key, "the network is local or none");
    profile.network = word == "none" ? PodNetwork::none : PodNetwork::local;
  } else {
    return fail("a profile has no such key", at("/" + key) + ": " + printable(key, 60),
                "name, extends, read_only, home, tmp, environment, set, limits, network, allow, "
                "allow_private, inspect");
  }
  return {};
}

Result<PodProfile> Reader::read() {
  if (!text_.value.is_object()) return fail("a profile is a map", std::string(where_));
  PodProfile profile;
  for (const auto& [key, value] : text_.value.as_object())
    TRY_STATUS(read_key(key, value, profile));
  if (profile.name.empty()) return fail("a profile needs a name", std::string(where_));
  return profile;
}

// Digits, then a unit out of `units`.
struct Unit {
  std::string_view suffix;
  std::uint64_t factor;
};
template <std::size_t n>
Result<std::uint64_t> with_unit(std::string_view text, const Unit (&units)[n], std::string_view where,
                                const char* hint) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view suffix = text.substr(static_cast<std::size_t>(end - text.data()));
  if (error == std::errc() && value > 0)
    for (const auto& unit : units)
      if (suffix == unit.suffix) {
        if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / unit.factor)
          return fail(ErrorCode::limit, "the number is too large", std::string(where), hint);
        return value * unit.factor;
      }
  return fail("not a size or time above 0: " + printable(text, 40), std::string(where), hint);
}

}  // namespace

Result<std::uint64_t> parse_bytes(std::string_view text, std::string_view where) {
  static constexpr Unit kUnits[] = {
      {"", 1}, {"K", 1ULL << 10}, {"M", 1ULL << 20}, {"G", 1ULL << 30}, {"T", 1ULL << 40}};
  return with_unit(text, kUnits, where, "512M, 4G, 1048576");
}

Result<std::uint64_t> parse_duration_ms(std::string_view text, std::string_view where) {
  static constexpr Unit kUnits[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}};
  return with_unit(text, kUnits, where, "90s, 5m, 2h, 1500ms");
}

Status apply_limits_text(std::string_view text, PodLimits& limits) {
  constexpr std::string_view kHint =
      "memory=4G,processes=512,cpu=1h,time=2h,disk=10G,file=4G,open_files=4096,sent=100M,sent_each=10M,"
      "received=2G,received_each=1G";
  for (const auto part : split(text, ',')) {
    const auto equals = part.find('=');
    if (equals == std::string_view::npos)
      return fail("a limit is NAME=VALUE", printable(part, 60), std::string(kHint));
    const std::string_view name = part.substr(0, equals);
    const std::string_view value = part.substr(equals + 1);
    if (name == "cpu" || name == "time") {
      TRY(const std::uint64_t ms, parse_duration_ms(value, name));
      (name == "cpu" ? limits.cpu_ms : limits.wall_ms) = ms;
      continue;
    }
    std::uint64_t* const target = name == "memory"          ? &limits.memory_bytes
                                  : name == "processes"     ? &limits.processes
                                  : name == "disk"          ? &limits.disk_bytes
                                  : name == "file"          ? &limits.file_bytes
                                  : name == "open_files"    ? &limits.open_files
                                  : name == "sent"          ? &limits.sent_bytes
                                  : name == "sent_each"     ? &limits.sent_each_bytes
                                  : name == "received"      ? &limits.received_bytes
                                  : name == "received_each" ? &limits.received_each_bytes
                                                            : nullptr;
    if (target == nullptr) return fail("no such limit", printable(name, 60), std::string(kHint));
    TRY(*target, parse_bytes(value, name));
  }
  return {};
}

Result<PodProfile> parse_profile(std::string_view yaml, std::string_view where) {
  if (yaml.size() > kProfileBytesMax)
    return fail(ErrorCode::limit, "a profile is longer than 64 KiB", std::string(where));
  TRY(const YamlText text, parse_yaml_lines(yaml, where));
  return read_profile(text, where);
}

Result<PodProfile> read_profile(const YamlText& read, std::string_view where) {
  return Reader(read, where).read();
}

PodProfile merged(const PodProfile& base, const PodProfile& own) {
  PodProfile both = base;
  both.name = own.name;
  both.extends = base.extends;
  both.read_only.insert(both.read_only.end(), own.read_only.begin(), own.read_only.end());
  both.environment.insert(both.environment.end(), own.environment.begin(), own.environment.end());
  both.allow.insert(both.allow.end(), own.allow.begin(), own.allow.end());
  both.inspect.insert(both.inspect.end(), own.inspect.begin(), own.inspect.end());
  both.allow_private.insert(both.allow_private.end(), own.allow_private.begin(), own.allow_private.end());
  for (const auto& [name, value] : own.set)
    both.set[name] = value;
  if (own.home_bytes) both.home_bytes = own.home_bytes;
  if (own.tmp_bytes) both.tmp_bytes = own.tmp_bytes;
  if (own.network) both.network = own.network;
  const auto prefer = [](std::uint64_t& to, std::uint64_t from) {
    if (from > 0) to = from;
  };
  prefer(both.limits.memory_bytes, own.limits.memory_bytes);
  prefer(both.limits.processes, own.limits.processes);
  prefer(both.limits.open_files, own.limits.open_files);
  prefer(both.limits.cpu_ms, own.limits.cpu_ms);
  prefer(both.limits.disk_bytes, own.limits.disk_bytes);
  prefer(both.limits.file_bytes, own.limits.file_bytes);
  prefer(both.limits.wall_ms, own.limits.wall_ms);
  prefer(both.limits.sent_bytes, own.limits.sent_bytes);
  prefer(both.limits.sent_each_bytes, own.limits.sent_each_bytes);
  prefer(both.limits.received_bytes, own.limits.received_bytes);
  prefer(both.limits.received_each_bytes, own.limits.received_each_bytes);
  return both;
}

}  // namespace weir::pod
