// Whatever is put into a head, it is refused or read back as exactly that.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "http/head_writer.h"
#include "http/request_head.h"
#include "http/response_head.h"

namespace {

using namespace weir::http;

void check_fields(const std::vector<Field>& fields, const std::vector<std::string_view>& parts) {
  const std::size_t given = (parts.size() - 2) / 2;
  if (fields.size() != given + 1) std::abort();
  for (std::size_t i = 0; i < given; ++i)
    if (fields[i].name != parts[2 + 2 * i] || fields[i].value != parts[3 + 2 * i]) std::abort();
}

}  // namespace

// Two words of a first line, then names and values, all divided by the byte 0xff.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto parts = weir::split(std::string_view(reinterpret_cast<const char*>(data), size), '\xff');
  if (parts.size() < 2) return 0;
  HeadWriter request = HeadWriter::request(parts[0], parts[1]);
  HeadWriter answer = HeadWriter::response(200, parts[0]);
  for (std::size_t i = 2; i + 1 < parts.size(); i += 2) {
    request.add(parts[i], parts[i + 1]);
    answer.add(parts[i], parts[i + 1]);
  }
  if (const auto text = request.length(size).text()) {
    const auto head = parse_request_head(*text);
    if (!head || !*head || (*head)->bytes != text->size()) std::abort();
    if ((*head)->method != parts[0] || (*head)->target != parts[1] || (*head)->framing.length != size)
      std::abort();
    check_fields((*head)->fields, parts);
  }
  if (const auto text = answer.chunked().text()) {
    const auto head = parse_response_head(*text, false);
    if (!head || !*head || (*head)->bytes != text->size()) std::abort();
    if ((*head)->body != ResponseHead::Body::chunked) std::abort();
    check_fields((*head)->fields, parts);
  }
  return 0;
}
