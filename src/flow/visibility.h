// Which named things are for a few and which for everybody, by what structured results said of them.
//
//   visibility.learn("github", leaves, words);                   // {"full_name": "acme/plans", "private":
//   true} visibility.of(names_in(input, meaning, words)).restricted    →  true for {"owner": "acme", "repo":
//   "plans"}
//
// A result that is free text says nothing here. Who could say something false is the tool itself: that a
// thing is for a few makes more of what is read private; that it is for a few makes a sink narrower only for
// tools of the same server.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "flow/leaves.h"
#include "flow/meaning.h"
#include "flow/words.h"

namespace weir::flow {

// What a call names: every text in a field that gives power, the most telling first ("acme/plans" before
// "acme" and "plans"). At most 64.
std::vector<std::string> names_in(const Json& input, const ToolMeaning& meaning, const Words& words);

class Visibility {
 public:
  struct Standing {
    bool restricted = false;
    bool open = false;
    bool by_server = false;  // the server that was asked about said that it is restricted
  };

  // `server`: the part of a tool's name before "/", "" when there is none.
  void learn(std::string_view server, const Leaves& leaves, const Words& words);

  // Of the most telling name that is known. Nothing, when none is; restricted when more things were told than
  // are remembered and one of them was.
  Standing of(std::string_view server, const std::vector<std::string>& names) const;

  bool empty() const { return things_.empty(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Thing {
    bool restricted = false;
    bool open = false;
    std::string server;  // that said it is restricted; another one's word later takes it away
  };
  void say(std::string_view server, std::string name, bool restricted);

  std::map<std::string, Thing, std::less<>> things_;  // by name, as compared; bounded
  std::size_t bytes_ = 0;
  bool full_ = false;
  bool any_restricted_ = false;
};

// "github/issue_read" → "github".
std::string_view server_of(std::string_view tool);

}  // namespace weir::flow
