// The bytes of TLS messages, made by hand for tests: what a library would never send.
#pragma once

#include <cstdint>
#include <string>

namespace weir::gateway {

inline std::string number_bytes(std::size_t value, int width) {
  std::string out;
  for (int i = width - 1; i >= 0; --i)
    out += static_cast<char>(value >> (8 * i));
  return out;
}
inline std::string vector16(const std::string& content) {
  return number_bytes(content.size(), 2) + content;
}
inline std::string extension(std::size_t type, const std::string& content) {
  return number_bytes(type, 2) + vector16(content);
}
inline std::string server_name_extension(const std::string& name) {
  return extension(0, vector16(std::string(1, '\0') + vector16(name)));
}
inline std::string hello_message(const std::string& extensions) {
  const std::string body = "\x03\x03" + std::string(32, 'r') + std::string(1, '\0') + vector16("\x13\x01") +
                           std::string("\x01\0", 2) + vector16(extensions);
  return "\x01" + number_bytes(body.size(), 3) + body;
}
inline std::string tls_record(char type, const std::string& content) {
  return std::string(1, type) + "\x03\x01" + vector16(content);
}
inline std::string hello_record(const std::string& message) {
  return tls_record(22, message);
}
inline std::string hello_for(const std::string& name) {
  return hello_record(hello_message(server_name_extension(name)));
}

// The begin of a server's first message; long enough to be told apart.
inline std::string hello_retry() {
  const std::string random =
      "\xCF\x21\xAD\x74\xE5\x9A\x61\x11\xBE\x1D\x8C\x02\x1E\x65\xB8\x91"
      "\xC2\xA2\x11\x16\x7A\xBB\x8C\x5E\x07\x9E\x09\xE2\xC8\xA8\x33\x9C";
  return tls_record(22, "\x02" + number_bytes(60, 3) + "\x03\x03" + random + std::string(26, 'x'));
}
inline std::string server_hello() {
  return tls_record(22,
                    "\x02" + number_bytes(60, 3) + "\x03\x03" + std::string(32, 'R') + std::string(26, 'x'));
}

}  // namespace weir::gateway
