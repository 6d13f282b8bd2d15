// Any lines as changes of files' labels: a bounded table that forgets no path, and that its own changes make
// again.
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "flow/carried.h"
#include "flow/carried_table.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::flow;
  constexpr std::size_t kPathsMax = 8;
  constexpr std::size_t kContentsMax = 4;
  CarriedTable table(kPathsMax, kContentsMax);
  for (const auto line : weir::split({reinterpret_cast<const char*>(data), size}, '\n')) {
    const auto json = weir::parse_json(line, {.bytes_max = 65'536, .depth_max = 4});
    if (!json) continue;
    (void)sentence_of(carried_from_json(*json));
    const auto change = change_from_json(*json);
    if (!change) continue;
    CHECK(change_from_json(to_json(*change)) == *change);
    table.apply(*change);
    const bool adds = change->op == Change::Op::write || change->op == Change::Op::below;
    CHECK(!adds || table.at(change->path) != nullptr);
    CHECK(!adds || table.below(change->path) != nullptr);
    CHECK(table.paths().size() <= kPathsMax);
    CHECK(table.contents() <= kContentsMax);
    CHECK(table.directories() <= table.paths().size());
    CHECK(table.instructions().size() <= table.paths().size());
  }
  CarriedTable again(kPathsMax, kContentsMax);
  for (const auto& change : table.changes())
    again.apply(change);
  CHECK(again.paths().size() == table.paths().size());
  CHECK(again.contents() == table.contents());
  return 0;
}
