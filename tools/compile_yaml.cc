// Reads a YAML file when Weir is built, for the few that a pod's start would otherwise read each time
// (cmake/Content.cmake; base/json_wire.h has the form).
//
//   compile_yaml content/pods/node.yaml pods/node.yaml.wire
#include <cstdio>
#include <fstream>
#include <iterator>

#include "base/json_wire.h"
#include "base/yaml.h"

namespace {

int wrong(const std::string& what) {
  std::fprintf(stderr, "compile_yaml: %s\n", what.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return wrong("two paths: the YAML and what to write");
  std::ifstream in(argv[1], std::ios::binary);
  const std::string yaml((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in) return wrong(std::string("cannot read ") + argv[1]);
  const auto value = weir::parse_yaml(yaml, argv[1]);
  if (!value) return wrong(value.error().message());
  std::ofstream out(argv[2], std::ios::binary);
  out << weir::json_wire(*value) << std::flush;
  return out ? 0 : wrong(std::string("cannot write ") + argv[2]);
}
