// Room `detect` (floor 4, pure): what is dangerous in a text, and where exactly.
//
// Bytes that an agent reads or writes come in; Findings go out, each with a rule id, a severity, the exact
// span and a sentence that a developer understands. Detectors look, they do not judge: whether a Finding
// refuses, asks or only warns is for policies. Cheap looks come first everywhere: one pass of a pattern
// database over all bytes, then exact and dear ones in the neighbourhood of its hits only.
//
//   gitleaks.h    secret rules in gitleaks' TOML          secrets.h    the detector of secrets
//   verify.h      check digits and structure of tokens    placeholder.h  what only looks like a secret
//   normal.h      text as a model reads it                decode.h     base64, hex, ... peeled, with limits
//   digit_runs.h  where long rows of base64 stand, 64 bytes at a time
//   model.h       the linear model of injections          injection.h  the detector of injections
//   conduct.h     a tool call without its content         anomaly.h    what is unusual about it
//   anomaly_profile.h  what is usual for one agent in one repository; _scale, _sequence, _rates: its parts
//   redact.h      a text without its secrets            scanner.h    both detectors in one pass
//
// Rules and weights are data (content/rules/secrets, content/detect) and come in as values.
#pragma once
