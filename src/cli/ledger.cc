// `weir ledger verify|show|prove|verify-proof|export`: read a ledger. None of them needs the private key or
// the daemon.
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <ostream>

#include "base/bytes.h"
#include "cli/commands.h"
#include "ledger/mirror.h"
#include "ledger/proof.h"
#include "ledger/published.h"
#include "ledger/tile_reader.h"
#include "ledger/verify.h"
#include "os/files.h"

namespace weir::cli {
namespace {

constexpr std::string_view kSelfAsserted = "self-asserted";

const Option kDirOption{"--dir", "DIR", "the ledger; default: this user's"};
const Option kVkeyOption{"--vkey", "KEY", "the public key that must have signed it, or a file with it"};

std::string ledger_dir(const Args& args, Context& context) {
  return args.value_or("--dir", context.places.ledger_dir());
}

// The key of --vkey, given as text or as a file; none when the option is absent.
Result<std::optional<ledger::VerifierKey>> given_key(const Args& args) {
  const auto value = args.value("--vkey");
  if (!value) return std::nullopt;
  auto key = ledger::VerifierKey::parse(*value);
  if (!key && os::exists(*value)) {
    TRY(const std::string text, os::read_file(*value, 4096));
    key = ledger::VerifierKey::parse(trim(text));
  }
  if (!key) {
    key.error().where = "--vkey";
    return std::unexpected(std::move(key.error()));
  }
  return *std::move(key);
}

Result<std::uint64_t> parse_number(const std::string& text, const std::string& what) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    return fail("not a number: " + text, what, "give a decimal number from 0 on");
  return number;
}

std::string key_line(const std::string& vkey, bool pinned) {
  return pinned ? vkey
                : vkey + "  (" + std::string(kSelfAsserted) + ": compare it with a copy kept elsewhere)";
}

// ---- verify ----

Json to_json(const ledger::VerifyReport& report) {
  Json json = Json::object({{"origin", report.origin},
                            {"size", report.size},
                            {"root", to_base64(report.root)},
                            {"vkey", report.vkey},
                            {"pinned", report.pinned},
                            {"ok", report.ok()},
                            {"tiles", report.tiles},
                            {"bundles", report.bundles},
                            {"unsigned_files", report.unsigned_files},
                            {"strays", Json::strings(report.strays)},
                            {"problems", Json::array()}});
  if (report.since_size) json.set("since", Json::object({{"size", *report.since_size}}));
  for (const ledger::Problem& problem : report.problems) {
    Json row = Json::object({{"what", problem.what}, {"where", problem.where}});
    if (problem.entry) row.set("entry", *problem.entry);
    json.find("problems")->push(std::move(row));
  }
  return json;
}

void print(const ledger::VerifyReport& report, Context& context) {
  std::ostream& out = context.out;
  for (const ledger::Problem& problem : report.problems)
    out << context.style.red("wrong") << "    " << printable(problem.where) << ": " << printable(problem.what)
        << "\n";
  if (report.cut) out << "         … and more; stopped here\n";
  out << "origin   " << printable(report.origin) << "\n"
      << "size     " << report.size << "\n"
      << "root     " << to_base64(report.root) << "\n"
      << "key      " << printable(key_line(report.vkey, report.pinned)) << "\n";
  if (report.since_size && report.ok())
    out << "since    extends the checkpoint of " << *report.since_size << " entries\n";
  for (const std::string& stray : report.strays)
    out << context.style.yellow("stray") << "    " << printable(stray) << " is not part of the log\n";
  if (report.ok())
    out << context.style.green("verified") << " " << report.bundles << " entry bundles and " << report.tiles
        << " tiles agree with the signed checkpoint\n";
  else
    out << context.style.red("refused") << "  this ledger was damaged or tampered with\n";
}

Result<ledger::VerifyReport> run_verify_on(const Args& args, Context& context) {
  ledger::VerifyOptions options;
  TRY(options.key, given_key(args));
  if (const auto since = args.value("--since")) {
    TRY(options.since, os::read_file(*since, limits::kLedgerNoteBytesMax));
  }
  if (!context.quiet && ::isatty(2) != 0)
    options.progress = [&](std::uint64_t checked, std::uint64_t size) {
      context.err << fmt::format("\rchecked {} of {} entries\r", checked, size) << std::flush;
    };
  return ledger::verify(args.positional_or(0, context.places.ledger_dir()), options);
}

int run_verify(const Args& args, Context& context) {
  const auto report = run_verify_on(args, context);
  if (!report) return cli::report(report.error(), context);
  if (context.json)
    context.out << compact(to_json(*report)) << "\n";
  else
    print(*report, context);
  return report->ok() ? exit_code::kFine : exit_code::kFindings;
}

// ---- show ----

struct Range {
  std::uint64_t first = 0;
  std::uint64_t end = 0;
};

// INDEX, or the last N (10 by default).
Result<Range> shown_range(const Args& args, std::uint64_t size) {
  if (!args.positionals().empty()) {
    if (args.has("--last")) return fail("INDEX and --last exclude each other", "show", "give one of them");
    TRY(const std::uint64_t index, parse_number(args.positionals()[0], "INDEX"));
    return Range{index, index + 1};
  }
  TRY(const std::uint64_t last, parse_number(args.value_or("--last", "10"), "--last"));
  return Range{size - std::min(size, last), size};
}

void print_entry(std::uint64_t index, const std::string& entry, Context& context) {
  const auto parsed = parse_json(entry);
  if (!context.json) {
    context.out << fmt::format("{:>8}  ", index) << printable(parsed ? canonical(*parsed) : entry) << "\n";
    return;
  }
  Json row = Json::object({{"index", index}, {"leaf", to_hex(ledger::leaf_hash(as_bytes(entry)))}});
  if (parsed)
    row.set("entry", *parsed);
  else
    row.set("base64", to_base64(as_bytes(entry)));
  context.out << canonical(row) << "\n";
}

Status show(const Args& args, Context& context) {
  const auto disk = ledger::real_disk();
  const std::string dir = ledger_dir(args, context);
  TRY(const auto published, ledger::read_published(*disk, dir, std::nullopt));
  TRY(const Range range, shown_range(args, published.checkpoint.size));
  const bool raw = args.has("--raw");
  if (raw && args.positionals().empty())
    return fail("--raw needs an INDEX", "show", "give one entry's index");
  ledger::TileReader reader(*disk, dir, published.checkpoint.size);
  for (std::uint64_t index = range.first; index < range.end; ++index) {
    TRY(const std::string entry, reader.entry(index));
    if (raw)
      context.out << entry;
    else
      print_entry(index, entry, context);
  }
  return {};
}

int run_show(const Args& args, Context& context) {
  const Status status = show(args, context);
  return status ? exit_code::kFine : report(status.error(), context);
}

// ---- prove, verify-proof ----

Status prove(const Args& args, Context& context) {
  TRY(const std::uint64_t index, parse_number(args.positionals()[0], "INDEX"));
  const auto disk = ledger::real_disk();
  TRY(const auto proof, ledger::prove(*disk, ledger_dir(args, context), index));
  const std::string text = ledger::format_proof(proof);
  const auto file = args.value("--out");
  if (!file) {
    context.out << text;
    return {};
  }
  TRY_STATUS(os::write_file_atomic(*file, text));
  if (context.json)
    context.out << compact(Json::object({{"index", index}, {"file", *file}})) << "\n";
  else if (!context.quiet)
    context.out << "proof of entry " << index << " written to " << printable(*file) << "\n";
  return {};
}

int run_prove(const Args& args, Context& context) {
  const Status status = prove(args, context);
  return status ? exit_code::kFine : report(status.error(), context);
}

// The key that was given, or the one of this user's ledger.
Result<std::pair<ledger::VerifierKey, bool>> proof_key(const Args& args, Context& context) {
  TRY(const auto given, given_key(args));
  if (given) return std::pair(*given, true);
  const auto disk = ledger::real_disk();
  const auto published = ledger::read_published(*disk, ledger_dir(args, context), std::nullopt);
  if (!published)
    return fail(ErrorCode::invalid, "no public key to check the proof with", "--vkey",
                "give the log's key, or --dir of a copy of the log");
  return std::pair(published->key, false);
}

Status verify_proof(const Args& args, Context& context) {
  const auto entry_file = args.value("--entry");
  if (!entry_file)
    return fail("the entry is needed, too", "--entry", "write it with `weir ledger show INDEX --raw`");
  TRY(const std::string text, os::read_file(args.positionals()[0], limits::kLedgerProofBytesMax));
  TRY(const std::string entry, os::read_file(*entry_file, limits::kLedgerEntryBytesMax));
  TRY(const auto proof, ledger::parse_proof(text));
  TRY(const auto key, proof_key(args, context));
  TRY(const auto in, ledger::verify_proof(proof, entry, key.first));
  if (context.json) {
    context.out << compact(Json::object({{"origin", in.origin},
                                         {"size", in.size},
                                         {"root", to_base64(in.root)},
                                         {"vkey", key.first.text()},
                                         {"pinned", key.second},
                                         {"index", proof.index}}))
                << "\n";
    return {};
  }
  context.out << context.style.green("proved") << "   the entry is number " << proof.index << " of "
              << in.size << " in " << printable(in.origin) << "\n"
              << "key      " << printable(key_line(key.first.text(), key.second)) << "\n";
  return {};
}

int run_verify_proof(const Args& args, Context& context) {
  const Status status = verify_proof(args, context);
  return status ? exit_code::kFine : report(status.error(), context);
}

// ---- export ----

int run_export(const Args& args, Context& context) {
  const auto disk = ledger::real_disk();
  const std::string to = args.positionals()[0];
  const auto done = ledger::mirror(*disk, ledger_dir(args, context), to);
  if (!done) return report(done.error(), context);
  if (context.json)
    context.out << compact(
                       Json::object({{"size", done->size}, {"written", done->written}, {"kept", done->kept}}))
                << "\n";
  else if (!context.quiet)
    context.out << fmt::format("{} holds the log of {} entries: {} files written, {} kept\n", printable(to),
                               done->size, done->written, done->kept);
  return exit_code::kFine;
}

}  // namespace

CommandSpec ledger_verify_command() {
  return {
      .name = "ledger verify",
      .summary = "Check every tile, entry and checkpoint of a ledger",
      .description =
          "Without --vkey the ledger vouches only for itself (self-asserted): keep its key, and "
          "now and then a copy of its checkpoint, somewhere else.",
      .options = {kVkeyOption,
                  {"--since", "CHECKPOINT", "a file `checkpoint` kept from earlier, which it must extend"}},
      .positionals = {{"DIR", "the ledger or a copy of it; default: this user's"}},
      .examples = {{"weir ledger verify", "this user's ledger"},
                   {"weir ledger verify /mnt/copy --vkey log.vkey --since last-month.checkpoint",
                    "a copy, with a key and a checkpoint that were kept elsewhere"}},
      .run = run_verify};
}

CommandSpec ledger_show_command() {
  return {.name = "ledger show",
          .summary = "Print entries of a ledger",
          .description =
              "With --json one object per line: {index, leaf, entry}, or base64 instead of entry "
              "when it is not JSON.",
          .options = {{"--last", "N", "the last N entries; default 10"},
                      {"--raw", "", "the entry's bytes as they are, e.g. for verify-proof"},
                      kDirOption},
          .positionals = {{"INDEX", "one entry, counted from 0"}},
          .examples = {{"weir ledger show --last 3", "the three newest entries"},
                       {"weir ledger show 42 --raw > entry", "the bytes of entry 42"}},
          .run = run_show};
}

CommandSpec ledger_prove_command() {
  return {
      .name = "ledger prove",
      .summary = "Write the proof that an entry is in the ledger",
      .description = "The proof (C2SP tlog-proof) can be checked anywhere with the entry and the public key.",
      .options = {{"--out", "FILE", "where to write it; default: standard output"}, kDirOption},
      .positionals = {{"INDEX", "the entry, counted from 0", true}},
      .examples = {{"weir ledger prove 42 --out 42.tlog-proof", "evidence for an auditor"}},
      .run = run_prove};
}

CommandSpec ledger_verify_proof_command() {
  return {.name = "ledger verify-proof",
          .summary = "Check the proof that an entry is in a ledger",
          .options = {{"--entry", "FILE", "the entry's bytes"}, kVkeyOption, kDirOption},
          .positionals = {{"FILE", "the .tlog-proof file", true}},
          .examples = {{"weir ledger verify-proof 42.tlog-proof --entry entry --vkey log.vkey", ""}},
          .run = run_verify_proof};
}

CommandSpec ledger_export_command() {
  return {.name = "ledger export",
          .summary = "Copy a ledger's public files, e.g. for a web server",
          .description = "An earlier copy is brought up to date. The copy is complete at every moment.",
          .options = {kDirOption},
          .positionals = {{"OUTDIR", "a new or empty directory, or an earlier copy", true}},
          .examples = {{"weir ledger export /srv/www/ledger", "serve it as C2SP tlog-tiles"}},
          .run = run_export};
}

}  // namespace weir::cli
