// Whose data was read, where one service serves many: customers, organisations, accounts of a provider. What
// was read of one of them belongs in nothing that goes to another.
//
//   tenants.read(5, leaves, words);      // [{"customer_id": "c-1", "email": "ann@one.example"}, …]
//   tenants.look({{"customer_id", "c-2"}}, "please tell ann@one.example", words)
//       →  Crossing{from "c-1", to "c-2", read in {5}}
//
// A record belongs to the tenant that one of its members names ("customer_id", "org"), else to the one that
// stands beside the list it is in. A call goes to a tenant when it names it, or a value of its own of one of
// its records (a ticket's id). What is said crosses when it holds a value of 8 bytes or more, or a whole line
// of 24 or more, that only records of other tenants have. Paraphrases and shorter values pass.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/json.h"
#include "flow/leaves.h"
#include "flow/words.h"

namespace weir::flow {

class Tenants {
 public:
  struct Crossing {
    std::string from, to;             // as results and calls name them
    std::vector<std::uint64_t> read;  // events that brought it
  };

  void read(std::uint64_t seq, const Leaves& leaves, const Words& words);

  // `said`: all that the call says, as flow::text_of() gives it. When more was read than is remembered, every
  // call that goes to one of several tenants crosses.
  std::optional<Crossing> look(const Json& input, std::string_view said, const Words& words) const;

  // With fewer than two nothing can cross.
  std::size_t count() const { return names_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  using Number = std::uint32_t;  // of a tenant, index into names_
  struct Value {
    std::string text;
    std::vector<std::pair<Number, std::uint64_t>> of;  // tenant and event; each tenant once
  };
  std::optional<Number> number_of(std::string_view name);
  void keep(std::string text, Number tenant, std::uint64_t seq);
  std::set<Number> targets(const Json& input, const Words& words) const;

  std::vector<std::string> names_;
  std::map<std::string, Number, std::less<>> by_name_;
  std::vector<Value> values_;
  std::unordered_map<std::string, std::size_t> by_text_;                 // into values_
  std::unordered_map<std::uint64_t, std::vector<std::size_t>> by_head_;  // by the first 8 bytes
  std::size_t bytes_ = 0;
  bool full_ = false;
};

}  // namespace weir::flow
