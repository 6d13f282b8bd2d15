// Texts parted by zero bytes, the last is sought: the index finds exactly where it stands at word borders,
// and copies that are counted are copies.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "flow/corpus.h"
#include "flow/shingles.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::flow;
  if (size > 100'000) return 0;
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const auto texts = weir::split(all, '\0');
  const std::string_view value = texts.back();
  Corpus corpus;
  Shingles shingles;
  for (std::size_t i = 0; i + 1 < texts.size(); ++i) {
    const auto number = corpus.add(texts[i]);
    CHECK(number == i && corpus.text(number) == texts[i]);
    shingles.add(corpus, number);
  }
  const auto found = corpus.find(value, texts.size());
  CHECK(found.complete);
  std::vector<bool> hit(texts.size());
  for (const auto& at : found.hits) {
    CHECK(!hit[at.text]);
    hit[at.text] = true;
    CHECK(texts[at.text].substr(at.begin, value.size()) == value);
    CHECK(at.whole == (texts[at.text] == value));
  }
  for (std::size_t i = 0; i + 1 < texts.size(); ++i) {
    if (value.empty()) continue;
    CHECK(hit[i] || texts[i] != value);
    // Between blanks it stands at borders for certain.
    CHECK(hit[i] || texts[i].find(" " + std::string(value) + " ") == std::string_view::npos);
  }
  for (const auto& overlap : shingles.overlaps(corpus, value)) {
    CHECK(overlap.longest >= 12 && overlap.longest <= overlap.bytes && overlap.bytes <= value.size());
    CHECK(texts[overlap.text].substr(overlap.begin, overlap.longest) ==
          value.substr(overlap.at, overlap.longest));
  }
  return 0;
}
