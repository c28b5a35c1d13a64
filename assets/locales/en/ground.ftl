# Files, directories, certificates: what went wrong with them and what to do.

ground-no-home = Your home directory is not known. Set the environment variable HOME.
ground-refused =
    { $action ->
        [directory] The directory { $path } cannot be used: { $reason }.
        [write] The file { $path } cannot be written: { $reason }.
        [lock] The lock { $path } cannot be taken: { $reason }.
       *[open] The file { $path } cannot be opened: { $reason }.
    } Check who owns it and whether the disk is full.
ground-not-owned = The directory { $path } belongs to another user ({ $owner }), who could read or replace what is in it. Remove it, or set XDG_RUNTIME_DIR to a directory of yours.
ground-exposed = { $path } holds a secret and has mode { $mode }: anybody can read or change it. Say: chmod 600 { $path }
ground-too-open = Others can enter the directory { $path } (mode { $mode }). Close it with: chmod 700 { $path }
ground-socket-path-too-long = The path of the socket { $path } has { $bytes } bytes, the system takes { $most } at most. Choose a shorter directory.

ground-certificate-unknown =
    { $doubt ->
        [issuer] No known authority vouches for this server: it made its certificate itself, or a private authority did.
        [name] The certificate of this server was made for another name.
        [expired] The certificate of this server is out of date.
       *[unfit] The certificate of this server does not fit.
    } Its fingerprint is { $fingerprint }. Compare it with what the server's operator tells you.
ground-certificate-changed = The server shows another certificate than the one that you trusted: somebody may be listening in between. Expected { $pinned }, got { $presented }. If the operator says that it was replaced, remove the old one and connect again.
ground-bad-server-name = “{ $name }” is neither a host's name nor an address.
ground-no-tls = What answers there does not encrypt (no TLS).
ground-handshake-failed = No secure connection: { $reason }. Perhaps the server does not speak TLS on this port.
