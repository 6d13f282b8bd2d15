// Any bytes read as a result, folded and decoded: leaves within their limits and records, tidy text, bounded
// layers.
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/result.h"
#include "flow/decode.h"
#include "flow/fold.h"
#include "flow/leaves.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::flow;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Leaves leaves = read_leaves(text);
  CHECK(leaves.leaves.size() <= weir::limits::kFlowLeavesMax);
  CHECK(leaves.records >= 1);
  for (const Leaf& leaf : leaves.leaves) {
    CHECK(leaf.record < leaves.records);
    CHECK(!leaf.value.empty());
  }
  if (leaves.form == Leaves::Form::text && leaves.leaves.size() == 1 && leaves.leaves[0].value == text)
    CHECK(leaves.leaves[0].key.empty());

  const std::string folded = fold(text);
  CHECK(weir::valid_utf8(folded));
  CHECK(folded.find("  ") == std::string::npos);
  CHECK(folded.empty() || (folded.front() != ' ' && folded.back() != ' '));
  CHECK(fold_watched(text).text == folded);

  std::size_t opened = 0;
  for (const std::string& layer : undressed(text))
    opened += layer.size();
  CHECK(opened <= weir::limits::kFlowDecodedMax);
  return 0;
}
