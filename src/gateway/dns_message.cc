#include "gateway/dns_message.h"

namespace weir::gateway {
namespace {

constexpr std::size_t kHeaderBytes = 12;
constexpr std::uint16_t kFlagAnswer = 0x8000;
constexpr std::uint16_t kFlagAuthoritative = 0x0400;
constexpr std::uint16_t kFlagRecursionDesired = 0x0100;
constexpr std::uint16_t kFlagRecursionAvailable = 0x0080;
constexpr std::uint16_t kOperationMask = 0x7800;
constexpr std::uint16_t kClassInternet = 1;
constexpr std::size_t kLabelBytesMax = 63;
constexpr std::size_t kNameBytesMax = 255;

std::uint16_t number_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(static_cast<std::uint8_t>(bytes[at]) << 8 |
                                    static_cast<std::uint8_t>(bytes[at + 1]));
}

void append_number(std::string& out, std::uint32_t value, int width) {
  for (int i = width - 1; i >= 0; --i)
    out += static_cast<char>(value >> (8 * i));
}

// Reads the question behind the header; false when it is not whole. Compression in a question is never
// needed.
bool read_question(std::string_view bytes, DnsQuery& query) {
  std::size_t at = kHeaderBytes;
  while (true) {
    if (at >= bytes.size()) return false;
    const std::size_t length = static_cast<std::uint8_t>(bytes[at]);
    ++at;
    if (length == 0) break;
    if (length > kLabelBytesMax || bytes.size() - at < length || at + length - kHeaderBytes >= kNameBytesMax)
      return false;
    const std::string_view label = bytes.substr(at, length);
    if (label.contains('.')) return false;  // one label that would read as two
    if (!query.name.empty()) query.name += '.';
    query.name += label;
    at += length;
  }
  if (bytes.size() - at < 4) return false;
  query.type = number_at(bytes, at);
  query.internet = number_at(bytes, at + 2) == kClassInternet;
  query.question = bytes.substr(kHeaderBytes, at + 4 - kHeaderBytes);
  return true;
}

}  // namespace

Result<DnsQuery> parse_dns_query(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes) return fail("shorter than the header of DNS");
  DnsQuery query;
  query.id = number_at(bytes, 0);
  query.flags = number_at(bytes, 2);
  if ((query.flags & kFlagAnswer) != 0) return fail("an answer, not a question");
  if ((query.flags & kOperationMask) != 0) {
    query.code = DnsCode::not_implemented;
    return query;
  }
  // A single question, no answers; what stands in the additional section (EDNS) is not needed.
  const bool one = number_at(bytes, 4) == 1 && number_at(bytes, 6) == 0 && number_at(bytes, 8) == 0;
  if (!one || !read_question(bytes, query)) {
    query.code = DnsCode::format_error;
    query.name.clear();
  }
  return query;
}

std::string dns_answer(const DnsQuery& query, DnsCode code, std::optional<IpAddress> address,
                       std::uint32_t ttl_s) {
  std::string out;
  append_number(out, query.id, 2);
  append_number(out,
                kFlagAnswer | kFlagAuthoritative | kFlagRecursionAvailable |
                    (query.flags & (kOperationMask | kFlagRecursionDesired)) |
                    static_cast<std::uint32_t>(code),
                2);
  append_number(out, query.question.empty() ? 0 : 1, 2);
  append_number(out, address ? 1 : 0, 2);
  append_number(out, 0, 4);
  out += query.question;
  if (!address) return out;
  append_number(out, 0xC000 | kHeaderBytes, 2);  // the name of the question
  append_number(out, dns_type::kA, 2);
  append_number(out, kClassInternet, 2);
  append_number(out, ttl_s, 4);
  append_number(out, 4, 2);
  append_number(out, address->v4_bits(), 4);
  return out;
}

}  // namespace weir::gateway
