// What the tests of this room share.
#pragma once

#include <fstream>
#include <memory>
#include <sstream>

#include "flow/words.h"

namespace weir::flow {

// The words that ship.
inline std::shared_ptr<const Words> words() {
  static const auto shipped = [] {
    std::ostringstream text;
    text << std::ifstream(WEIR_SOURCE_DIR "/content/flow/words.yaml").rdbuf();
    return std::make_shared<const Words>(Words::read(text.str(), "flow/words.yaml").value());
  }();
  return shipped;
}

}  // namespace weir::flow
