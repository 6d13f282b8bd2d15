// Which files carry the label of an untrusted session: by path, and by content for copies that nobody saw
// being made.
//
//   CarriedTable table;
//   table.apply({.op = Change::Op::write, .path = "/p/x.sh", .session = "claude-code:4f1…", .seq = 12});
//   table.at("/p/x.sh")            → who wrote it
//   table.below("/p")              → the same, for who reads a whole directory
//   table.apply({.op = Change::Op::clear, .path = "/p/x.sh"});   // overwritten by a session that read
//   nothing
//
// A table is what its changes made of it, so a file of changes is the table (docs/formats/carried.md).
//
// Its horizon is cautious: past kCarriedPathsMax paths the directory with the most of them stands for all
// that lies below it, whoever wrote it. Of contents the latest kCarriedContentsMax are known; copies of older
// ones that were made out of sight are not recognised, and forgotten_contents() says so.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/json.h"

namespace weir::flow {

inline constexpr std::size_t kCarriedPathsMax = 2048;  // about half a megabyte
inline constexpr std::size_t kCarriedContentsMax = 2048;
inline constexpr std::size_t kCarriedPathBytesMax = 4096;  // PATH_MAX

// One thing that happened to a file.
struct Change {
  enum class Op : std::uint8_t {
    write,    // an untrusted session wrote `path`
    below,    // it wrote anything at or below the directory `path`
    content,  // this is what `path`, or "" a file that is gone, holds since
    clear,    // a session that had read nothing untrusted overwrote it
    gone,     // it is no longer there; its content may lie elsewhere
    vouch     // a person let it run or looked through it: path and content carry nothing any more
  };
  Op op = Op::write;
  std::string path;  // absolute
  std::string session = {};
  std::uint64_t seq = 0;
  bool instructions = false;  // agents read it by themselves
  std::uint64_t size = 0;     // of content
  std::string digest = {};    // of content: "sha256:" and 64 hexadecimal digits
  bool operator==(const Change&) const = default;
};
Json to_json(const Change& change);
// Errors: invalid, naming the member.
Result<Change> change_from_json(const Json& json);

class CarriedTable {
 public:
  struct Entry {
    std::string session;  // "" when several wrote below a directory
    std::uint64_t seq = 0;
    bool below = false;  // for a directory: all in it
    bool instructions = false;
    std::string digest;  // of the content last known, "" for none
  };
  using Paths = std::map<std::string, Entry, std::less<>>;

  explicit CarriedTable(std::size_t paths_max = kCarriedPathsMax,
                        std::size_t contents_max = kCarriedContentsMax)
      : paths_max_(paths_max), contents_max_(contents_max) {}

  void apply(const Change& change);

  bool empty() const { return paths_.empty() && contents_.empty(); }
  // The file itself, or a directory above it of which all counts; nullptr: it carries nothing.
  const Entry* at(std::string_view path) const;
  // Anything at, above or below a directory.
  const Entry* below(std::string_view directory) const;
  // Might a file of this size be a copy? Only then its digest is worth having.
  bool has_size(std::uint64_t size) const { return contents_.contains(size); }
  const Entry* copy(std::uint64_t size, std::string_view digest) const;
  bool knows_content(std::string_view digest) const;
  // Of this size, whatever it is: for files too long to be digested in passing.
  const Entry* of_size(std::uint64_t size) const;

  const Paths& paths() const { return paths_; }
  const std::set<std::string, std::less<>>& instructions() const { return instructions_; }
  std::size_t directories() const { return directories_; }
  std::size_t contents() const { return order_.size(); }
  std::uint64_t forgotten_contents() const { return forgotten_contents_; }

  // The fewest changes that make this table from an empty one.
  std::vector<Change> changes() const;

 private:
  void put(const Change& change, bool below);
  void remove(std::string_view path);
  void remove_below(std::string_view directory);
  void add_content(const Change& change);
  void drop_content(std::string_view digest);
  void make_room();
  std::string busiest_directory() const;

  std::size_t paths_max_;
  std::size_t contents_max_;
  Paths paths_;
  std::set<std::string, std::less<>> instructions_;          // paths of entries that are
  std::size_t directories_ = 0;                              // entries that stand for all below
  std::map<std::uint64_t, std::vector<Entry>> contents_;     // by size
  std::deque<std::pair<std::uint64_t, std::string>> order_;  // size and digest, oldest first
  std::uint64_t forgotten_contents_ = 0;
};

// Is it a file that coding agents read by themselves when they begin, by its name?
bool is_instruction_file(std::string_view path);
// Where agents that work in `cwd` look for such files: in its home, in `cwd` and in the directories above, at
// most 64.
std::vector<std::string> instruction_places(std::string_view cwd, std::string_view home);
// Would an agent that works in `cwd` load this instruction file? Those of its home, of its directory and of
// the directories above.
bool is_loaded_in(std::string_view path, std::string_view cwd, std::string_view home);

}  // namespace weir::flow
