#include "pod/program_places.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "os/files.h"
#include "support/throwaway_dir.h"

namespace weir::pod {
namespace {

using testing::ElementsAre;

class ProgramPlacesTest : public testing::Test {
 protected:
  const support::ThrowawayDir throwaway_;
  const std::string top_ = throwaway_.path();

  void program(const std::string& path, std::string_view text) const {
    ASSERT_TRUE(os::make_dirs((top_ + path).substr(0, (top_ + path).rfind('/'))));
    ASSERT_TRUE(os::write_file_atomic(top_ + path, text, 0755, os::Durability::none));
  }
  void link(const std::string& path, const std::string& target) const {
    ASSERT_TRUE(os::make_dirs((top_ + path).substr(0, (top_ + path).rfind('/'))));
    std::filesystem::create_symlink(target, top_ + path);
  }
  Result<ProgramPlaces> of(const std::string& name) const {
    return program_places(name, {{"PATH", top_ + "/bin:/usr/bin:/bin"}}, top_, "/b");
  }
  static std::vector<std::string> links(const ProgramPlaces& places) {
    std::vector<std::string> out;
    for (const auto& link : places.links)
      out.push_back(link.at + " -> " + link.target);
    return out;
  }
  const std::string& top() const { return top_; }
};

TEST_F(ProgramPlacesTest, APackageAndTheInterpreterOfItsScript) {
  program("/lib/node_modules/agent/cli.js", "#!/usr/bin/env -S node --flag\n");
  program("/lib/node_modules/agent/node_modules/dep/index.js", "");
  program("/versions/v24/bin/node",
          "\x7f"
          "ELF");
  link("/bin/agent", "../lib/node_modules/agent/cli.js");
  link("/bin/node", top() + "/versions/v24/bin/node");
  const auto places = of("agent");
  ASSERT_TRUE(places) << places.error().message();
  EXPECT_THAT(places->read_only, ElementsAre(top() + "/lib/node_modules", top() + "/versions/v24/bin/node"));
  EXPECT_THAT(links(*places), ElementsAre("/b/agent -> " + top() + "/lib/node_modules/agent/cli.js",
                                          "/b/node -> " + top() + "/versions/v24/bin/node"));
}

TEST_F(ProgramPlacesTest, AFileOfItsOwn) {
  program("/share/versions/2.1",
          "\x7f"
          "ELF");
  link("/bin/agent", "../share/versions/2.1");
  const auto places = of("agent");
  ASSERT_TRUE(places);
  EXPECT_THAT(places->read_only, ElementsAre(top() + "/share/versions/2.1"));
  EXPECT_THAT(links(*places), ElementsAre("/b/agent -> " + top() + "/share/versions/2.1"));
  const auto by_path = of("./bin/agent");
  ASSERT_TRUE(by_path);
  EXPECT_EQ(by_path->read_only, places->read_only);
}

TEST_F(ProgramPlacesTest, WhatCannotBeStartedIsSaid) {
  program("/bin/loop", "#!" + top() + "/bin/loop\n");
  program("/bin/shimmed", "#!/usr/bin/env manager-shim\n");
  program("/bin/manager-shim", "#!/bin/sh\nexec manager\n");
  program("/bin/orphan", "#!/no/such/interpreter\n");
  EXPECT_EQ(of("no-such-program-here").error().code, ErrorCode::not_found);
  EXPECT_EQ(of("./bin").error().code, ErrorCode::invalid);
  EXPECT_THAT(of("loop")->read_only, ElementsAre(top() + "/bin/loop")) << "and it ends";
  EXPECT_THAT(of("shimmed")->read_only, ElementsAre(top() + "/bin/shimmed")) << "a shim finds nothing inside";
  EXPECT_THAT(of("orphan")->read_only, ElementsAre(top() + "/bin/orphan"));
}

}  // namespace
}  // namespace weir::pod
