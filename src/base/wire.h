// Values as the bytes of one message between two copies of one program on one machine: for what passes
// between a pod, its supervisor and the egress proxy. Not a format to be kept, and not JSON, whose reader
// takes longer to load than a pod to build.
//
//   const std::string bytes = WireWriter().number(7).text("seven").take();
//   WireReader in(bytes);
//   const auto number = in.number();
//   const auto text = in.text();
//   if (!in.ok_to_the_end()) ...        // cut short, or more than was read
//
//   text    4 bytes length, little-endian, and the bytes       number  8 bytes, little-endian
//   list    number of items, and the items                     flag    a number, 0 or 1
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

class WireWriter {
 public:
  WireWriter& number(std::uint64_t value);
  WireWriter& flag(bool value) { return number(static_cast<std::uint64_t>(value)); }
  WireWriter& text(std::string_view value);  // shorter than 4 GiB
  std::string take() { return std::move(bytes_); }

 private:
  WireWriter& put(std::uint64_t value, std::size_t size);
  std::string bytes_;
};

// After the first thing that is not there everything is 0 and empty, and ok_to_the_end() says so.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : left_(bytes) {}

  std::uint64_t number();
  bool flag() { return number() == 1; }
  std::string text();
  // How many items follow; more than `items_max` are an error.
  std::size_t items(std::size_t items_max);
  bool ok() const { return ok_; }
  bool ok_to_the_end() const { return ok_ && left_.empty(); }

 private:
  std::string_view take(std::uint64_t size);
  std::uint64_t get(std::size_t size);

  std::string_view left_;
  bool ok_ = true;
};

}  // namespace weir
