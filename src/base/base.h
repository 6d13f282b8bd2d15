// Room `base` (floor 0, pure): what every other room stands on.
//
//   result.h     Result<T>, Error, TRY, CHECK        json.h       JSON values, RFC 8785
//   limits.h     a limit on everything               yaml.h       catalogues
//   bytes.h      hex, base64, UTF-8, printable text  uuid.h       UUIDv7
//   hash.h       SHA-256, HMAC                       time_text.h  RFC 3339
//
// No I/O, no clock, no thread, no randomness: those come in as values.
#pragma once
