// Negotiating permessage-deflate; see websocket_deflate.h.
#include <algorithm>

#include "base/bytes.h"
#include "http/syntax.h"
#include "http/websocket_deflate.h"

namespace weir::http {
namespace {

constexpr std::string_view kName = "permessage-deflate";

// ---- the grammar: 1#( token *( ";" token [ "=" ( token / quoted-string ) ] ) )

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) { blanks(); }
  bool done() const { return text_.empty(); }
  bool take(char c) {
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    blanks();
    return true;
  }
  std::string_view token() {
    std::size_t n = 0;
    while (n < text_.size() && is_token_byte(text_[n]))
      ++n;
    const std::string_view word = text_.substr(0, n);
    text_.remove_prefix(n);
    blanks();
    return word;
  }
  // A quoted string holds a token too (RFC 6455 section 9.1), so it has no escapes.
  std::string_view value() {
    if (!text_.starts_with('"')) return token();
    text_.remove_prefix(1);
    const std::string_view word = token();
    return take('"') ? word : std::string_view();
  }

 private:
  void blanks() {
    while (text_.starts_with(' ') || text_.starts_with('\t'))
      text_.remove_prefix(1);
  }
  std::string_view text_;
};

Result<Extension> read_extension(Reader& reader) {
  Extension extension{.name = reader.token(), .parameters = {}};
  if (extension.name.empty()) return fail("not an extension of WebSocket");
  while (reader.take(';')) {
    const std::string_view name = reader.token();
    std::optional<std::string_view> value;
    if (reader.take('=')) value = reader.value();
    if (name.empty() || (value && value->empty()))
      return fail("not a parameter of an extension of WebSocket");
    extension.parameters.emplace_back(name, value);
  }
  return extension;
}

// ---- one offer or answer

struct Asked {
  DeflateParameters parameters;
  bool server_bits = false;  // it names the parameter
  bool client_bits = false;
};

std::optional<int> window_bits(std::string_view text) {
  const auto bits = whole_number(text);
  if (!bits || *bits < 8 || *bits > 15 || text.starts_with('0')) return std::nullopt;
  return static_cast<int>(*bits);
}

// None for what the standard has declined: an unknown parameter, one twice, a value that it cannot have.
std::optional<Asked> read_deflate(const Extension& extension, bool answer) {
  Asked asked;
  bool server_none = false;
  bool client_none = false;
  for (const auto& [name, value] : extension.parameters) {
    if (name == "server_no_context_takeover" || name == "client_no_context_takeover") {
      bool& seen = name.starts_with('s') ? server_none : client_none;
      if (value || std::exchange(seen, true)) return std::nullopt;
    } else if (name == "server_max_window_bits" || name == "client_max_window_bits") {
      const bool server = name.starts_with('s');
      bool& seen = server ? asked.server_bits : asked.client_bits;
      if (std::exchange(seen, true)) return std::nullopt;
      if (!value && (server || answer)) return std::nullopt;
      const auto bits = window_bits(value.value_or("15"));
      if (!bits) return std::nullopt;
      (server ? asked.parameters.server_window_bits : asked.parameters.client_window_bits) = *bits;
    } else {
      return std::nullopt;
    }
  }
  asked.parameters.server_no_context_takeover = server_none;
  asked.parameters.client_no_context_takeover = client_none;
  return asked;
}

// RFC 7692 section 7.1: may this be answered to that offer?
bool allows(const Asked& offer, const Asked& answer) {
  const auto& wanted = offer.parameters;
  const auto& given = answer.parameters;
  if (wanted.server_no_context_takeover && !given.server_no_context_takeover) return false;
  if (offer.server_bits && (!answer.server_bits || given.server_window_bits > wanted.server_window_bits))
    return false;
  return !answer.client_bits || (offer.client_bits && given.client_window_bits <= wanted.client_window_bits);
}

}  // namespace

Result<std::vector<Extension>> parse_extensions(const std::vector<Field>& fields) {
  std::vector<Extension> extensions;
  for (const auto& field : fields) {
    if (!same_word(field.name, "sec-websocket-extensions")) continue;
    Reader reader(field.value);
    do {
      TRY(Extension one, read_extension(reader));
      extensions.push_back(std::move(one));
    } while (reader.take(','));
    if (!reader.done()) return fail("not a list of extensions of WebSocket", printable(field.value, 100));
  }
  return extensions;
}

std::string extension_text(const DeflateParameters& parameters, bool offer) {
  std::string text(kName);
  if (parameters.server_no_context_takeover) text += "; server_no_context_takeover";
  if (parameters.client_no_context_takeover) text += "; client_no_context_takeover";
  if (parameters.server_window_bits < 15)
    text += "; server_max_window_bits=" + std::to_string(parameters.server_window_bits);
  if (parameters.client_window_bits < 15)
    text += "; client_max_window_bits=" + std::to_string(parameters.client_window_bits);
  else if (offer)
    text += "; client_max_window_bits";
  return text;
}

std::optional<DeflateParameters> accept_deflate(const std::vector<Extension>& offers,
                                                const DeflateParameters& mine) {
  for (const auto& extension : offers) {
    if (extension.name != kName) continue;
    const auto offer = read_deflate(extension, false);
    if (!offer) continue;
    const auto& asked = offer->parameters;
    DeflateParameters agreed;
    agreed.server_no_context_takeover = mine.server_no_context_takeover || asked.server_no_context_takeover;
    agreed.client_no_context_takeover = mine.client_no_context_takeover || asked.client_no_context_takeover;
    agreed.server_window_bits = std::min(mine.server_window_bits, asked.server_window_bits);
    // A client that does not say that it understands the parameter may use all of the window.
    if (offer->client_bits)
      agreed.client_window_bits = std::min(mine.client_window_bits, asked.client_window_bits);
    if (agreed.server_window_bits >= 9) return agreed;
  }
  return std::nullopt;
}

Result<std::optional<DeflateParameters>> deflate_answered(const std::vector<Extension>& offers,
                                                          const std::vector<Extension>& answers) {
  if (answers.empty()) return std::optional<DeflateParameters>();
  if (answers.size() > 1 || answers[0].name != kName)
    return fail("an extension of WebSocket that is not read here", printable(answers[0].name, 60));
  const auto answer = read_deflate(answers[0], true);
  if (!answer) return fail("permessage-deflate with parameters that it does not have");
  for (const auto& extension : offers) {
    const auto offer = extension.name == kName ? read_deflate(extension, false) : std::nullopt;
    if (!offer || !allows(*offer, *answer)) continue;
    return std::optional(answer->parameters);
  }
  return fail("permessage-deflate as nobody offered it");
}

}  // namespace weir::http
