// The words by which tools and prompts are understood: content/flow/words.yaml, one place for all of them.
//
//   TRY(const auto words, Words::read(yaml, "flow/words.yaml"));
//   words.effects[*words.effect_of("sends")].name  →  "send"
//
// Words are compared by stem(), so that a list need not hold every form of each.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace weir::flow {

// "sending", "sends", "send" → "send"; "copies" → "copy". Good enough to compare two forms of one English
// word; not a word itself. Lower case ASCII goes in.
std::string stem(std::string_view word);

// The parts of a name or a text that are words: "get_userEmails" → "get", "user", "emails". Lower case.
std::vector<std::string> words_of(std::string_view text);

using WordSet = std::set<std::string, std::less<>>;

// One kind of thing that a call does.
struct Effect {
  std::string name;        // "send", "remove"
  bool changes = true;     // false: it only reads
  bool makes_new = false;  // what it makes did not exist: harmless where it names nobody
  WordSet tools;           // stems in the name or description of a tool
  WordSet asked;           // stems in a prompt that ask for it
};

struct Words {
  std::vector<Effect> effects;  // the first that fits counts
  WordSet things;               // words of effects that are names of things as well

  WordSet address, payload, setting, label;  // names of fields
  WordSet naming, selecting;             // of fields: what they hold names, or picks out, what is affected
  WordSet handed_over;                   // of fields: a task that somebody else does
  std::vector<WordSet> choices;          // values of settings that widen what is allowed, by kind
  WordSet prose, titles, audience;       // names of members of a result
  WordSet confidential;                  // in a tool's name: what it returns is confidential
  WordSet memory;                        // in a tool's name: it outlives the session
  WordSet visibility, restricted, open;  // who may see a record: member, and its values or flags
  WordSet identifying, tenant;           // members that name their record, and whose it is

  // Of an agent's own tools: programs that print what others wrote, directories that hold what others wrote,
  // hosts that are in so many texts that only a whole address there says anything.
  WordSet foreign_programs, foreign_folders, known_hosts;
  WordSet reading_programs;  // they only print what they read, whatever their options are

  WordSet before, each, many;                     // of a prompt
  WordSet links, link_words, errands, elsewhere;  // of a prompt
  std::vector<std::string> here;                  // phrases of a prompt

  // Errors: invalid for a file of another shape, with the place.
  static Result<Words> read(std::string_view yaml, std::string_view where);

  // The effect that a word of a tool's name or description stands for.
  std::optional<std::size_t> effect_of(std::string_view word) const;
};

}  // namespace weir::flow
