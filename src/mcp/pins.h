// What a server offered when it was last trusted, held against what it offers now. The first offer is trusted
// (as ssh does with host keys); after that nothing that a model reads of it changes, appears or returns
// changed without a person's word.
//
//   Pins pins;                                         // of one server, empty when it was never seen
//   const Look look = pins.look(offer, now);           // pins what is new of a server's first offer
//   for (const auto& item : look.items) … item.state
//   pins.approve({"create_issue"});                    // what it offers now, from now on
//
// A rename is a tool that went and one that came: the one that came waits. Values only; the daemon keeps them
// (docs/formats/mcp-pins.md).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/offer.h"

namespace weir::mcp {

enum class PinState {
  first,    // pinned now: the server's first offer
  same,     // as pinned
  changed,  // pinned with another digest
  added,    // not among those that were pinned
  repeated  // two items of one name: which one is called is anybody's guess
};
std::string_view name(PinState state);

// One list of a server, or a page of it.
struct Offer {
  OfferKind kind = OfferKind::tool;
  std::vector<Offered> items;
  bool first_page = true;
  bool last_page = true;
};

struct LookItem {
  std::string name;
  PinState state = PinState::same;
  bool approved = false;  // a person said so of this very digest
};

struct Look {
  std::vector<LookItem> items;       // as in the offer
  std::vector<std::string> removed;  // were pinned and are not offered any more; told with the last page
};

class Pins {
 public:
  struct Pin {
    std::string digest;
    Json descriptor;
    bool approved = false;
    bool operator==(const Pin&) const = default;
  };

  Look look(const Offer& offer, std::int64_t now_ns);
  // The state of an item that is called; none when the server never offered it.
  // Pinned, or waiting; null when the server never offered it.
  const Pin* find(OfferKind kind, const std::string& name) const;
  // Names of the tools that are pinned.
  std::set<std::string> tools() const;
  std::optional<LookItem> look_called(OfferKind kind, const std::string& name) const;
  // Of its instructions: first, same or changed. Empty instructions are an offer like any other.
  PinState look_instructions(const std::string& text, std::int64_t now_ns);
  PinState instructions_state() const;
  bool instructions_approved() const { return instructions_.approved; }

  // Takes over what is offered now: of these names, or everything for none. Returns what was taken over.
  std::vector<std::string> approve(const std::vector<std::string>& names, std::int64_t now_ns);
  // Does anything wait for a person?
  bool waits() const;

  // Text for people: what was pinned and what is offered, item by item, "" when nothing differs.
  std::string diff() const;
  Json summary() const;  // {"first_seen","changed","tools":{…counts},"waiting":[…]}

  Json to_json() const;
  static Result<Pins> from_json(const Json& json);

 private:
  using Key = std::pair<OfferKind, std::string>;
  struct Text {
    std::optional<std::string> pinned;
    std::optional<std::string> now;  // offered last, when it differs
    bool approved = false;           // a person said so of what is pinned
    bool operator==(const Text&) const = default;
  };
  PinState look_text(Text& text, const std::string& value, std::int64_t now_ns);
  bool known(OfferKind kind) const { return listed_.contains(name(kind)); }

  std::map<Key, Pin> pinned_;
  std::map<Key, Pin> waiting_;                 // offered last, and other than pinned or not pinned
  std::set<std::string, std::less<>> listed_;  // kinds whose first list was complete
  std::set<Key> repeated_;                     // offered twice, as far as the last list was seen
  std::set<Key> page_;                         // names of the pages so far
  Text instructions_;
  std::int64_t first_seen_ns_ = 0;
  std::int64_t changed_ns_ = 0;
};

}  // namespace weir::mcp
