#include "flow/arguments.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "flow/shape.h"

namespace weir::flow {
namespace {

constexpr int kDepthMax = 32;

bool is_person_or_account(std::string_view value) {
  const Shape shape = shape_of(value);
  return shape == Shape::mail || shape == Shape::account;
}

bool has_scheme(std::string_view value) {
  return value.find("://") != std::string_view::npos && value.find(' ') == std::string_view::npos;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 0x20);
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t' || text.front() == '\r'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

// "To: ann@x.org" → "to"; empty for a line that is no field of a letter's head (RFC 5322, 3.6).
std::string head_field(std::string_view line) {
  constexpr std::array<std::string_view, 12> kFields = {
      "from",    "to",   "cc",         "bcc",          "reply-to",  "sender",
      "subject", "date", "message-id", "mime-version", "resent-to", "content-type"};
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return {};
  const std::string name = lower(trimmed(line.substr(0, colon)));
  return std::find(kFields.begin(), kFields.end(), name) != kFields.end() ? name : std::string();
}

bool names_people(std::string_view field) {
  return field == "to" || field == "cc" || field == "bcc" || field == "reply-to" || field == "resent-to";
}

// "Ann Lee <ann@x.org>" (RFC 5322, 3.4) and "mailto:ann@x.org" (RFC 6068) mean the mailbox; every other text
// means itself. A name that could be read as another mailbox or a second one makes it another text.
std::string_view mailbox_of(std::string_view text) {
  constexpr std::string_view kScheme = "mailto:";
  if (lower(text.substr(0, kScheme.size())) == kScheme) {
    const auto rest = text.substr(kScheme.size());
    return shape_of(comparable(rest)) == Shape::mail ? rest : text;
  }
  const auto open = text.find('<');
  if (open == std::string_view::npos || !text.ends_with('>')) return text;
  if (text.substr(0, open).find_first_of("@,;:<>\r\n") != std::string_view::npos) return text;
  const auto inner = text.substr(open + 1, text.size() - open - 2);
  return shape_of(comparable(inner)) == Shape::mail ? inner : text;
}

class Walk {
 public:
  Walk(const ToolMeaning& meaning, const Words& words, const std::function<void(const Argument&)>& take)
      : meaning_(meaning), words_(words), take_(take) {}

  void value(std::string_view field, const Json& value, Role role, int depth) {
    if (depth > kDepthMax) {
      take_({field, Role::authority, "deeper than is looked at", nullptr, true});
    } else if (value.is_array()) {
      for (const auto& item : value.as_array())
        this->value(field, item, role, depth + 1);
    } else if (value.is_object()) {
      for (const auto& [key, member] : value.as_object()) {
        if (shape_of(comparable(key)) != Shape::other) take_({field, Role::authority, key});
        this->value(key, member, member_role(key, role), depth + 1);
      }
    } else if (value.is_string()) {
      text(field, value.as_string(), role, depth);
    } else if (value.is_bool()) {
      if (value.as_bool()) flag(field);
    } else if (!value.is_null()) {
      take_({field, role, canonical(value)});
    }
  }

 private:
  Role member_role(std::string_view key, Role outer) const {
    const Role own = meaning_.role(key, words_);
    if (outer != Role::payload) return own;
    const auto parts = words_of(key);
    const bool names = !parts.empty() && words_.naming.contains(parts.back());
    return own == Role::address || names ? own : Role::payload;
  }

  void text(std::string_view field, const std::string& text, Role role, int depth) {
    if (role == Role::payload) {
      said(field, text, depth);
    } else if (role == Role::address || has_scheme(text)) {
      take_({field, Role::address, text});
    } else if (role == Role::setting && is_person_or_account(comparable(text))) {
      take_({field, Role::authority, text});
    } else if (const WordSet* kind = role == Role::setting ? widening(text) : nullptr) {
      take_({field, Role::authority, text, kind});
    } else {
      take_({field, role, mailbox_of(text)});
    }
  }

  void said(std::string_view field, const std::string& text, int depth) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first != std::string::npos && (text[first] == '{' || text[first] == '['))
      if (const auto inner = parse_json(text); inner && (inner->is_object() || inner->is_array()))
        return value(field, *inner, Role::payload, depth + 1);
    const bool inside = depth > 1;  // of an object: a value of its own
    if (inside && is_person_or_account(comparable(text))) return take_({field, Role::authority, text});
    head(text);
    take_({field, Role::payload, text});
  }

  // The people in the head of a letter that is given as one text, or in lines smuggled into a text.
  void head(std::string_view text) {
    bool letter = false;
    for (std::size_t begin = 0, line_number = 0; begin < text.size(); ++line_number) {
      const auto end = std::min(text.find('\n', begin), text.size());
      const auto line = trimmed(text.substr(begin, end - begin));
      begin = end + 1;
      if (line.empty()) return;
      const std::string field = head_field(line);
      letter = letter || (line_number == 0 && !field.empty());
      // Behind a line break only what no prose holds: "bcc:".
      if (!names_people(field) || (!letter && field != "bcc" && field != "cc")) continue;
      const std::string folded = comparable(line);
      for (const auto mail : values_of_shape(folded, Shape::mail))
        take_({field, Role::authority, mail});
    }
  }

  void flag(std::string_view field) {
    for (const auto& word : words_of(field))
      for (const auto& kind : words_.choices)
        if (kind.contains(word)) return take_({field, Role::authority, "true", &kind});
  }

  const WordSet* widening(std::string_view choice) const {
    constexpr std::size_t kChoiceMax = 64;
    if (choice.size() > kChoiceMax) return nullptr;
    for (const auto& word : words_of(choice))
      for (const auto& kind : words_.choices)
        if (kind.contains(word)) return &kind;
    return nullptr;
  }

  const ToolMeaning& meaning_;
  const Words& words_;
  const std::function<void(const Argument&)>& take_;
};

}  // namespace

void each_argument(const Json& input, const ToolMeaning& meaning, const Words& words,
                   const std::function<void(const Argument&)>& take) {
  if (!input.is_object()) return;
  Walk walk(meaning, words, take);
  for (const auto& [field, value] : input.as_object())
    walk.value(field, value, meaning.role(field, words), 1);
}

}  // namespace weir::flow
