#include "mcp/pins.h"

#include <algorithm>

#include "base/bytes.h"

namespace weir::mcp {
namespace {

constexpr std::size_t kTextBytesMax = 64 * limits::kKiB;  // instructions
constexpr int kVersion = 1;

Json pin_json(const Pins::Pin& pin) {
  Json json = Json::object({{"digest", pin.digest}, {"item", pin.descriptor}});
  if (pin.approved) json.set("approved", true);
  return json;
}

void add_line(std::string& text, std::string_view mark, std::string_view line) {
  text += std::string(mark) + printable(line, 4000) + "\n";
}

// Member by member, so that a person sees what changed.
void add_item_diff(std::string& text, const Json& before, const Json& now) {
  std::set<std::string> keys;
  for (const Json* json : {&before, &now})
    if (json->is_object())
      for (const auto& [key, value] : json->as_object())
        keys.insert(key);
  for (const auto& key : keys) {
    const Json& was = before[key];
    const Json& is = now[key];
    if (canonical(was) == canonical(is)) continue;
    const auto shown = [](const Json& value) {
      return value.is_string() ? value.as_string() : compact(value);
    };
    if (!was.is_null()) add_line(text, "    - " + key + ": ", shown(was));
    if (!is.is_null()) add_line(text, "    + " + key + ": ", shown(is));
  }
}

}  // namespace

std::string_view name(PinState state) {
  constexpr std::string_view kNames[] = {"first", "same", "changed", "added", "repeated"};
  return kNames[static_cast<std::size_t>(state)];
}

Look Pins::look(const Offer& offer, std::int64_t now_ns) {
  if (first_seen_ns_ == 0) first_seen_ns_ = now_ns;
  if (offer.first_page) {
    page_.clear();
    std::erase_if(repeated_, [&](const auto& key) { return key.first == offer.kind; });
    // A list that never ended is over when the next one begins: else everything would be a first offer for
    // ever.
    const bool any =
        std::ranges::any_of(pinned_, [&](const auto& one) { return one.first.first == offer.kind; });
    if (any) listed_.emplace(name(offer.kind));
  }
  Look look;
  for (const auto& item : offer.items) {
    const Key key{offer.kind, item.name};
    const auto pinned = pinned_.find(key);
    LookItem found{.name = item.name};
    const bool again = !page_.insert(key).second;
    if (item.repeated || again) {
      found.state = PinState::repeated;
      repeated_.insert(key);
    } else if (pinned == pinned_.end() && !known(offer.kind)) {
      pinned_[key] = {item.digest, item.descriptor};
      found.state = PinState::first;
    } else if (pinned != pinned_.end() && pinned->second.digest == item.digest) {
      waiting_.erase(key);
      found.approved = pinned->second.approved;
    } else {
      found.state = pinned == pinned_.end() ? PinState::added : PinState::changed;
      Pin now{item.digest, item.descriptor};
      if (waiting_[key] != now) changed_ns_ = now_ns;
      waiting_[key] = std::move(now);
    }
    look.items.push_back(std::move(found));
  }
  if (!offer.last_page) return look;
  listed_.emplace(name(offer.kind));
  for (const auto& [key, pin] : pinned_)
    if (key.first == offer.kind && !page_.contains(key)) look.removed.push_back(key.second);
  std::erase_if(waiting_,
                [&](const auto& one) { return one.first.first == offer.kind && !page_.contains(one.first); });
  return look;
}

const Pins::Pin* Pins::find(OfferKind kind, const std::string& name) const {
  const Key key{kind, name};
  if (const auto waits = waiting_.find(key); waits != waiting_.end()) return &waits->second;
  const auto pinned = pinned_.find(key);
  return pinned == pinned_.end() ? nullptr : &pinned->second;
}

std::set<std::string> Pins::tools() const {
  std::set<std::string> names;
  for (const auto& [key, pin] : pinned_)
    if (key.first == OfferKind::tool) names.insert(key.second);
  return names;
}

std::optional<LookItem> Pins::look_called(OfferKind kind, const std::string& name) const {
  const Key key{kind, name};
  if (repeated_.contains(key)) return LookItem{name, PinState::repeated, false};
  const auto pinned = pinned_.find(key);
  if (const auto waits = waiting_.find(key); waits != waiting_.end())
    return LookItem{name, pinned == pinned_.end() ? PinState::added : PinState::changed, false};
  if (pinned == pinned_.end()) return std::nullopt;
  return LookItem{name, PinState::same, pinned->second.approved};
}

PinState Pins::look_text(Text& text, const std::string& value, std::int64_t now_ns) {
  if (first_seen_ns_ == 0) first_seen_ns_ = now_ns;
  if (!text.pinned) {
    text.pinned = value;
    return PinState::first;
  }
  if (*text.pinned == value) {
    text.now.reset();
    return PinState::same;
  }
  if (text.now != value) changed_ns_ = now_ns;
  text.now = value;
  return PinState::changed;
}

PinState Pins::look_instructions(const std::string& text, std::int64_t now_ns) {
  return look_text(instructions_, text.substr(0, kTextBytesMax), now_ns);
}

PinState Pins::instructions_state() const {
  return instructions_.now ? PinState::changed : PinState::same;
}

std::vector<std::string> Pins::approve(const std::vector<std::string>& names, std::int64_t now_ns) {
  const auto meant = [&](const std::string& one) {
    return names.empty() || std::ranges::find(names, one) != names.end();
  };
  std::vector<std::string> taken;
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    if (!meant(it->first.second)) {
      ++it;
      continue;
    }
    pinned_[it->first] = std::move(it->second);
    taken.push_back(it->first.second);
    it = waiting_.erase(it);
  }
  // Also of what is as pinned: what speaks against a description is answered by the same word.
  for (auto& [key, pin] : pinned_) {
    if (pin.approved || !meant(key.second)) continue;
    pin.approved = true;
    if (std::ranges::find(taken, key.second) == taken.end()) taken.push_back(key.second);
  }
  if (instructions_.pinned && meant("instructions") && (instructions_.now || !instructions_.approved)) {
    if (instructions_.now) instructions_.pinned = std::move(instructions_.now);
    instructions_.now.reset();
    instructions_.approved = true;
    taken.emplace_back("instructions");
  }
  if (!taken.empty()) changed_ns_ = now_ns;
  return taken;
}

bool Pins::waits() const {
  return !waiting_.empty() || instructions_.now;
}

std::string Pins::diff() const {
  std::string text;
  if (instructions_.now) {
    text += "  instructions changed\n";
    add_line(text, "    - ", *instructions_.pinned);
    add_line(text, "    + ", *instructions_.now);
  }
  for (const auto& [key, pin] : waiting_) {
    const auto before = pinned_.find(key);
    const bool is_new = before == pinned_.end();
    add_line(text, "  ", std::string(name(key.first)) + " " + key.second + (is_new ? " added" : " changed"));
    add_item_diff(text, is_new ? Json() : before->second.descriptor, pin.descriptor);
  }
  return text;
}

Json Pins::summary() const {
  Json counts = Json::object();
  for (const auto kind : {OfferKind::tool, OfferKind::prompt, OfferKind::resource_template})
    counts.set(name(kind), static_cast<std::int64_t>(std::ranges::count_if(
                               pinned_, [&](const auto& one) { return one.first.first == kind; })));
  Json waiting = Json::array();
  for (const auto& [key, pin] : waiting_)
    waiting.push(Json::object({{"kind", name(key.first)},
                               {"name", key.second},
                               {"state", pinned_.contains(key) ? "changed" : "added"}}));
  if (instructions_.now) waiting.push(Json::object({{"kind", "instructions"}, {"state", "changed"}}));
  return Json::object({{"first_seen_ns", first_seen_ns_},
                       {"changed_ns", changed_ns_},
                       {"pinned", std::move(counts)},
                       {"waiting", std::move(waiting)}});
}

Json Pins::to_json() const {
  const auto items = [](const std::map<Key, Pin>& pins) {
    Json all = Json::object();
    for (const auto& [key, pin] : pins) {
      Json* group = all.find(name(key.first));
      if (group == nullptr) {
        all.set(name(key.first), Json::object());
        group = all.find(name(key.first));
      }
      group->set(key.second, pin_json(pin));
    }
    return all;
  };
  const auto text = [](const Text& one) {
    Json json = Json::object();
    if (one.pinned) json.set("pinned", *one.pinned);
    if (one.now) json.set("now", *one.now);
    if (one.approved) json.set("approved", true);
    return json;
  };
  Json listed = Json::array();
  for (const auto& one : listed_)
    listed.push(one);
  Json repeated = Json::array();
  for (const auto& [kind, item] : repeated_)
    repeated.push(Json::array({name(kind), item}));
  return Json::object({{"v", kVersion},
                       {"repeated", std::move(repeated)},
                       {"first_seen_ns", first_seen_ns_},
                       {"changed_ns", changed_ns_},
                       {"listed", std::move(listed)},
                       {"pinned", items(pinned_)},
                       {"waiting", items(waiting_)},
                       {"instructions", text(instructions_)}});
}

Result<Pins> Pins::from_json(const Json& json) {
  if (json["v"].int_or(0) != kVersion) return fail("not pins of this version", "v");
  Pins pins;
  pins.first_seen_ns_ = json["first_seen_ns"].int_or(0);
  pins.changed_ns_ = json["changed_ns"].int_or(0);
  if (!json["listed"].is_array()) return fail("must be a list", "listed");
  for (const auto& one : json["listed"].as_array())
    pins.listed_.emplace(one.text_or(""));
  if (!json["repeated"].is_array()) return fail("must be a list", "repeated");
  for (const auto& one : json["repeated"].as_array()) {
    const auto kind = one.is_array() && one.as_array().size() == 2 ? offer_kind(one.as_array()[0].text_or(""))
                                                                   : std::nullopt;
    if (!kind) return fail("not a kind of offer", "repeated");
    pins.repeated_.emplace(*kind, one.as_array()[1].text_or(""));
  }
  for (auto [member, target] : {std::pair{"pinned", &pins.pinned_}, std::pair{"waiting", &pins.waiting_}}) {
    if (!json[member].is_object()) return fail("must be an object", member);
    for (const auto& [kind_name, group] : json[member].as_object()) {
      const auto kind = offer_kind(kind_name);
      if (!kind || !group.is_object()) return fail("not a kind of offer", member);
      for (const auto& [item, pin] : group.as_object()) {
        if (!pin["digest"].is_string()) return fail("a pin without a digest", member);
        (*target)[{*kind, item}] = {pin["digest"].as_string(), pin["item"], pin["approved"].bool_or(false)};
      }
    }
  }
  const Json& text = json["instructions"];
  if (text.has("pinned")) pins.instructions_.pinned = std::string(text["pinned"].text_or(""));
  if (text.has("now")) pins.instructions_.now = std::string(text["now"].text_or(""));
  pins.instructions_.approved = text["approved"].bool_or(false);
  return pins;
}

}  // namespace weir::mcp
