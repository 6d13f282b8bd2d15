#include "daemon/scan_memory.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <functional>

#include "guard/content.h"

namespace weir::daemon {
namespace {

constexpr std::size_t kShortBytes = 96;       // up to here a text is cheaper to compare than to digest
constexpr std::size_t kShortTexts = 2048;     // remembered
constexpr std::size_t kFoundTextsMax = 4096;  // texts with findings, remembered with them
constexpr std::size_t kSameEventMax = 64;     // texts of one event that are compared with each other

}  // namespace

ShortDigest short_digest(std::string_view text) {
  const Digest digest = sha256(text);
  ShortDigest out;
  std::memcpy(&out, digest.data(), sizeof out);
  return out;
}

DigestTable::DigestTable(std::size_t bytes) {
  const std::size_t rows = std::bit_floor(std::max<std::size_t>(bytes / (kRow * sizeof(ShortDigest)), 1));
  rows_.reset(static_cast<ShortDigest*>(std::calloc(rows * kRow, sizeof(ShortDigest))));
  CHECK(rows_ != nullptr);
  rows_mask_ = rows - 1;
}

ShortDigest* DigestTable::row_of(ShortDigest digest) {
  return &rows_[(digest.low & rows_mask_) * kRow];
}

bool DigestTable::contains(ShortDigest digest) {
  ShortDigest* const row = row_of(digest);
  ShortDigest* const at = std::find(row, row + kRow, digest);
  if (at == row + kRow) return false;
  std::rotate(row, at, at + 1);
  return true;
}

bool DigestTable::seen(ShortDigest digest) {
  if (contains(digest)) return true;
  ShortDigest* const row = row_of(digest);
  std::copy_backward(row, row + kRow - 1, row + kRow);
  *row = digest;
  return false;
}

// The findings of one event, and its texts so far.
class Gathering {
 public:
  guard::GatheredFindings findings;

  // The same text again in one event, as Claude Code writes results.
  bool repeats(std::string_view text) {
    for (const auto other : texts_)
      if (other.size() == text.size() && other == text) return true;
    if (texts_.size() < kSameEventMax) texts_.push_back(text);
    return false;
  }

 private:
  std::vector<std::string_view> texts_;
};

ScanMemory::Counts& ScanMemory::Counts::operator+=(const Counts& other) {
  texts += other.texts;
  text_bytes += other.text_bytes;
  repeated_texts += other.repeated_texts;
  repeated_bytes += other.repeated_bytes;
  return *this;
}

ScanMemory::ScanMemory(const detect::Scanner* detectors, std::size_t bytes)
    : detectors_(detectors), clean_(bytes / 2), acts_(bytes / 2), short_(kShortTexts) {}

Looked ScanMemory::look(const ingest::Body& body) {
  Looked looked;
  if (detectors_ == nullptr) return looked;
  Gathering gathering;
  body.each_text([&](std::string_view text) { look_at(text, looked, gathering); });
  looked.findings = gathering.findings.take();
  return looked;
}

void ScanMemory::count(std::size_t bytes, bool repeated) {
  ++(repeated ? counts_.repeated_texts : counts_.texts);
  (repeated ? counts_.repeated_bytes : counts_.text_bytes) += bytes;
}

// A short text that is in its place was looked at and holds nothing.
bool ScanMemory::known_short(std::string_view text) {
  return short_[std::hash<std::string_view>{}(text) % kShortTexts] == text;
}

const ScanMemory::Findings* ScanMemory::known(ShortDigest digest) {
  static const Findings kNone;
  if (clean_.contains(digest)) return &kNone;
  const auto it = found_.find(digest);
  return it == found_.end() ? nullptr : &it->second;
}

void ScanMemory::look_at(std::string_view text, Looked& looked, Gathering& gathering) {
  looked.bytes += text.size();
  if (text.empty()) return;
  const auto too_large = [&] {
    if (gathering.findings.add_too_large()) looked.texts.push_back({});
  };
  if (!gathering.findings.has_room(text.size())) return too_large();
  const bool is_short = text.size() <= kShortBytes;
  if (is_short ? known_short(text) : gathering.repeats(text)) return count(text.size(), true);
  const ShortDigest digest = is_short ? ShortDigest{} : short_digest(text);
  const Findings* const before = is_short ? nullptr : known(digest);
  count(text.size(), before != nullptr);
  const auto add = [&](const event::Finding& finding, ShortDigest where) {
    if (gathering.findings.add(finding)) looked.texts.push_back(where);
  };
  if (before != nullptr) {
    for (const auto& finding : *before)
      add(finding, digest);
    return;
  }
  auto scanned = detectors_->scan(text, workspace_);
  if (!scanned) return too_large();
  if (scanned->secrets.empty() && scanned->injections.empty()) {
    if (is_short)
      short_[std::hash<std::string_view>{}(text) % kShortTexts] = text;
    else
      (void)clean_.seen(digest);
    return;
  }
  Findings findings;
  for (auto* reports : {&scanned->secrets, &scanned->injections})
    for (auto& report : *reports)
      findings.push_back(std::move(report.finding));
  const ShortDigest where = is_short ? short_digest(text) : digest;
  for (const auto& finding : findings)
    add(finding, where);
  if (!found_.emplace(where, std::move(findings)).second) return;
  found_order_.push_back(where);
  if (found_order_.size() <= kFoundTextsMax) return;
  found_.erase(found_order_.front());
  found_order_.pop_front();
}

}  // namespace weir::daemon
