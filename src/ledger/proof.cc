#include "ledger/proof.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "ledger/published.h"
#include "ledger/tile_reader.h"

namespace weir::ledger {
namespace {

constexpr std::string_view kFirstLine = "c2sp.org/tlog-proof@v1";
constexpr std::size_t kPathMax = 63;  // sizes stay below 2^63

std::unexpected<Error> bad(std::size_t line, const char* what) {
  return fail(ErrorCode::invalid, what, fmt::format("line {}", line), "a .tlog-proof file is expected");
}

// The text up to the next newline, which is removed as well; none at the end of the bytes.
std::optional<std::string_view> next_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

std::optional<std::uint64_t> parse_index(std::string_view text) {
  std::uint64_t index = 0;
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error != std::errc() || end != text.data() + text.size() || index >= limits::kLedgerSizeMax)
    return std::nullopt;
  return index;
}

}  // namespace

std::string format_proof(const Proof& proof) {
  std::string text(kFirstLine);
  text += "\n";
  if (proof.extra) text += "extra " + to_base64(*proof.extra) + "\n";
  text += "index " + std::to_string(proof.index) + "\n";
  for (const Digest& hash : proof.path)
    text += to_base64(hash) + "\n";
  return text + "\n" + proof.checkpoint;
}

Result<Proof> parse_proof(std::string_view bytes) {
  if (bytes.size() > limits::kLedgerProofBytesMax)
    return fail(ErrorCode::limit,
                fmt::format("the proof is longer than {} bytes", limits::kLedgerProofBytesMax));
  std::size_t number = 1;
  auto line = next_line(bytes);
  if (line != kFirstLine) return bad(number, "the proof does not begin with c2sp.org/tlog-proof@v1");
  Proof proof;
  line = next_line(bytes);
  ++number;
  if (line && line->starts_with("extra ")) {
    proof.extra = from_base64(line->substr(6));
    if (!proof.extra) return bad(number, "the extra data is not base64");
    line = next_line(bytes);
    ++number;
  }
  const auto index = line && line->starts_with("index ") ? parse_index(line->substr(6)) : std::nullopt;
  if (!index) return bad(number, "the proof has no line \"index\" with a decimal number");
  proof.index = *index;
  for (line = next_line(bytes), ++number; line && !line->empty(); line = next_line(bytes), ++number) {
    const auto hash = from_base64(*line);
    if (!hash || hash->size() != sizeof(Digest)) return bad(number, "a hash is not 32 bytes in base64");
    if (proof.path.size() == kPathMax) return bad(number, "the path has more than 63 hashes");
    std::copy(hash->begin(), hash->end(), proof.path.emplace_back().begin());
  }
  if (!line) return bad(number, "the proof has no blank line before its checkpoint");
  if (bytes.empty()) return bad(number, "the proof has no checkpoint");
  proof.checkpoint = bytes;
  return proof;
}

Result<Proof> prove(Disk& disk, const std::string& dir, std::uint64_t index) {
  TRY(const Published published, read_published(disk, dir, std::nullopt));
  TileReader reader(disk, dir, published.checkpoint.size);
  TRY(const std::string entry, reader.entry(index));
  Proof proof{.extra = std::nullopt, .index = index, .path = {}, .checkpoint = published.bytes};
  TRY(proof.path, inclusion_proof(index, reader.size(), reader.hashes()));
  // A proof from damaged tiles would be worthless: it is checked before it goes out.
  if (Status fits = verify_inclusion(index, reader.size(), leaf_hash(as_bytes(entry)), proof.path,
                                     published.checkpoint.root);
      !fits)
    return fail(ErrorCode::corrupt, fmt::format("entry {} cannot be proved: {}", index, fits.error().what),
                dir, "run `weir ledger verify` to find the damaged file");
  return proof;
}

Result<Checkpoint> verify_proof(const Proof& proof, std::string_view entry, const VerifierKey& key) {
  TRY(Checkpoint checkpoint, open_checkpoint(proof.checkpoint, key));
  TRY_STATUS(verify_inclusion(proof.index, checkpoint.size, leaf_hash(as_bytes(entry)), proof.path,
                              checkpoint.root));
  return checkpoint;
}

}  // namespace weir::ledger
