// A file that carries the label of the session that wrote it, and what a call has to do with it.
//
//   CarriedFile file{"/home/ann/p/setup.sh", CarriedFile::Use::runs, "claude-code:4f1…", 12, false};
//   sentence_of({file}) → "\"/home/ann/p/setup.sh\" was written in step 12 of session claude-code:4f1…, after
//                          that session had read text from outside."
//
// Likewise a file of the workspace that somebody committed whom the user has not named as an author.
//
// Which files carry a label is known to the rim (carried_table.h); the guard is told of those that a call
// reads or runs, and of instructions that an agent loads by itself, and records what it was told.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace weir::flow {

struct CarriedFile {
  enum class Use : std::uint8_t {
    reads,  // its text comes back as a result
    runs,   // a program or script
    loads   // an agent reads it by itself when a session begins: instructions, memory, skills
  };
  std::string path;  // of the file that the call concerns; a copy may have another than what was written
  Use use = Use::reads;
  std::string session;    // root of the session tree that wrote it; "" when no longer known
  std::uint64_t seq = 0;  // of the event that wrote it, in that tree
  bool own = false;       // that tree is the one of the call

  // Of a file that no session wrote: who has committed some of it and is none of the authors that the user
  // named, or why that is not known.
  static constexpr std::size_t kAuthorBytesMax = 128;
  std::string author = {};
  std::string doubt = {};
  bool committed() const { return !author.empty() || !doubt.empty(); }
  bool operator==(const CarriedFile&) const = default;
};

// "reads", "runs", "loads".
std::string_view name(CarriedFile::Use use);

// More are not told of one call; the first are as good as all.
inline constexpr std::size_t kCarriedMax = 8;

Json to_json(const std::vector<CarriedFile>& files);
// What is no such file is left out: it is our own record.
std::vector<CarriedFile> carried_from_json(const Json& json);

// Does the call run a file that another session wrote?
bool runs_carried(const std::vector<CarriedFile>& files);

// For a person: which file, and who wrote it; of several the one that is run, and how many more. "" for none.
std::string sentence_of(const std::vector<CarriedFile>& files);

}  // namespace weir::flow
