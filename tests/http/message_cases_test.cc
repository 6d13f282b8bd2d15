// tests/cases/http/*.case: what readers of requests and answers make of bytes, however these are cut.
#include <gtest/gtest.h>

#include "http/message_reader.h"
#include "support/http_cases.h"

namespace weir::http {
namespace {

using support::escaped;
using support::read_cases;
using Case = support::HttpCase;
using Kind = Step::Kind;

// What a reader does with bytes that come in pieces, as lines.
template <class Reader>
class Transcript {
 public:
  explicit Transcript(Reader reader) : reader_(std::move(reader)) {}

  void give(std::string_view piece) {
    waiting_ += piece;
    while (!over_) {
      const auto step = reader_.next(waiting_);
      if (!step) {
        // A request that does not end is none.
        if constexpr (requires { reader_.waits(); }) message_.reset();
        close_message();
        lines_ += "refused: " + step.error().what + "\n";
        over_ = true;
        return;
      }
      if (step->kind == Kind::more) return;
      note(*step);
      ASSERT_LE(step->taken, waiting_.size());
      waiting_.erase(0, step->taken);
    }
  }
  std::string end() {
    if (over_) return lines_;
    const Status ended = reader_.ended(waiting_);
    if constexpr (requires { reader_.waits(); }) {
      if (reader_.waits()) lines_ += "waits\n";
      if (!ended) message_.reset();
    }
    close_message();
    if (!other_.empty()) lines_ += "open " + escaped(other_) + "\n";
    if (!ended) lines_ += "cut: " + ended.error().what + "\n";
    return lines_;
  }

 private:
  void note(const Step& step) {
    if (step.kind == Kind::head) {
      close_message();
      if constexpr (requires { reader_.waits(); })
        message_ = std::string(reader_.head().method) + " " + std::string(reader_.head().target);
      else
        message_ = std::to_string(reader_.head().status);
    }
    if (step.kind == Kind::body) body_ += step.data;
    if (step.kind == Kind::open) {
      close_message();
      other_ += step.data;
    }
    if (step.kind == Kind::end) close_message();
  }
  void close_message() {
    if (message_) lines_ += *message_ + " " + escaped(body_) + "\n";
    message_.reset();
    body_.clear();
  }

  Reader reader_;
  std::string waiting_;
  std::string lines_;
  std::optional<std::string> message_;
  std::string body_;
  std::string other_;
  bool over_ = false;
};

template <class Reader>
std::string outcome(const Reader& reader, std::string_view bytes, std::size_t cut, std::size_t piece) {
  Transcript<Reader> transcript(reader);
  transcript.give(bytes.substr(0, cut));
  for (std::size_t at = cut; at < bytes.size(); at += std::min(piece, bytes.size() - at))
    transcript.give(bytes.substr(at, piece));
  return transcript.end();
}

template <class Reader>
void check_case(const Case& one, const Reader& reader) {
  EXPECT_EQ(outcome(reader, one.bytes, 0, SIZE_MAX), one.expected) << one.name;
  for (std::size_t cut = 1; cut < one.bytes.size(); ++cut)
    ASSERT_EQ(outcome(reader, one.bytes, cut, SIZE_MAX), one.expected) << one.name << " cut at " << cut;
  EXPECT_EQ(outcome(reader, one.bytes, 0, 1), one.expected) << one.name << " byte by byte";
}

ResponseReader reader_of(const std::vector<std::string>& asked) {
  ResponseReader reader;
  for (const auto& method : asked) {
    const auto plus = method.find('+');
    const std::string head = method.substr(0, plus) + " * HTTP/1.1\r\nHost: a\r\n" +
                             (plus == std::string::npos ? "" : "Upgrade: websocket\r\n") + "\r\n";
    EXPECT_TRUE(reader.asked(**parse_request_head(head)));
  }
  return reader;
}

TEST(MessageCases, AreWhatTheySayHoweverTheyAreCut) {
  std::size_t count = 0;
  for (const auto& file : std::filesystem::directory_iterator(WEIR_SOURCE_DIR "/tests/cases/http")) {
    if (file.path().extension() != ".case") continue;
    SCOPED_TRACE(file.path().filename().string());
    for (const auto& one : read_cases(file.path())) {
      if (one.asked.empty())
        check_case(one, RequestReader());
      else
        check_case(one, reader_of(one.asked));
      ++count;
    }
  }
  EXPECT_GE(count, 120U);
}

}  // namespace
}  // namespace weir::http
