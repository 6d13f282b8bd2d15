#include "base/wire.h"

namespace weir {
namespace {

constexpr std::size_t kLengthBytes = 4;
constexpr std::size_t kNumberBytes = 8;

}  // namespace

WireWriter& WireWriter::number(std::uint64_t value) {
  return put(value, kNumberBytes);
}

WireWriter& WireWriter::text(std::string_view value) {
  put(value.size(), kLengthBytes);
  bytes_ += value;
  return *this;
}

WireWriter& WireWriter::put(std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i)
    bytes_ += static_cast<char>(value >> (8 * i) & 0xff);
  return *this;
}

std::uint64_t WireReader::number() {
  return get(kNumberBytes);
}

std::string WireReader::text() {
  const std::uint64_t size = get(kLengthBytes);
  return std::string(take(size));
}

std::size_t WireReader::items(std::size_t items_max) {
  const std::uint64_t count = number();
  if (count > items_max) ok_ = false;
  return ok_ ? static_cast<std::size_t>(count) : 0;
}

std::string_view WireReader::take(std::uint64_t size) {
  if (size > left_.size()) ok_ = false;
  if (!ok_) return {};
  const std::string_view bytes = left_.substr(0, size);
  left_.remove_prefix(size);
  return bytes;
}

std::uint64_t WireReader::get(std::size_t size) {
  std::uint64_t value = 0;
  const std::string_view bytes = take(size);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    value |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return value;
}

}  // namespace weir
