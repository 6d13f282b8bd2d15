// JSON read in place: a document that is parsed once, and views into it that copy nothing.
//
//   JsonDocument document;                         // kept and used again for every line
//   TRY(JsonView row, document.parse(line));
//   std::string_view tool = row["tool_name"].text_or("");
//   for (const auto& [key, value] : row.members()) …
//   Json input = row["input"].to_json();           // a value of its own, where one is needed
//
// As strict as parse_json(), which is made of it: UTF-8, duplicate keys refused, size and depth limited,
// exact 64-bit integers. A view is three words and reads the tape that simdjson writes (its doc/tape.md); it
// holds as long as the document is neither parsed into again nor destroyed. Reading a member is linear in the
// number of members before it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/json.h"

namespace weir {

class JsonView {
 public:
  JsonView() = default;  // null

  bool is_null() const { return tag() == 'n'; }
  bool is_bool() const { return tag() == 't' || tag() == 'f'; }
  bool is_int() const;     // as Json: fits int64
  bool is_uint64() const;  // only above INT64_MAX
  bool is_double() const { return tag() == 'd'; }
  bool is_number() const { return is_int() || is_uint64() || is_double(); }
  bool is_string() const { return tag() == '"'; }
  bool is_array() const { return tag() == '['; }
  bool is_object() const { return tag() == '{'; }

  // Forgiving access: the value, or the fallback when the type does not fit.
  std::string_view text_or(std::string_view fallback) const;
  std::int64_t int_or(std::int64_t fallback) const;
  bool bool_or(bool fallback) const;

  // Member of an object; a null view when absent or not an object.
  JsonView operator[](std::string_view key) const;

  // The values of an array, the members of an object; nothing for any other type.
  class Items;
  class Members;
  Items items() const;
  Members members() const;

  Json to_json() const;

 private:
  friend class JsonDocument;
  JsonView(const std::uint64_t* tape, const std::uint8_t* strings, std::size_t at)
      : tape_(tape), strings_(strings), at_(at) {}
  char tag() const { return tape_ == nullptr ? 'n' : static_cast<char>(tape_[at_] >> 56); }
  std::uint64_t payload() const { return tape_[at_] & ((std::uint64_t{1} << 56) - 1); }
  std::string_view text() const;
  std::size_t after() const;  // where the next value begins

  const std::uint64_t* tape_ = nullptr;
  const std::uint8_t* strings_ = nullptr;
  std::size_t at_ = 0;
};

class JsonView::Items {
 public:
  class Iterator {
   public:
    explicit Iterator(JsonView at) : at_(at) {}
    JsonView operator*() const { return at_; }
    Iterator& operator++() {
      at_.at_ = at_.after();
      return *this;
    }
    bool operator!=(const Iterator& other) const { return at_.at_ != other.at_.at_; }

   private:
    JsonView at_;
  };
  Iterator begin() const { return Iterator(first_); }
  Iterator end() const { return Iterator(last_); }

 private:
  friend class JsonView;
  JsonView first_;
  JsonView last_;
};

struct JsonViewMember {
  std::string_view key;
  JsonView value;
};

class JsonView::Members {
 public:
  class Iterator {
   public:
    explicit Iterator(JsonView at) : at_(at) {}
    JsonViewMember operator*() const;
    Iterator& operator++();
    bool operator!=(const Iterator& other) const { return at_.at_ != other.at_.at_; }

   private:
    JsonView at_;  // the key
  };
  Iterator begin() const { return Iterator(first_); }
  Iterator end() const { return Iterator(last_); }

 private:
  friend class JsonView;
  JsonView first_;
  JsonView last_;
};

class JsonDocument {
 public:
  JsonDocument();
  ~JsonDocument();
  JsonDocument(JsonDocument&&) noexcept;
  JsonDocument& operator=(JsonDocument&&) noexcept;

  // That many bytes behind a text make parsing it possible without copying it first.
  static constexpr std::size_t kPaddingBytes = 64;

  // One document; errors are those of parse_json(). `readable_after`: bytes that may be read behind the text,
  // whatever they hold. Views of the last document die. Memory for a large document is given back with the
  // next small one.
  Result<JsonView> parse(std::string_view text, const JsonLimits& limits = {},
                         std::size_t readable_after = 0);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace weir
