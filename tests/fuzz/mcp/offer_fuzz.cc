// Offers from anyone, one after the other in the same pins: what a client would be shown of them is what was
// pinned first or what a person took over, and pins are the same after they were kept.
#include <cstdint>
#include <map>

#include "mcp/pins.h"
#include "mcp/screen.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  const auto lists = parse_json({reinterpret_cast<const char*>(data), size});
  if (!lists || !lists->is_array()) return 0;
  mcp::Pins pins;
  std::map<std::string, std::string> first;  // digests
  bool complete = false;
  for (const auto& list : lists->as_array()) {
    const auto items = mcp::offered_in(mcp::OfferKind::tool, list);
    if (!items) continue;
    const auto look = pins.look({mcp::OfferKind::tool, *items, true, true}, 1);
    CHECK(look.items.size() == items->size());
    for (std::size_t i = 0; i < items->size(); ++i) {
      const auto& item = (*items)[i];
      (void)mcp::hidden_text_in(item.descriptor);
      (void)mcp::skeleton(item.name);
      const auto state = look.items[i].state;
      if (state == mcp::PinState::first) {
        CHECK(!complete);
        first[item.name] = item.digest;
      }
      if (state == mcp::PinState::same) CHECK(first.at(item.name) == item.digest);
    }
    complete = true;
    const auto again = mcp::Pins::from_json(pins.to_json());
    CHECK(again.has_value() && canonical(again->to_json()) == canonical(pins.to_json()));
    (void)pins.diff();
  }
  return 0;
}
