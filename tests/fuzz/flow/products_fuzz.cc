// Any bytes read as a file that describes tools, then asked about: errors name the file, and nothing that is
// only guessed makes a tool more trusted.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "flow/tool_book.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::flow;
  static const Words words = [] {
    Words some;
    some.effects = {{.name = "read", .changes = false, .tools = {"get"}, .asked = {}},
                    {.name = "send", .tools = {"send"}, .asked = {"send"}}};
    return some;
  }();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Products::File file{"fuzz.yaml", text};
  const auto read = Products::read({&file, 1}, words);
  if (!read) {
    CHECK(!read.error().what.empty());
    CHECK(read.error().message().find('\n') == std::string::npos);
    return 0;
  }
  for (const Product& product : read->all()) {
    CHECK(product.match >= 2 && !product.tools.empty());
    for (const ProductTool& tool : product.tools) {
      CHECK(product.tool(tool.name) == &tool);
      for (const auto& server : product.servers) {
        const Known known = read->find(server + '/' + tool.name);
        ToolMeaning meaning;
        apply(known, words, meaning);
        if (known.confirmed || known.override != nullptr) continue;
        CHECK(meaning.source.integrity.value_or(Integrity::untrusted) == Integrity::untrusted);
        CHECK(meaning.source.author.empty() && meaning.source.values.empty());
      }
    }
  }
  CHECK(!read->trusts_address(""));
  (void)read->trusts_address(text);
  (void)read->trusts_author("tracker", text);
  return 0;
}
