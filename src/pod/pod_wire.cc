#include "pod/pod_wire.h"

#include <optional>

namespace weir::pod {
namespace {

constexpr std::size_t kItemsMax = 1024;
constexpr std::size_t kLengthBytes = 4;
constexpr std::size_t kNumberBytes = 8;

class Writer {
 public:
  Writer& number(std::uint64_t value) { return put(value, kNumberBytes); }
  Writer& text(std::string_view value) {
    put(value.size(), kLengthBytes);
    bytes_ += value;
    return *this;
  }
  std::string take() { return std::move(bytes_); }

 private:
  Writer& put(std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i)
      bytes_ += static_cast<char>(value >> (8 * i) & 0xff);
    return *this;
  }
  std::string bytes_;
};

// After the first thing that is not there everything is empty, and ok() says so.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}

  std::uint64_t number() { return get(kNumberBytes); }
  bool flag() { return number() == 1; }
  std::string text() {
    const std::string_view bytes = take(get(kLengthBytes));
    return std::string(bytes);
  }
  std::size_t items() {
    const std::uint64_t count = number();
    if (count > kItemsMax) ok_ = false;
    return ok_ ? static_cast<std::size_t>(count) : 0;
  }
  bool ok_to_the_end() const { return ok_ && left_.empty(); }

 private:
  std::string_view take(std::uint64_t size) {
    if (size > left_.size()) ok_ = false;
    if (!ok_) return {};
    const std::string_view bytes = left_.substr(0, size);
    left_.remove_prefix(size);
    return bytes;
  }
  std::uint64_t get(std::size_t size) {
    std::uint64_t value = 0;
    const std::string_view bytes = take(size);
    for (std::size_t i = 0; i < bytes.size(); ++i)
      value |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    return value;
  }

  std::string_view left_;
  bool ok_ = true;
};

}  // namespace

std::string encode(const PodReport& report) {
  Writer out;
  out.number(static_cast<std::uint64_t>(report.landlock_abi)).number(report.steps.size());
  for (const auto& step : report.steps)
    out.text(step.name)
        .number(static_cast<std::uint64_t>(step.applied))
        .number(static_cast<std::uint64_t>(step.verified))
        .text(step.detail);
  out.number(report.limits.size());
  for (const auto& limit : report.limits)
    out.text(limit.name).number(limit.value).text(limit.kept).text(limit.by);
  out.number(report.weaknesses.size());
  for (const auto& weakness : report.weaknesses)
    out.text(weakness);
  return out.take();
}

std::string encode(const Error& error) {
  return Writer()
      .number(static_cast<std::uint64_t>(error.code))
      .text(error.what)
      .text(error.where)
      .text(error.hint)
      .take();
}

Result<PodReport> decode_report(std::string_view bytes) {
  Reader in(bytes);
  PodReport report;
  report.landlock_abi = static_cast<int>(in.number());
  for (std::size_t left = in.items(); left > 0; --left) {
    ShieldStep& step = report.steps.emplace_back();
    step.name = in.text();
    step.applied = in.flag();
    step.verified = in.flag();
    step.detail = in.text();
  }
  for (std::size_t left = in.items(); left > 0; --left) {
    LimitState& limit = report.limits.emplace_back();
    limit.name = in.text();
    limit.value = in.number();
    limit.kept = in.text();
    limit.by = in.text();
  }
  for (std::size_t left = in.items(); left > 0; --left)
    report.weaknesses.push_back(in.text());
  if (!in.ok_to_the_end()) return fail(ErrorCode::corrupt, "the pod's report cannot be read", "pod");
  return report;
}

Error decode_error(std::string_view bytes) {
  Reader in(bytes);
  const std::uint64_t code = in.number();
  Error error;
  error.what = in.text();
  error.where = in.text();
  error.hint = in.text();
  if (!in.ok_to_the_end() || code > static_cast<std::uint64_t>(ErrorCode::internal))
    return {ErrorCode::internal, "the pod sent an error that cannot be read", "pod", ""};
  error.code = static_cast<ErrorCode>(code);
  return error;
}

}  // namespace weir::pod
