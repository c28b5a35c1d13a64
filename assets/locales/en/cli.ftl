# Flags, batch commands and the faults of a configuration.

## chat-tui's flags and its configuration file.

cli-tui-about = A private chat in the terminal. Without flags it talks to a server of your own on this computer, and starts it when none runs.
cli-tui-usage = Usage:
cli-tui-options = Options:
cli-tui-commands = For scripts:
cli-tui-arguments = Arguments:
cli-tui-send = Say something, and wait until the server has it for good
cli-tui-tail = Print what was said last
cli-tui-value-target = TARGET
cli-tui-value-text = TEXT
cli-tui-value-id = ID
cli-tui-target = The channel, person or server's correspondent
cli-tui-create = Make the channel when there is none of this name
cli-tui-text = What to say; '-' or nothing: each line of the standard input, one message each
cli-tui-id = Sent once under this name, however often the command is run within a week: a word of at most 40 characters
cli-tui-lines = How many messages: { $count }, at most { $maximum }
cli-tui-follow = Go on with what is said from now on, until a signal or the end of whoever reads
cli-tui-send-more = It logs in by what chat-tui remembers: log in there once with chat-tui. In a channel that you are not in yet, you will be; one that does not exist is refused, unless --create is there.

    {"  "}chat-tui send '#general' Backup done
    {"  "}make 2>&1 | chat-tui send Romain -
cli-tui-tail-more = It logs in by what chat-tui remembers: log in there once with chat-tui. Each line of a message is printed as 'dd/mm/yyyy hh:mm:ss name: text', without control characters. Nothing counts as read by it.

    {"  "}chat-tui tail '#general' --lines 100 --follow | grep -i deploy
cli-tui-errand-codes = Exit codes: 0 done; 1 the output failed; 2 a flag or the file is wrong; 3 the server cannot be reached, or no log-in is remembered; 4 the server refused, or there is no such channel; 5 it was sent and not confirmed: it may have arrived.
cli-tui-value-server = HOST[:PORT]
cli-tui-value-name = NAME
cli-tui-value-lang = LANGUAGE
cli-tui-value-file = FILE
cli-tui-server = The server. TLS on port 6697 unless the port is 6667; irc://HOST for plain text; a path for a Unix socket. It is never replaced by a local one
cli-tui-name = The account to log in with
cli-tui-no-spawn = Start no local server when none runs
cli-tui-plain = No full screen: one line a message, standard input is the input. For screen readers and pipes
cli-tui-print-config = Print the configuration file, with every setting and its default
cli-tui-allow-plain-text = Accept unencrypted connections to other computers: everybody on the way can read along
cli-tui-lang = The language: en or fr
cli-tui-config = The configuration file
cli-tui-log = Write a log of the program into this file; it never holds messages or passwords
cli-tui-version = Show the version
cli-tui-help = Show this help
cli-tui-more = Examples:
    {"  "}chat-tui                                your own server, started when none runs
    {"  "}chat-tui --server chat.example.org       somebody's server, encrypted
    {"  "}chat-tui --server 127.0.0.1:6667         a server on this computer
    {"  "}chat-tui --plain < questions.txt         line by line, in a pipe
    {"  "}chat-tui send '#general' Backup done     one message, for scripts

    Keys: F1 shows them all. Ctrl-C leaves, and so does a line that says only: bye

    Files:
    {"  "}~/.config/chat-tui/config.toml           the settings: chat-tui --print-config shows them
    {"  "}~/.local/share/chat-tui/                 log-ins, certificates, the local server's data
    {"  "}~/.local/state/chat-tui/                 the local server's log

    Environment: CHAT_TUI_SERVER, CHAT_TUI_NAME, CHAT_TUI_LANG, CHAT_TUI_CONFIG, CHAT_TUI_LOG,
    CHAT_TUI_NO_SPAWN stand for the flags; NO_COLOR takes the colours away; XDG_* move the files.

    Exit codes: 0 left, or ended by a signal; 1 it failed; 2 a flag or the file is wrong.
