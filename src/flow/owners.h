// Who of a session tree brought the untrusted text: the main agent, or a sub-agent whose answer was all that
// the main agent got of it.
//
//   Owners owners;
//   owners.bring(Label(Integrity::untrusted, …, 9), "a42f");   // sub-agent a42f read a page
//   owners.of_main().integrity()                               →  untrusted: it may tell what it read
//   owners.lower({"a42f", 12, NarrowKind::boolean});           // all that it told was "yes"
//   owners.of_main().integrity()                               →  workspace, because of 12
//   owners.reopen("a42f");                                     // it goes on: it may tell more
//
// Integrity alone is kept here. The label of the tree (session.h) is the join of everything and is never
// lowered; it judges sub-agents, which may have seen anything. At most kOwnersMax sub-agents are told apart
// and kLoweredMax answers remembered; what exceeds that is the main agent's for good.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "flow/label.h"
#include "flow/narrow.h"

namespace weir::flow {

class Owners {
 public:
  static constexpr std::size_t kOwnersMax = 256;
  static constexpr std::size_t kLoweredMax = 256;

  // `owner`: id of a sub-agent, "" the main agent.
  void bring(const Label& label, std::string_view owner);

  // It brought something that could be lowered.
  bool has_brought(std::string_view owner) const;
  // The sub-agent has returned, and narrowly. False, and nothing is changed, when it has brought nothing, has
  // been lowered before, or too many have been.
  bool lower(NarrowReturn narrow);
  // It does something again.
  void reopen(std::string_view owner);

  // Returns that lower the label of the main agent now, in their order.
  const std::vector<NarrowReturn>& lowered() const { return lowered_; }
  // What the main agent can have seen; its integrity and the causes of that are what counts.
  const Label& of_main() const { return of_main_; }

 private:
  struct SubAgent {
    std::string id;
    Label brought;  // untrusted
  };
  bool is_lowered(std::string_view owner) const;
  void join_all();

  Label own_;  // of the main agent, and of who is not told apart
  std::vector<SubAgent> sub_agents_;
  std::vector<NarrowReturn> lowered_;
  std::size_t lowerings_ = 0;  // ever
  Label of_main_;
};

}  // namespace weir::flow
