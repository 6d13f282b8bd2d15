// What a person plainly asked for, read from the prompts without a model. A planner that the user has
// configured may widen it (planner.h).
//
//   Plan plan = read_plan("Summarize the article that Bob posted and send it to Alice.", words);
//   plan.asks_for(words.effects[send])   true: "send" is an order
//   plan.follows_links                   true: an article is to be read whose address is not given
//   contains_value(plan.text, "alice")   true: the user named her
//
// A plan allows, it never forbids: a call that it does not foresee is only without its endorsement. Orders
// are verbs in the places where English puts an order: at the begin of a clause, after "please", "and", "to"…
// . Quoted texts are things to be said, no orders. Read too much and an attack passes, read too little and a
// person is asked once more; in doubt nothing is read.
#pragma once

#include <string>
#include <string_view>

#include "flow/words.h"

namespace weir::flow {

struct Plan {
  std::string text;            // all of it, folded
  WordSet orders;              // stems
  bool follows_links = false;  // a page is to be read whose address stands elsewhere
  bool wants_link = false;     // the address itself is wanted
  bool errands = false;        // what is to be done stands elsewhere: "do the tasks in Ann's mail"
  bool many = false;           // more than one is meant, or one that has to be found first
  WordSet effects;             // names of effects that a planner found to be asked for
  WordSet meant;               // values, as compared, that a planner says the prompt names something by

  bool asks_for(const Effect& effect) const;
  // A planner says so; the words, as they are read here, do not.
  bool only_planned(const Effect& effect) const;
};

Plan read_plan(std::string_view prompts, const Words& words);

}  // namespace weir::flow
