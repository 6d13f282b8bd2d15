#include "ledger/checkpoint.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/limits.h"

namespace weir::ledger {
namespace {

std::optional<std::uint64_t> parse_size(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error != std::errc() || end != text.data() + text.size() || size > limits::kLedgerSizeMax)
    return std::nullopt;
  return size;
}

}  // namespace

std::string checkpoint_text(const Checkpoint& checkpoint) {
  CHECK(!checkpoint.origin.empty() && checkpoint.origin.find('\n') == std::string::npos);
  std::string text =
      checkpoint.origin + "\n" + std::to_string(checkpoint.size) + "\n" + to_base64(checkpoint.root) + "\n";
  for (const std::string& line : checkpoint.extensions)
    text += line + "\n";
  return text;
}

Result<Checkpoint> parse_checkpoint_text(std::string_view text) {
  if (!text.ends_with('\n')) return fail("the checkpoint does not end with a newline");
  text.remove_suffix(1);
  const auto lines = split(text, '\n');
  if (lines.size() < 3) return fail("the checkpoint has fewer than three lines");
  for (const std::string_view line : lines)
    if (line.empty()) return fail("the checkpoint has an empty line");
  Checkpoint checkpoint;
  checkpoint.origin = lines[0];
  const auto size = parse_size(lines[1]);
  if (!size) return fail("the checkpoint's size is not a decimal number below 2^63");
  checkpoint.size = *size;
  const auto root = from_base64(lines[2]);
  if (!root || root->size() != checkpoint.root.size())
    return fail("the checkpoint's root is not 32 bytes in base64");
  std::copy(root->begin(), root->end(), checkpoint.root.begin());
  checkpoint.extensions.assign(lines.begin() + 3, lines.end());
  return checkpoint;
}

std::string sign_checkpoint(std::uint64_t size, const Digest& root, const Signer& signer) {
  Note note{checkpoint_text({signer.verifier().name(), size, root, {}}), {}};
  signer.sign(note);
  return format_note(note);
}

Result<Checkpoint> open_checkpoint(std::string_view bytes, const VerifierKey& key) {
  TRY(const Note note, parse_note(bytes));
  TRY_STATUS(verify_note(note, {&key, 1}));
  TRY(Checkpoint checkpoint, parse_checkpoint_text(note.text));
  if (checkpoint.origin != key.name())
    return fail(ErrorCode::denied, "the checkpoint's origin is not the name of its key");
  return checkpoint;
}

}  // namespace weir::ledger
