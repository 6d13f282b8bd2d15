# The rooms of the house, floor by floor, and what each may link. tests/architecture reads this table too:
# a room includes only rooms named here, all on lower floors; pure rooms only pure rooms.
#
#   weir_room(NAME FLOOR pure|rim ROOMS <rooms> LIBS <third-party targets> [TEST_SHARDS <number>])
#
# A room is the directory src/NAME: every .cc in it belongs to the library weir_NAME, every
# tests/NAME/*_test.cc to the test program NAME_tests. Adding a file needs no change here.
include(cmake/Room.cmake)

weir_room(base   0 pure LIBS PkgConfig::FMT PkgConfig::SIMDJSON PkgConfig::CRYPTO PkgConfig::YAML PkgConfig::TOML)

weir_room(event  1 pure ROOMS base)
weir_room(cedar  1 pure ROOMS base)
weir_room(shell  1 pure ROOMS base LIBS PkgConfig::ZLIB)
weir_room(match  1 pure ROOMS base LIBS PkgConfig::VECTORSCAN PkgConfig::RE2)
weir_room(http   1 pure ROOMS base LIBS PkgConfig::ZLIB PkgConfig::ZSTD PkgConfig::CRYPTO)
weir_room(mcp    1 pure ROOMS base)
weir_room(os     1 rim  ROOMS base LIBS PkgConfig::SPDLOG PkgConfig::SODIUM Threads::Threads)

weir_room(ingest 2 pure ROOMS base event)
weir_room(facts  2 pure ROOMS base event)
weir_room(flow   2 pure ROOMS base event LIBS PkgConfig::UTF8PROC)
weir_room(llm    2 pure ROOMS base)
weir_room(jsonschema 2 pure ROOMS base match)
weir_room(a2a    2 pure ROOMS base http LIBS PkgConfig::CRYPTO)
weir_room(net    2 rim  ROOMS base http os LIBS PkgConfig::SODIUM Boost::headers Threads::Threads)
weir_room(ledger 2 rim  ROOMS base os LIBS PkgConfig::SODIUM)

weir_room(sigma  3 pure ROOMS base event match facts)
# Workflow models are proved with the very definitions of facts, and rules of labels, that the guard runs by.
weir_room(prove  3 rim  ROOMS base event os cedar facts flow)

weir_room(detect 4 pure ROOMS base event match shell facts sigma)

weir_room(store  4 rim  ROOMS base event os LIBS PkgConfig::SODIUM PkgConfig::SQLITE PkgConfig::ZSTD)

weir_room(guard  5 pure ROOMS base event match cedar shell facts flow ingest sigma detect)

weir_room(changes 5 rim ROOMS base os event)

weir_room(pod    6 rim  ROOMS base os event changes LIBS PkgConfig::SECCOMP Threads::Threads)
weir_room(gateway 6 rim ROOMS base event http mcp os net store LIBS PkgConfig::SECCOMP PkgConfig::SSL PkgConfig::CRYPTO Threads::Threads)
weir_room(setup  6 rim  ROOMS base os event ingest)

weir_room(arena  7 rim  ROOMS base os event ingest net ledger store guard setup LIBS Threads::Threads)

weir_room(daemon 8 rim  ROOMS base event match mcp jsonschema cedar shell flow detect os ingest net ledger prove store guard changes pod setup
                 LIBS weir_content PkgConfig::SODIUM Threads::Threads
                 TEST_SHARDS 3)

weir_room(cli    9 rim  ROOMS base event match mcp jsonschema cedar shell flow sigma detect os ingest net ledger prove store guard changes pod gateway setup arena daemon
                 LIBS CLI11::CLI11
                 TEST_SHARDS 3)
