// The world of one scenario: a directory with a project, a home and the few programs that the agent finds,
// and the judge of what a step left behind.
//
//   TRY(World world, World::build(scenario, directory));
//   const Mark before = world.mark(step.effect);
//   … the agent plays the step …
//   bool happened = world.happened(step.effect, before, received);
//
// PATH holds nothing but the programs that the scenario names: the real ones it uses as links, and stand-ins
// that only write down that they were started. So even a call that a broken guard let pass could do no harm.
#pragma once

#include <map>
#include <string>

#include "arena/scenario.h"

namespace weir::arena {

// How often the stand-in of an effect had been started.
struct Mark {
  std::size_t starts = 0;
};

class World {
 public:
  // Lays everything out below `directory`, which must not exist yet. Errors: not_found when this machine
  // lacks a program that the scenario uses; those of the file system.
  static Result<World> build(const Scenario& scenario, const std::string& directory);

  std::string project() const { return directory_ + "/project"; }
  std::string home() const { return directory_ + "/home"; }
  // The whole environment of the agent.
  const std::map<std::string, std::string>& environment() const { return environment_; }

  Mark mark(const Effect& effect) const;
  // Did it happen since `before`? `received`: what the agent got from its tool.
  bool happened(const Effect& effect, const Mark& before, std::string_view received) const;

 private:
  explicit World(std::string directory) : directory_(std::move(directory)) {}
  std::string marks(const std::string& program) const { return directory_ + "/marks/" + program; }
  std::string resolve(const std::string& path) const;  // "~/x" in the home, else below the project
  Status add_program(const std::string& name);
  Status add_stand_in(const StandIn& stand_in);

  std::string directory_;
  std::map<std::string, std::string> environment_;
};

}  // namespace weir::arena
