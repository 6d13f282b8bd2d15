// What the benchmarks of flow read: made here, seeded, with words as unevenly frequent as those of a
// language.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <random>
#include <string>
#include <vector>

namespace weir::bench {

inline constexpr std::size_t kContent = 4'000'000;

// Words as unevenly frequent as those of a language: 6,000 of them, the first ones often.
inline const std::vector<std::string>& vocabulary() {
  static const std::vector<std::string> kWords = [] {
    constexpr const char* kSyllables[] = {"an",  "re", "ti",   "mo",  "sel", "ver", "com", "pro",
                                          "ing", "er", "al",   "pos", "de",  "con", "ma",  "le",
                                          "s",   "ch", "ough", "u",   "i",   "st",  "br",  "ow"};
    std::mt19937_64 random(3);
    std::vector<std::string> words(6000);
    for (std::size_t i = 0; i < words.size(); ++i)
      for (std::size_t parts = random() % 3 + (i < 100 ? 1 : 2); parts-- > 0;)
        words[i] += kSyllables[random() % std::size(kSyllables)];
    return words;
  }();
  return kWords;
}

inline std::string prose(std::mt19937_64& random, std::size_t bytes) {
  std::uniform_real_distribution<double> chance(0, 1);
  std::string out;
  while (out.size() < bytes) {
    // Zipf's law: the logarithm of the rank is even.
    out += vocabulary()[static_cast<std::size_t>(std::pow(6000.0, chance(random))) - 1];
    out += random() % 12 == 0 ? ".\n" : random() % 9 == 0 ? ", " : " ";
  }
  return out;
}

inline std::string address(std::uint64_t n) {
  return "person" + std::to_string(n % 5000) + "." + "name" + "@company" + std::to_string(n % 97) +
         ".example";
}

// One result of a tool: a list of mails as YAML.
inline std::string result(std::mt19937_64& random) {
  std::string out;
  for (int i = 0; i < 8; ++i) {
    std::string body = prose(random, 200 + random() % 3000);
    std::string quoted;
    for (const char c : body)
      c == '\n' ? quoted += "\\n" : quoted += c;
    out += "- attachments: []\n  body: \"" + quoted + "\"\n  id_: '" + std::to_string(random() % 1'000'000) +
           "'\n  read: false\n  recipients:\n  - " + address(random()) + "\n  - " + address(random()) +
           "\n  sender: " + address(random()) + "\n  link: https://site" + std::to_string(random() % 3000) +
           ".example/path/" + std::to_string(random() % 100'000) + "?q=1\n  status: received\n";
  }
  return out;
}

inline double processor_us() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

}  // namespace weir::bench
