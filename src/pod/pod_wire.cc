#include "pod/pod_wire.h"

#include "base/wire.h"

namespace weir::pod {
namespace {

constexpr std::size_t kItemsMax = 1024;

}  // namespace

std::string encode(const PodReport& report) {
  WireWriter out;
  out.number(static_cast<std::uint64_t>(report.landlock_abi)).number(report.steps.size());
  for (const auto& step : report.steps)
    out.text(step.name).flag(step.applied).flag(step.verified).text(step.detail);
  out.number(report.limits.size());
  for (const auto& limit : report.limits)
    out.text(limit.name).number(limit.value).text(limit.kept).text(limit.by);
  out.number(report.weaknesses.size());
  for (const auto& weakness : report.weaknesses)
    out.text(weakness);
  return out.take();
}

std::string encode(const Error& error) {
  return WireWriter()
      .number(static_cast<std::uint64_t>(error.code))
      .text(error.what)
      .text(error.where)
      .text(error.hint)
      .take();
}

Result<PodReport> decode_report(std::string_view bytes) {
  WireReader in(bytes);
  PodReport report;
  report.landlock_abi = static_cast<int>(in.number());
  for (std::size_t left = in.items(kItemsMax); left > 0; --left) {
    ShieldStep& step = report.steps.emplace_back();
    step.name = in.text();
    step.applied = in.flag();
    step.verified = in.flag();
    step.detail = in.text();
  }
  for (std::size_t left = in.items(kItemsMax); left > 0; --left) {
    LimitState& limit = report.limits.emplace_back();
    limit.name = in.text();
    limit.value = in.number();
    limit.kept = in.text();
    limit.by = in.text();
  }
  for (std::size_t left = in.items(kItemsMax); left > 0; --left)
    report.weaknesses.push_back(in.text());
  if (!in.ok_to_the_end()) return fail(ErrorCode::corrupt, "the pod's report cannot be read", "pod");
  return report;
}

Error decode_error(std::string_view bytes) {
  WireReader in(bytes);
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
