// Secrets out of what people are shown: base's redact(), and the secret rules where a text may need them.
//
//   Redactor redactor;
//   out << redactor.line(command, 160);
//   out << compact(redactor.json(body));
//
// The rules take tenths of a second to compile. They are compiled when the first text comes that holds what a
// token looks like: twenty characters of base64 in a row with letters and digits among them.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"

namespace weir::cli {

class Redactor {
 public:
  Redactor();
  Redactor(Redactor&&) noexcept;
  Redactor& operator=(Redactor&&) noexcept;
  ~Redactor();

  std::string text(std::string_view text);
  // On one line, printable and cut. As in base, only the first 16 KiB are looked at.
  std::string line(std::string_view text, std::size_t bytes_max);
  // Every text of a document; names of members stay.
  Json json(const Json& document);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir::cli
