# The terminal client around the conversations: its local server, its files, its screen.

## The local server.

local-server-forbidden = No local server runs on this machine, and --no-spawn forbids to start one.
local-server-impossible = No local server runs on this machine, and this program was built without one. Name a server: --server HOST:PORT
local-server-failed = The local server did not start: { $reason } (its log: { $log })
local-server-late = it does not listen yet

## Files.

store-unreadable = { $path } cannot be read ({ $reason }): what it held is not used.
store-busy = The disk is too slow: a change was not kept.
