#include "jsonschema/reference.h"

#include "base/bytes.h"

namespace weir::jsonschema {
namespace {

struct Parts {
  std::string_view scheme;     // "https:"
  std::string_view authority;  // "//example.com"
  std::string_view path;
  std::string_view query;     // "?…"
  std::string_view fragment;  // "#…"
};

bool scheme_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '-' ||
         c == '.';
}

std::string_view cut(std::string_view& text, std::size_t count) {
  const auto front = text.substr(0, count);
  text.remove_prefix(front.size());
  return front;
}

Parts parts_of(std::string_view text) {
  Parts out;
  if (const auto at = text.find('#'); at != std::string_view::npos) {
    out.fragment = text.substr(at);
    text = text.substr(0, at);
  }
  if (const auto at = text.find('?'); at != std::string_view::npos) {
    out.query = text.substr(at);
    text = text.substr(0, at);
  }
  std::size_t end = 0;
  while (end < text.size() && scheme_byte(text[end]))
    ++end;
  if (end > 0 && end < text.size() && text[end] == ':') out.scheme = cut(text, end + 1);
  if (text.starts_with("//")) out.authority = cut(text, std::min(text.find('/', 2), text.size()));
  out.path = text;
  return out;
}

// RFC 3986 section 5.2.4.
std::string without_dots(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    if (path.starts_with("../")) {
      path.remove_prefix(3);
    } else if (path.starts_with("./")) {
      path.remove_prefix(2);
    } else if (path.starts_with("/./") || path == "/.") {
      path.remove_prefix(2);
      if (path.empty()) out += '/';
    } else if (path.starts_with("/../") || path == "/..") {
      path.remove_prefix(3);
      const auto last = out.rfind('/');
      out.resize(last == std::string::npos ? 0 : last);
      if (path.empty()) out += '/';
    } else if (path == "." || path == "..") {
      break;
    } else {
      const auto next = path.find('/', 1);
      out += cut(path, next);
    }
  }
  return out;
}

std::string joined(std::string_view scheme, std::string_view authority, std::string_view path,
                   std::string_view query, std::string_view fragment) {
  std::string out;
  for (const auto part : {scheme, authority, path, query, fragment})
    out += part;
  return out;
}

std::string merged(const Parts& base, std::string_view path) {
  if (!base.authority.empty() && base.path.empty()) return "/" + std::string(path);
  const auto last = base.path.rfind('/');
  return std::string(base.path.substr(0, last == std::string_view::npos ? 0 : last + 1)) + std::string(path);
}

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
      out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

std::string resolve(std::string_view base, std::string_view reference) {
  const Parts from = parts_of(base);
  const Parts to = parts_of(reference);
  if (!to.scheme.empty())  // "urn:" and the like have no path to walk
    return joined(to.scheme, to.authority,
                  to.authority.empty() ? std::string(to.path) : without_dots(to.path), to.query, to.fragment);
  if (!to.authority.empty())
    return joined(from.scheme, to.authority, without_dots(to.path), to.query, to.fragment);
  if (to.path.empty())
    return joined(from.scheme, from.authority, from.path, to.query.empty() ? from.query : to.query,
                  to.fragment);
  const std::string path = to.path.starts_with('/') ? std::string(to.path) : merged(from, to.path);
  return joined(from.scheme, from.authority, without_dots(path), to.query, to.fragment);
}

Address split_fragment(std::string_view uri) {
  const auto at = uri.find('#');
  if (at == std::string_view::npos) return {std::string(uri), ""};
  return {std::string(uri.substr(0, at)), percent_decoded(uri.substr(at + 1))};
}

std::optional<std::vector<std::string>> pointer_tokens(std::string_view pointer) {
  std::vector<std::string> tokens;
  if (pointer.empty()) return tokens;
  if (pointer.front() != '/') return std::nullopt;
  std::string token;
  for (std::size_t i = 1; i <= pointer.size(); ++i) {
    if (i == pointer.size() || pointer[i] == '/') {
      tokens.push_back(std::move(token));
      token.clear();
    } else if (pointer[i] == '~') {
      if (i + 1 == pointer.size() || (pointer[i + 1] != '0' && pointer[i + 1] != '1')) return std::nullopt;
      token += pointer[++i] == '0' ? '~' : '/';
    } else {
      token += pointer[i];
    }
  }
  return tokens;
}

std::string pointer_token(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

}  // namespace weir::jsonschema
