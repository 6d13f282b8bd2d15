// Room `shell` (floor 1, pure): a command line -> what it would run, read, write, delete and connect to.
//
//   syntax.h         the typed tree of a script            parse.h          text -> tree, own recursive
//   descent arg.h            a string that is known in part        expand.h         words -> the arguments
//   they become verbs.h          the verbs of effects                  effects.h        analyze(): the entry
//   of the room command_table.h  knowledge about programs, from data   inspect_json.h   an Analysis as JSON
//
// Nothing is ever executed. Input is hostile: every step has a limit, and what cannot be seen through
// (a computed command name, `eval` of unknown text, broken syntax) is reported as opaque, never as harmless.
// No I/O, no clock: the working directory, home and known variables come in as values.
#pragma once
