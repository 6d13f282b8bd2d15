// What a call is given, value by value, each with the role it plays, however deep or dressed up it lies.
//
//   each_argument(input, meaning, words, [](const Argument& one) { … });
//   {"message": {"to": "ann@x.org", "text": "hi"}} → {to, authority, "ann@x.org"} {text, payload, "hi"}
//
// A tool's description says what its fields are; what is in them may say more, and only to the cautious side:
// * a member of something that is said ("message": {…}) is said too, unless its name names somebody or it is
// a
//   mail address or an account as a whole; text that is JSON is read like JSON; the head of a letter ("To:
//   …") names people;
// * a setting that is a mail address, an account or has a scheme (https://) is none;
// * a choice that gives more than the usual ("owner", "public": words.yaml) gives power;
// * names of members that are addresses are values.
#pragma once

#include <functional>
#include <string_view>

#include "base/json.h"
#include "flow/meaning.h"
#include "flow/words.h"

namespace weir::flow {

struct Argument {
  std::string_view field;  // name of the innermost member
  Role role = Role::authority;
  std::string_view text;            // a text, or a number as written; only until the callback returns
  const WordSet* widens = nullptr;  // a choice that gives more: one of these words asks for it
  bool unread = false;              // `text` says why what lies here was not looked at
};

// Every text and number, and every flag that widens. `input` that is no object has no field. Deeper than 32
// is unread.
void each_argument(const Json& input, const ToolMeaning& meaning, const Words& words,
                   const std::function<void(const Argument&)>& take);

}  // namespace weir::flow
