# Every third-party library Weir uses, in one place, with the reason. All come from Debian 12
# (packaging/debian-packages.txt). Third-party headers stay in .cc files, one wrapper per library.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

pkg_check_modules(SIMDJSON REQUIRED IMPORTED_TARGET simdjson)    # JSON in: fast, exact 64-bit integers
pkg_check_modules(FMT REQUIRED IMPORTED_TARGET fmt)              # text formatting; <format> is missing in g++ 12
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto)     # SHA-256 with hardware instructions
pkg_check_modules(SSL REQUIRED IMPORTED_TARGET libssl)           # TLS on both sides of an inspected connection; src/gateway/tls_*.cc
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)     # Ed25519, XChaCha20-Poly1305, key derivation
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)       # the rebuildable index of the store
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)         # compression of stored events; compressed bodies of HTTP (src/http/zstd_stream.cc)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)            # gzip in commands (src/shell/decode.cc); compressed bodies and WebSocket messages (src/http/zlib_stream.cc)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-cpp)        # catalogues in content/
pkg_check_modules(VECTORSCAN REQUIRED IMPORTED_TARGET libhs)     # finds many patterns at memory speed; only src/match
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)              # confirms and captures, linear time; only src/match
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc) # NFKC and case folding by the Unicode tables; only src/flow/characters.cc
pkg_check_modules(TOML REQUIRED IMPORTED_TARGET tomlplusplus)    # gitleaks rule files; only src/base/toml.cc
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)   # generates the pod's system call filter; src/pod/pod_filter.cc and src/gateway/egress_walls.cc include it
# Event loops; only src/net/loop.cc and socket.cc include it. Headers only, and 1.81 by its own package: the default one is 1.74.
find_package(Boost 1.81 REQUIRED)
if(WEIR_SANITIZE MATCHES "thread")
  # ThreadSanitizer does not know fences, and g++ says so. Asio's order nothing between threads that its locks do not order.
  set_property(TARGET Boost::headers APPEND PROPERTY INTERFACE_COMPILE_DEFINITIONS BOOST_ASIO_DISABLE_FENCED_BLOCK)
endif()
find_package(CLI11 REQUIRED)                                     # command line; only src/cli/args.cc includes it
pkg_check_modules(SPDLOG REQUIRED IMPORTED_TARGET spdlog)        # log sink; only src/os/log.cc includes it

# `weir pod exec` starts as often as a shell does, and the loader's work on shared libraries was half of what it cost. So
# what Debian has as an archive is linked in; toml++ and spdlog are headers only, each in one file; {fmt} is compiled once, in
# cmake/fmt.cc. The rest stays shared: Debian has simdjson in no other form.
function(weir_link_archive target archive)
  find_library(WEIR_ARCHIVE_${archive} NAMES lib${archive}.a)
  if(WEIR_ARCHIVE_${archive})
    set_property(TARGET PkgConfig::${target} PROPERTY INTERFACE_LINK_LIBRARIES ${WEIR_ARCHIVE_${archive}} ${ARGN})
  endif()
endfunction()
weir_link_archive(CRYPTO crypto ${CMAKE_DL_LIBS})
weir_link_archive(SSL ssl)
weir_link_archive(SODIUM sodium)
weir_link_archive(SQLITE sqlite3 m)
weir_link_archive(ZSTD zstd)
weir_link_archive(ZLIB z)
weir_link_archive(YAML yaml-cpp)
weir_link_archive(VECTORSCAN hs)
weir_link_archive(RE2 re2)
weir_link_archive(UTF8PROC utf8proc)
weir_link_archive(SECCOMP seccomp)
foreach(without_library FMT TOML SPDLOG)
  set_property(TARGET PkgConfig::${without_library} PROPERTY INTERFACE_LINK_LIBRARIES "")
endforeach()
add_library(weir_fmt STATIC ${CMAKE_CURRENT_LIST_DIR}/fmt.cc)
set_property(TARGET PkgConfig::FMT PROPERTY INTERFACE_LINK_LIBRARIES weir_fmt)
set_property(TARGET PkgConfig::TOML PROPERTY INTERFACE_COMPILE_DEFINITIONS TOML_HEADER_ONLY=1)
set_property(TARGET PkgConfig::SPDLOG PROPERTY INTERFACE_COMPILE_DEFINITIONS SPDLOG_FMT_EXTERNAL)
foreach(headers_only TOML SPDLOG)
  set_property(TARGET PkgConfig::${headers_only} PROPERTY INTERFACE_COMPILE_OPTIONS "")
endforeach()

# The hook shim is one static program with no other library than this archive.
find_library(SODIUM_STATIC NAMES libsodium.a REQUIRED)
