// The supervisor of a pod starts the program that it is itself once more, as the egress proxy. Here that is
// this test program, which would otherwise run all its tests a second time in the background.
#include <gmock/gmock.h>

#include "gateway/egress_process.h"
#include "gateway/run_authority.h"

int main(int argc, char** argv) {
  if (argc == 2 && argv[1] == weir::gateway::kEgressProcessArgument)
    return weir::gateway::run_egress_process();
  if (argc == 2 && argv[1] == weir::gateway::kRunAuthorityArgument)
    return weir::gateway::run_authority_process();
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
