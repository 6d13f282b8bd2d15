// Finds texts in bytes that come in pieces and puts others, as long, in their place: a credential that a
// server says back becomes its placeholder again.
//
//   Masker masker({{.find = value, .put = placeholder}});
//   masker.take(bytes, out);     // appends what is decided; the beginning of a text stays behind
//   masker.finish(out);          // the rest
//   masker.found()               // which one occurred, if any
//
// What is held back is never longer than the longest text, and nothing is while nothing looks like the
// beginning of one, so that a stream of events is not delayed.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weir::gateway {

struct MaskedText {
  std::string find;  // not empty
  std::string put;   // of the same length
  bool any_case = false;
  std::size_t of = 0;  // for who asks which of them was found
};

// The forms in which a value may come back: as it is, in either case; percent-encoded; with JSON's \/; as the
// inside of base64, which has three forms by where it begins.
std::vector<MaskedText> forms_of(std::string_view value, std::string_view placeholder);

class Masker {
 public:
  using Texts = std::shared_ptr<const std::vector<MaskedText>>;

  explicit Masker(Texts texts);

  void take(std::string_view bytes, std::string& out);
  void finish(std::string& out);
  const MaskedText* found() const { return found_; }  // the first one; null: none
  std::size_t held() const { return held_.size(); }

 private:
  void scan(std::string& out, bool last);

  Texts texts_;
  std::array<bool, 256> begins_{};
  std::string held_;
  const MaskedText* found_ = nullptr;
};

// All at once.
std::string masked(const Masker::Texts& texts, std::string_view bytes);

}  // namespace weir::gateway
