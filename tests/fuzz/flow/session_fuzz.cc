// A session out of parts that zero bytes part: prompt, tool, description, input (JSON), output, and a value
// that is sent. What the user did not type and nothing that was read holds is never endorsed, whatever the
// texts are.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "content.h"
#include "flow/session.h"
#include "flow/shape.h"

namespace {

std::shared_ptr<const weir::flow::Words> words() {
  static const auto shipped = [] {
    std::string_view text;
    for (const auto& file : weir::content_files())
      if (file.name == "flow/words.yaml") text = file.bytes;
    auto read = weir::flow::Words::read(text, "flow/words.yaml");
    CHECK(read);
    return std::make_shared<const weir::flow::Words>(std::move(*read));
  }();
  return shipped;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  using namespace weir::flow;
  if (size > 50'000) return 0;
  auto parts = split(std::string_view(reinterpret_cast<const char*>(data), size), '\0');
  parts.resize(6);
  const Json given = parse_json(parts[3]).value_or(Json::object());
  Session session(words());
  session.describe({{std::string(parts[1]), std::string(parts[2]), given}});
  session.prompt(1, parts[0]);
  session.result(2, {.tool = parts[1], .input = given, .output = parts[4]});
  const Json call = Json::object({{"recipient", to_valid_utf8(parts[5])}});
  const Assessment now = session.assess("send_mail", call);
  const Assessment again = session.assess("send_mail", call);
  CHECK(canonical(to_json(now)) == canonical(to_json(again)));
  CHECK(now.values.size() <= 1);
  for (const auto& value : now.values) {
    const bool typed = contains_value(session.plan().text, value.value);
    if (value.origin == Origin::own) CHECK(!value.endorsed);
    if (value.endorsed) CHECK(typed || !value.from.empty() || value.origin == Origin::errand);
  }
  CHECK(now.label.integrity() >= Integrity::user);
  return 0;
}
