# The terminal client around the conversations: its local server, its files, its screen.

## The local server.

local-server-forbidden = No local server runs on this machine, and --no-spawn forbids to start one.
local-server-impossible = No local server runs on this machine, and this program was built without one. Name a server: --server HOST:PORT
local-server-failed = The local server did not start: { $reason } (its log: { $log })
local-server-late = it does not listen yet

## Files.

store-unreadable = { $path } cannot be read ({ $reason }): what it held is not used.
store-busy = The disk is too slow: a change was not kept.
store-keyring = The keyring still has the log-in for { $server }: { $reason }.
log-unreadable = The log of this device cannot be read: { $reason }. Scroll up to try again.
log-unwritable = The log of this device cannot be written: { $reason }. What is said cannot be read again later.
log-too-slow = The disk is too slow: not everything that is said is kept in the log of this device.
log-changed = The log of this device was cut or replaced: what stood further up is not there any more.

## Dates.

date-weekday = { $number ->
    [1] Monday
    [2] Tuesday
    [3] Wednesday
    [4] Thursday
    [5] Friday
    [6] Saturday
   *[other] Sunday
}
date-month = { $number ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[other] December
}
date-day = { $weekday } { $day } { $month } { $year }

## The connection.

status-local-server = local server
status-asking-keyring = waiting for the keyring, which may have to be unlocked
status-starting-server = starting the local server
status-resolving = looking up { $server }
status-opening = connecting to { $server }
status-securing = securing the connection to { $server }
status-negotiating = greeting { $server }
status-registering = registering
status-authenticating = logging in
status-welcoming = entering
status-online-tls = { $server } (encrypted)
status-online-plain = { $server } (not encrypted)
status-lost = not connected, again in { $seconds } s
status-lost-because = not connected, again in { $seconds } s: { $reason }
status-waiting-because = connection lost, trying again: { $reason }

## The messages.

message-failed = not sent: { $reason }
message-unknown = the connection broke before the answer: it may or may not have arrived
messages-unread-line = new
messages-below = more below ({ $key })
messages-new-below = { $count } new below ({ $key })
messages-loading = loading older messages…
messages-unread-above = ↑ new messages above ({ $key })
messages-none = Nothing was said here yet.
messages-gap = messages are missing here: scroll on, or Enter
messages-gap-short = messages missing
message-withdrawn = withdrawn by { $name }
message-withdrawn-alone = withdrawn
message-withdrawn-because = withdrawn by { $name }: { $reason }
message-answers-older = an older message
message-answers-withdrawn = a message that was withdrawn

## Around the messages.

panel-members = { $count ->
    [one] { $count } member
   *[other] { $count } members
}
panel-more-members = … { $count } more
panel-unread = { $count } unread
panel-typing = { $count ->
    [one] { $name } is writing…
    [2] { $name } and another are writing…
   *[other] { $name } and others are writing…
}
panel-waiting = { $count ->
    [one] { $count } message waits
   *[other] { $count } messages wait
}
composer-hint = Message to { $name }
composer-hint-commands = Commands only: /help lists them
composer-replying = ↳ answer to { $name } ({ $key }: no)

## Lists to choose from.

picker-switch = Go to
picker-command = Everything that can be done
picker-react = React
picker-report = Why is it reported?
picker-open = Open a link
picker-search-here = Search here
picker-search-everywhere = Search everywhere
picker-switch-hint = a name; @ for people, / for commands, > for all that can be done
picker-react-hint = a word, an emoji, or a few letters of your own
picker-report-hint = a reason of your own, or one of these
picker-operate = What about { $name }?
picker-confirm = { $what }
picker-confirm-hint = a reason, if you like
picker-sure-hint = Enter does it, Esc does not
deed-message = speak to { $name }
deed-allow = accept the password of { $name } from { $address }
deed-mute-account = let { $name } read only
deed-mute-address = let { $address } read only
deed-kick = remove { $name } from { $channel }
deed-disconnect = end the sessions of { $name }
deed-ban-account = keep { $name } out
deed-ban-address = keep { $address } out
deed-suspend = suspend the account { $name }
deed-reset-password = give { $name } a new password
duration-hour = for an hour
duration-day = for a day
duration-week = for a week
duration-month = for 30 days
duration-for-ever = for ever
operate-title = Operators' panel
operate-filter-hint = a name, an account or an address
operate-people = connections { $connections } · accounts { $accounts_online } · guests { $sessions_guest } · logging in { $sessions_unwelcomed } · channels { $channels }
operate-queues = waiting: inputs { $mailbox } · readers { $outbox_bytes } (most { $outbox_bytes_largest }) · commits { $journal_waiting } · aside { $spooled }
operate-times = ms (50 / 99 %): commit { $commit_p50_micros } / { $commit_p99_micros } · database { $query_p50_micros } / { $query_p99_micros } · delivery { $delivery_p50_micros } / { $delivery_p99_micros }
operate-do-it = do it
operate-stalled = Nothing can be committed at the moment.
operate-spooling = The database is away: messages wait aside.
operate-sessions = Sessions { $count }
operate-refusals = Refused { $count }
operate-column-name = who
operate-column-address = from
operate-column-kind = as
operate-column-transport = by
operate-column-idle = idle
operate-column-queued = unread
operate-column-since = since
operate-column-channels = channels
operate-column-time = when
operate-column-command = what
operate-column-code = why
operate-kind-account = account
operate-kind-guest = guest
operate-kind-operator = operator
operate-kind-unwelcomed = logging in
operate-tenths = 0.{ $tenths }
operate-seconds = { $count } s
operate-minutes = { $count } min
operate-hours = { $count } h
operate-days = { $count } d
operate-no-panel = The panel is for operators of servers that offer it.
operate-nothing = There is nothing to do with this one.
operate-password = The new password of { $name }: { $password }
operate-password-asked = A new password for { $name } is asked for: { $password }. It counts once the server says so; it is shown nowhere else.
picker-hint = type to narrow the list
picker-search-hint = what was said; Tab: everywhere or here
picker-nothing = Nothing fits.

## The form.

form-server-hint = this computer
form-guest-hint = empty: as a guest
form-invitation-hint = the code that you were given
form-submit-register = Register
form-submit-login = Log in

## The dialogues.

help-title = Help
help-title-commands = Commands
help-key-suspend = stop, as a job of the shell (fg continues)
question-address-title = Is it you?
question-address = Somebody with your password tried to log in from { $address }, an address that is not known here. They were refused.
question-address-advice = If it was you, allow the address. If it was not, change your password.
question-address-accept = it was me: allow
question-address-refuse = refuse
question-certificate-title = Unknown certificate
question-certificate = No public authority vouches for { $server }. Its certificate has this fingerprint (SHA-256):
question-certificate-advice = Compare it with what the server's operator tells you. Once accepted, it is remembered, and a changed one is refused.
question-certificate-accept = it is the same: accept
question-certificate-refuse = do not connect
question-keep-title = Keep the password?
question-keep = On { $server } only the password logs in. Keep the one of { $name } for the next time?
question-keep-keyring = It goes into the desktop's keyring; if that does not take it, into a file that only you can read.
question-keep-file = It goes into a file that only you can read.
question-keep-advice = /forget takes it away again.
question-keep-accept = keep it
question-keep-refuse = ask each time
question-changed-title = The certificate has changed
question-changed = { $server } shows another certificate than before. Somebody may be listening in: nothing was sent.
question-changed-known = Known until now:
question-changed-shown = Shown now:
question-changed-advice = Ask the operator. If the change is meant, remove the server's entry from certificates.toml in the client's data directory.
question-paste-title = Send what was pasted?
question-paste = { $lines ->
    [one] One line is in the input box.
   *[other] { $lines } lines are in the input box.
}
question-paste-messages = { $count ->
    [one] They would go out as one message.
   *[other] They would go out as { $count } messages.
}
question-paste-accept = send
question-paste-edit = edit
question-paste-refuse = discard
question-resend-title = Send again?
question-resend = { $count ->
    [one] It is not known whether this message arrived. Sent again, it may appear twice.
   *[other] It is not known whether these { $count } messages arrived. Sent again, they may appear twice.
}
question-resend-accept = send again
question-resend-refuse = not now
question-redact-title = Withdraw this message?
question-redact = A message of { $name } will be withdrawn for everybody:
question-redact-advice = This cannot be undone. Who has read it may remember it, and the server's record keeps it.
question-redact-accept = withdraw
question-redact-refuse = keep
question-report-title = Report this message?
question-report = The operators of this server will be told of a message of { $name }:
question-report-reason = Reason: { $reason }
question-report-advice = They see who reports it. Nobody else is told.
question-report-accept = report
question-report-refuse = cancel

## The program.

run-no-terminal = The full screen needs a terminal. Without one: chat-tui --plain
run-failed = The terminal cannot be used: { $reason }
run-send-failed = the server takes no more lines
run-open-failed = { $program } cannot be started: { $reason }
