// Standard output that remembers why it could not be written: an iostream only says that something failed,
// and a full disk that nobody notices is an answer cut short.
//
//   Output output(STDOUT_FILENO);
//   std::ostream out(&output);
//   int code = run_command_line(..., out, std::cerr);
//   return finish_output(output, code, std::cerr);
#pragma once

#include <iosfwd>
#include <streambuf>
#include <vector>

namespace weir::cli {

class Output : public std::streambuf {
 public:
  explicit Output(int fd);
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  int error_number() const { return error_number_; }  // of the first write that failed; 0: none did

 protected:
  int_type overflow(int_type c) override;
  int sync() override;

 private:
  bool write_out();

  int fd_;
  int error_number_ = 0;
  std::vector<char> buffer_;
};

// Writes what is still buffered and says so when anything was lost. Returns the exit code: `code`, or 3 when
// the output is not complete. A reader that has gone (`weir log | head`) wanted no more: that is no failure.
int finish_output(Output& output, int code, std::ostream& err);

}  // namespace weir::cli
