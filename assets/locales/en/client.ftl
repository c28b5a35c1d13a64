# The conversations: what happened in them, to a message or to the connection.

## What happened.

chat-joined = { $name } came in
chat-left = { $name } left
chat-left-because = { $name } left ({ $reason })
chat-kicked = { $by } removed { $name } ({ $reason })
chat-kicked-you = { $by } removed you ({ $reason }), { $name }
chat-quit = { $name } is gone
chat-quit-because = { $name } is gone ({ $reason })
chat-renamed = { $from } is now called { $to }
chat-renamed-you = You are now called { $to } (before: { $from })
comings-came = { $count ->
   *[other] { $names } came in
}
comings-left = { $count ->
   *[other] { $names } left
}
comings-gone = { $count ->
    [one] { $names } is gone
   *[other] { $names } are gone
}
comings-passed = { $count ->
   *[other] { $names } came and went
}
comings-back = { $count ->
   *[other] { $names } went and came back
}
comings-and-more = { $names } and { $count } more
chat-channel-renamed = The channel { $from } is now called { $to }
chat-topic-changed = { $name } changed the topic: { $topic }
chat-topic-removed = { $name } removed the topic
chat-modes = { $name } set: { $modes }
chat-names = { $count ->
    [one] { $count } member: { $names }
   *[other] { $count } members: { $names }
}
chat-gap = Messages are missing here: too much was said while you were away.

chat-invited = { $name } invites you to { $channel }. /join { $channel } goes there.

## Who somebody is.

whois-name = { $name } is { $value }
whois-account = { $name } is logged in as { $value }
whois-channels = { $name } is in { $value }
whois-server = { $name } is connected to { $value }
whois-away = { $name } is away: { $value }
whois-idle = { $name } has said nothing for { $value } min
whois-address = { $name } comes from the address { $value }
whois-secure = { $name } uses a secure connection
whois-other = { $name } { $value }

## What cannot be done.

chat-takes-no-messages = Nothing can be written to { $name } at the moment: you are not in it. /join comes in again.
chat-too-many-pending = { $maximum } messages are waiting to be sent already. The text stays here.
chat-unavailable = The server cannot keep messages at the moment. Yours wait and go out by themselves.
chat-nothing-to-resend = Nothing here failed: there is nothing to send again.
chat-nothing-unread = Nothing here is new.
search-gone = This message is not there any more.
mouse-taken = The mouse works here again.
mouse-given-back = The mouse is the terminal's: it selects and copies as usual.
chat-not-connected = There is no connection at the moment. Messages wait for it, commands do not.
chat-no-conversation = There is no conversation to write to. /join #channel or /msg name opens one.
chat-not-a-channel = This is not a channel.
chat-not-in-channel = You are not in { $name }. /join { $name } comes in.
chat-still-pending = Messages still wait to be sent here.
chat-unknown-command = There is no command /{ $name }. /help lists them; two slashes say a text that begins with one.
chat-command-not-offered = This server does not offer /{ $name }.
report-reason-none = without a reason
report-reason-spam = unwanted advertising
report-reason-insult = insults or harassment
report-reason-unlawful = something unlawful
report-arrived = ⚑ { $by } reports a message of { $author } in { $target }.
report-arrived-because = ⚑ { $by } reports a message of { $author } in { $target }: { $reason }
report-arrived-title = A message was reported
chat-usage = It is written so: { $usage }
chat-was-cut = { $count ->
    [one] The line was too long for one message: it went out in { $count } part.
   *[other] What was too long for one message went out in { $count } parts.
}
chat-nothing-to-complete = Nothing to complete here.
chat-notify = { $name } calls you for: { $level }
away-idle = idle
chat-paste-cut = The pasted text was too long: its end is missing.
## The chosen message.

chosen-nothing = No message is chosen.
chosen-no-tags = This server passes neither answers nor reactions on.
chosen-not-here = Nothing can be said here at the moment.
chosen-not-a-message = This cannot be done with what is chosen.
chosen-no-redaction = Messages cannot be withdrawn on this server.
chosen-no-report = Messages cannot be reported on this server.
chosen-own = This message is your own.
chosen-not-yours = Only your own messages can be withdrawn, or any by the operators of a channel.
chosen-copied = Copied.
chosen-no-link = There is no link in it.
chosen-link-copied = The link is copied. The setting open_with names a program that opens it.

## The connection.

connect-unknown-host = There is no server called { $server }.
connect-refused = No chat server is listening at { $server }.
connect-timeout = { $server } does not answer.
connect-unreachable = { $server } cannot be reached from here. Is the network connected?
connect-no-tls = What answers at { $server } does not encrypt (no TLS). If that is meant, write irc:// before its name.
connect-tls = No secure connection to { $server }: { $reason }.
connect-other = No connection to { $server }: { $reason }
connect-silent = the server does not answer any more
connect-closed = The server closed the connection.
connect-lost = The connection broke: { $reason }
connect-closed-at-login = The server closed the connection before the log-in was done.
connect-lost-at-login = The connection broke before the log-in was done: { $reason }
connect-too-many = There are { $maximum } servers already. /disconnect leaves one.
connect-needs-form = No log-in is remembered for { $server }. Log in to it once in the full screen.
connect-not-logged-in = No log-in is remembered for { $server }. /connect { $server } logs in.
connect-left = You have left { $server }. /connect { $server } comes back; /disconnect once more closes its conversations.
connect-log-in-again = { $server }: { $reason } (/connect { $server } logs in again)
connect-certificate = The server's certificate has to be checked.
connect-certificate-refused = The server's certificate was not accepted.
connect-certificate-changed = The server's certificate has changed: not connected.
keyring-withheld = The log-in for { $server } is in the keyring, and { $reason }. Log in with the password. With keyring = false in the configuration, log-ins are kept in a file instead.
keyring-lost = The keyring has no log-in for { $server } any more. Log in with the password.
keyring-unreachable = there is none within reach here
keyring-locked = it has stayed locked
keyring-late = it does not answer
keyring-other = it says: { $reason }
logins-none = No log-in is kept for { $server } on this device.
logins-forgotten = The log-in for { $server } is no longer kept on this device: the next start asks for it.

## Names of keys.

key-shift = Shift
key-space = Space
key-enter = Enter
key-escape = Esc
key-backspace = Backspace
key-delete = Del
key-home = Home
key-end = End
key-page-up = PgUp
key-page-down = PgDn

## The configuration file.

config-server = the server, as HOST:PORT; nothing for this computer's own
config-name = the name to log in with
config-language = the language: en or fr
config-plain-text = accept connections that are not encrypted
config-spawn = start a local server when none runs
config-keyring = keep log-ins in the desktop's keyring; with false, in a file that only you can read
config-typing = tell others while you write
config-mouse = use the mouse; without it, the terminal's own selection works
config-open-with = what opens a link: "auto" is the desktop's own opener, and copies where there is no desktop; "" copies always
config-log = on servers without history, keep what is said in files of this device
config-theme = the colours: auto, dark, light, high-contrast, 16 or none
config-notify = what conversations call you for: all, mentions or none
config-notify-by = by what you are called: auto, bell, osc9, osc777, osc99, desktop
config-title = give the terminal's window a title
config-away-after-minutes = after so many minutes without a key you are away; 0: never
config-colors = colours of your own: dim, line, accent, good, warning, error
config-servers = further servers, each with address and name
config-keys = the keys: a preset, and the keys of actions
config-expects-theme = "auto", "dark", "light", "high-contrast", "16" or "none"
config-expects-level = "all", "mentions" or "none"
config-expects-ways = a list of "auto", "bell", "osc9", "osc777", "osc99", "desktop"
config-expects-minutes = a number of minutes, 0 or more
config-expects-colors = for each of dim, line, accent, good, warning, error: "#rrggbb", a name or a number up to 255
config-expects-servers = [[servers]] with an address, and a name if you like
config-line = line { $line }: { $fault }
config-read-again = The configuration was read again.
config-expects-text = a text in quotation marks
config-expects-bool = true or false
config-expects-language = a language: "en" or "fr"
config-expects-preset = a preset: "default" or "emacs"
config-expects-keys = a key such as "ctrl-k", "alt-/", "shift-up" or "f5", or a list of keys
config-key-taken = keys: { $key }, wanted by { $other }, is a key of { $one }: say which keys { $one } has then, such as { $one } = []
config-same-key = keys: { $key } is wanted by { $one } and by { $other }
config-syntax = it cannot be read: { $reason }
config-unknown-key = { $key }: there is no such setting
config-bad-value = { $key }: expected is { $expected }

## What a server refuses, in the place of its own English words.

refusal-about = { $context }: { $sentence }
refusal-already-in-channel = This person is in the channel already.
refusal-bad-name = This cannot be a name here.
refusal-banned = You are banned from this channel.
refusal-cannot-speak = You cannot speak in this channel.
refusal-full = This channel is full.
refusal-incomplete = Something is missing from this command.
refusal-invitation-needed = This channel is open to those who are invited.
refusal-key-needed = This channel has a key, which stands behind its name: /join #channel key
refusal-log-in-needed = This channel is open to those who are logged in.
refusal-moderated = In this channel only those may speak who have a voice.
refusal-name-of-account = Here everybody's name is that of the account.
refusal-name-taken = This name is taken.
refusal-no-channel = There is no such channel.
refusal-nobody = There is nobody of this name.
refusal-not-in-channel = You are not in this channel.
refusal-operators-only = This takes an operator of the channel.
refusal-server-operators-only = This takes an operator of the server.
refusal-they-are-not-in-channel = This person is not in the channel.
refusal-too-many-channels = You are in too many channels already.
refusal-unknown-command = The server does not know this command.
