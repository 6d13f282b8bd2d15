// OpenClaw in a pod: its configuration without secrets, and with what it signs in at its model.
// Inside the room only; pod_state.h has the rest.
#pragma once

#include "setup/pod_state.h"

namespace weir::setup {

// Of ~/.openclaw/openclaw.json (or where OPENCLAW_STATE_DIR, OPENCLAW_CONFIG_PATH, OPENCLAW_HOME and
// OPENCLAW_PROFILE say): models, permissions of tools, and the providers of the models that are named, with
// keys as "${NAME}". Its workspace becomes the pod's. Keys are found in the environment, in the state
// directory's .env, in `env` of the configuration and, written out, in a provider's apiKey; what
// `openclaw models auth` keeps in its database is not known.
// Errors: a configuration that cannot be read, naming it. Read are JSON, comments and trailing commas.
Result<PodState> openclaw_state(const PodStateRequest& request);

}  // namespace weir::setup
