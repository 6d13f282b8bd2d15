// What an assessment says to a person.
#include <string>

#include "flow/sightings.h"

namespace weir::flow {
namespace {

std::string events_of(const std::vector<std::uint64_t>& from) {
  std::string out;
  for (const auto seq : from)
    (out += out.empty() ? "" : ", ") += std::to_string(seq);
  return out;
}

}  // namespace

std::string sentence_of(const Assessment& now) {
  for (const auto& value : now.values) {
    if (value.endorsed) break;
    const std::string what = "\"" + value.field + "\" (" + value.value + ")";
    if (value.copied)
      return what + " is put together: " + std::to_string(value.copied->bytes) +
             " bytes of it stand in text that was read in step " + events_of(value.from) + ", not in yours.";
    if (value.origin == Origin::untrusted_text || value.origin == Origin::named_text)
      return what + " comes from text that was read in step " + events_of(value.from) + ", not from you.";
    if (value.origin == Origin::listed || value.origin == Origin::workspace_text)
      return what + " was listed in step " + events_of(value.from) + "; you did not point at it.";
    return what + " is the model's own: neither you nor anything that was read says it.";
  }
  if (now.carries_link)
    return "What is said holds an address out of text that was read, which you did not ask for.";
  if (now.changes && now.asked == Asked::no && !now.all_endorsed())
    return "You did not ask for anything that this does.";
  return {};
}

std::string stay_sentence(const Assessment& now, const std::vector<std::uint64_t>& private_in) {
  if (now.crossing) {
    std::string out = "It would take what belongs to " +
                      (now.crossing->from.empty() ? "another tenant" : "\"" + now.crossing->from + "\"") +
                      " to \"" + now.crossing->to + "\"";
    if (!now.crossing->read.empty()) out += "; that was read in step " + events_of(now.crossing->read);
    return out + ".";
  }
  if (now.secret_bytes == 0 && now.sink == "public" && !private_in.empty())
    return "What was read in step " + events_of(private_in) +
           " is private, and anybody can read what this writes.";
  if (now.secret_bytes == 0) return {};
  return std::to_string(now.secret_bytes) + " bytes of a confidential value that was read in step " +
         events_of(now.secret_from) + " would have left this session with it.";
}

}  // namespace weir::flow
