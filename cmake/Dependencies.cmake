# Every third-party library Weir uses, in one place, with the reason. All come from Debian 12
# (packaging/debian-packages.txt). Third-party headers stay in .cc files, one wrapper per library.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

pkg_check_modules(SIMDJSON REQUIRED IMPORTED_TARGET simdjson)    # JSON in: fast, exact 64-bit integers
pkg_check_modules(FMT REQUIRED IMPORTED_TARGET fmt)              # text formatting; <format> is missing in g++ 12
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto)     # SHA-256 with hardware instructions
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)     # Ed25519, XChaCha20-Poly1305, key derivation
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)       # the rebuildable index of the store
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)         # compression of stored events
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)            # gzip in commands; only src/shell/decode.cc includes it
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-cpp)        # catalogues in content/
pkg_check_modules(VECTORSCAN REQUIRED IMPORTED_TARGET libhs)     # finds many patterns at memory speed; only src/match
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)              # confirms and captures, linear time; only src/match
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc) # NFKC and case folding by the Unicode tables; only src/flow/characters.cc
pkg_check_modules(TOML REQUIRED IMPORTED_TARGET tomlplusplus)    # gitleaks rule files; only src/base/toml.cc
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)   # generates the pod's system call filter; src/pod/pod_filter.cc and src/gateway/egress_walls.cc include it
find_package(CLI11 REQUIRED)                                     # command line; only src/cli/args.cc includes it
pkg_check_modules(SPDLOG REQUIRED IMPORTED_TARGET spdlog)        # log sink; only src/os/log.cc includes it

# The hook shim is one static program with no other library than this archive.
find_library(SODIUM_STATIC NAMES libsodium.a REQUIRED)
