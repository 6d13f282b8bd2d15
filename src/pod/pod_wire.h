// What a pod says before its program starts, a report or an Error, as the bytes of one message (base/wire.h).
// Inside the room only.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "pod/pod_report.h"

namespace weir::pod {

std::string encode(const PodReport& report);
std::string encode(const Error& error);

// Error `corrupt` for bytes that encode() does not make: cut short, too long, more than 1024 items in a list.
Result<PodReport> decode_report(std::string_view bytes);
// An Error that cannot be read is one of code `internal` that says so.
Error decode_error(std::string_view bytes);

}  // namespace weir::pod
