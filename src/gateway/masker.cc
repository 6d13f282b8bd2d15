#include "gateway/masker.h"

#include <algorithm>

#include "base/bytes.h"

namespace weir::gateway {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

// How many bytes at `text`'s front agree with what is looked for: all of it, or all that there is.
bool agrees(std::string_view text, const MaskedText& one) {
  const std::size_t n = std::min(text.size(), one.find.size());
  for (std::size_t i = 0; i < n; ++i)
    if (text[i] != one.find[i] && !(one.any_case && lower(text[i]) == lower(one.find[i]))) return false;
  return true;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') ||
                       std::string_view("-_.~").contains(c);
    const auto byte = static_cast<unsigned char>(c);
    if (plain)
      out += c;
    else
      out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return out;
}

std::string json_escaped(std::string_view text) {
  std::string out;
  for (const char c : text)
    out += c == '/' ? std::string("\\/") : std::string(1, c);
  return out;
}

// The characters of base64 that depend on nothing but the text, when `before` bytes stand in front of it.
std::string base64_inside(std::string_view text, std::size_t before) {
  const std::string whole = to_base64(as_bytes(std::string(before, 'x') + std::string(text)));
  const std::size_t skip = (before * 8 + 5) / 6;
  const std::size_t end = (before + text.size()) * 8 / 6;
  return end > skip ? whole.substr(skip, end - skip) : std::string();
}

std::string url_alphabet(std::string text) {
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

}  // namespace

std::vector<MaskedText> forms_of(std::string_view value, std::string_view placeholder) {
  std::vector<MaskedText> forms = {{std::string(value), std::string(placeholder), true}};
  const auto add = [&](std::string find, std::string put, bool any_case) {
    const bool known = std::ranges::any_of(forms, [&](const MaskedText& one) { return one.find == find; });
    if (!find.empty() && find.size() == put.size() && !known)
      forms.push_back({std::move(find), std::move(put), any_case});
  };
  add(percent_encoded(value), percent_encoded(placeholder), true);
  add(json_escaped(value), json_escaped(placeholder), true);
  add(to_hex(as_bytes(value)), to_hex(as_bytes(placeholder)), true);
  add({value.rbegin(), value.rend()}, {placeholder.rbegin(), placeholder.rend()}, true);
  for (std::size_t before = 0; before < 3; ++before) {
    const std::string find = base64_inside(value, before);
    const std::string put = base64_inside(placeholder, before);
    add(find, put, false);
    add(url_alphabet(find), url_alphabet(put), false);
  }
  return forms;
}

Masker::Masker(Texts texts) : texts_(std::move(texts)) {
  for (const auto& one : *texts_) {
    begins_[static_cast<unsigned char>(one.find[0])] = true;
    if (!one.any_case) continue;
    begins_[static_cast<unsigned char>(lower(one.find[0]))] = true;
    if (one.find[0] >= 'a' && one.find[0] <= 'z')
      begins_[static_cast<unsigned char>(one.find[0] - 32)] = true;
  }
}

void Masker::take(std::string_view bytes, std::string& out) {
  held_ += bytes;
  scan(out, false);
}

void Masker::finish(std::string& out) {
  scan(out, true);
}

void Masker::scan(std::string& out, bool last) {
  const std::string_view bytes = held_;
  std::size_t at = 0;
  std::size_t decided = 0;  // up to here it is in `out`
  while (at < bytes.size()) {
    if (!begins_[static_cast<unsigned char>(bytes[at])]) {
      ++at;
      continue;
    }
    const MaskedText* whole = nullptr;
    bool maybe = false;
    for (const auto& one : *texts_) {
      if (!agrees(bytes.substr(at), one)) continue;
      if (bytes.size() - at >= one.find.size())
        whole = whole == nullptr || one.find.size() > whole->find.size() ? &one : whole;
      else
        maybe = true;
    }
    // A longer text that may begin here is waited for: its beginning is a whole one as well.
    if (maybe && !last) break;
    if (whole == nullptr) {
      ++at;
      continue;
    }
    if (found_ == nullptr) found_ = whole;
    out += bytes.substr(decided, at - decided);
    out += whole->put;
    at += whole->find.size();
    decided = at;
  }
  out += bytes.substr(decided, at - decided);
  held_.erase(0, at);
}

std::string masked(const Masker::Texts& texts, std::string_view bytes) {
  Masker masker(texts);
  std::string out;
  masker.take(bytes, out);
  masker.finish(out);
  return out;
}

}  // namespace weir::gateway
