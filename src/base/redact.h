// Secrets out of text that people are shown: reports, logs, notices.
//
//   redact("curl -H 'Authorization: Bearer abc.def' https://u:pw@host");
//       // curl -H 'Authorization: Bearer [redacted]' https://u:[redacted]@host
//
// Finds values by where they stand (NAME=…, "name": …, --password …, user:…@host, after Bearer) and by how
// well-known issuers mark their tokens (ghp_…, AKIA…, PEM keys). It prefers to miss over making commands
// unreadable: $VARIABLES, options like --max-tokens 5 and plain words stay. It is for showing only; what is
// recorded is protected by encryption, not by this.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

inline constexpr std::string_view kRedacted = "[redacted]";

// Linear in the length of `text`, which may be any bytes. What is hidden stays hidden when the result is
// given again; more may be hidden then, where the first pass hid what parted two commands.
std::string redact(std::string_view text);

// The places that redact() replaces, in order, apart from each other: for who writes something else there.
struct HiddenSpan {
  std::size_t begin = 0;
  std::size_t end = 0;
};
std::vector<HiddenSpan> hidden_spans(std::string_view text);

// The same on one line for terminal and log: redacted, then printable() and cut. Only the first 16 KiB are
// looked at, so that a long text costs no more than a short one.
std::string printable_redacted(std::string_view text, std::size_t bytes_max);

}  // namespace weir
