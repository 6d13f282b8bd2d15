// How far something can be trusted, who may see it, and what is in it: one lattice.
//
//   Label label = Label::of(Integrity::untrusted, 17);        // a web page, read at event 17
//   session.join(label);                                       // the session has seen it
//   session.integrity()  →  untrusted;   session.because(…)   →  {17}
//
// Integrity falls, confidentiality rises, categories gather, readers become fewer: join() takes the worse of
// each. It is associative, commutative and idempotent, and nothing here goes back; only what the session does
// on purpose lowers a label (an endorsed value, a narrow return), and that is recorded there.
//
// Each part remembers the events that brought it to where it is, so that a refusal can be explained.
// The lattice is that of Denning, A Lattice Model of Secure Information Flow, 1976, with integrity after
// Biba.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace weir::flow {

// The worse the greater.
enum class Integrity : std::uint8_t { trusted, user, workspace, untrusted };
enum class Confidentiality : std::uint8_t { open, internal, secret };  // "public", "internal", "secret"

std::string_view name(Integrity integrity);
std::string_view name(Confidentiality confidentiality);
std::optional<Integrity> integrity_from(std::string_view name);
std::optional<Confidentiality> confidentiality_from(std::string_view name);

class Label {
 public:
  // The numbers of the events that raised one part, ascending; of more than limits::kFlowCausesMax the first.
  using Causes = std::vector<std::uint64_t>;

  Label() = default;  // trusted, public, nothing in it, for everyone: the least
  Label(Integrity integrity, Confidentiality confidentiality, std::uint64_t cause);

  Integrity integrity() const { return integrity_; }
  Confidentiality confidentiality() const { return confidentiality_; }
  const std::vector<std::string>& categories() const { return categories_; }  // sorted: "credential", "pii" …
  // nullopt: everyone; an empty list: nobody.
  const std::optional<std::vector<std::string>>& readers() const { return readers_; }

  void add_category(std::string category);
  void restrict_to(std::vector<std::string> readers);

  void join(const Label& other);

  // This label but for the integrity, which is `other`'s with its causes: how a narrow return lowers a label
  // (owners.h). Nothing else is lowered by it.
  Label with_integrity_of(const Label& other) const;

  // Why the integrity, or the confidentiality, is what it is.
  const Causes& integrity_causes() const { return integrity_causes_; }
  const Causes& confidentiality_causes() const { return confidentiality_causes_; }

  // Equal in what it says; causes are not compared.
  bool says_the_same(const Label& other) const;
  // Nothing in it is worse than in `other`.
  bool at_most(const Label& other) const;

 private:
  Integrity integrity_ = Integrity::trusted;
  Confidentiality confidentiality_ = Confidentiality::open;
  std::vector<std::string> categories_;
  std::optional<std::vector<std::string>> readers_;
  Causes integrity_causes_;
  Causes confidentiality_causes_;
};

// {"categories":[…],"confidentiality":"internal","integrity":"untrusted","readers":[…]?,"because":[17]}
Json to_json(const Label& label);

}  // namespace weir::flow
